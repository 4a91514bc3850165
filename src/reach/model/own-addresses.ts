/**
 * The addresses of a stack, whichever interface has them. Gathered once for a stack's interfaces: a host has hundreds of
 * ports without any address, and the checks of every packet's source ask for them.
 */
import { type Family } from '../../net/address.ts';
import { type StackModel } from './model.ts';

/** Values by family, in the order of the interfaces. */
type Values<T> = Readonly<Record<Family, T>>;

export interface OwnAddresses {
  /** All, those of the loopback interface too. */
  readonly all: Values<ReadonlySet<bigint>>;
  /** All but those that are good in the stack only. */
  readonly told: Values<ReadonlySet<bigint>>;
  /** Those that are good beyond one link. */
  readonly globals: Values<readonly bigint[]>;
}

const known = new WeakMap<StackModel['interfaces'], OwnAddresses>();

export const ownAddressesOf = ({ interfaces }: Pick<StackModel, 'interfaces'>): OwnAddresses => {
  const before = known.get(interfaces);
  if (before !== undefined) return before;
  const all: Values<Set<bigint>> = { 4: new Set(), 6: new Set() };
  const told: Values<Set<bigint>> = { 4: new Set(), 6: new Set() };
  const globals: Values<bigint[]> = { 4: [], 6: [] };
  for (const { addresses } of interfaces.values())
    for (const { family, value, scope } of addresses) {
      all[family].add(value);
      if (scope !== 'host') told[family].add(value);
      if (scope === 'global') globals[family].push(value);
    }
  const made = { all, told, globals };
  known.set(interfaces, made);
  return made;
};
