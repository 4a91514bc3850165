/** What rules ask of stacks again and again: whose interfaces these are, what is routed where, what is edited how. */
import { ip, printIp, type Family, type Ip } from '../net/address.ts';
import { containsIp, networkOf, prefix, printPrefix, type Prefix } from '../net/prefix.ts';
import { type InterfaceModel, type StackModel } from '../reach/model/model.ts';
import { type Leg } from '../reach/repair/terrain.ts';
import { type Interface, type NetworkState, type Route, type Stack } from '../state/network-state.ts';
import { type LintInput } from './rule.ts';

export const families = [4, 6] as const;

/** Stacks that somebody here can change, and that have a say of their own. */
export const stacksIn = ({ model, outside }: LintInput): readonly StackModel[] =>
  [...model.stacks.values()].filter(({ name }) => !outside.fixed.has(name));

export const interfacesOf = ({ interfaces }: StackModel): readonly InterfaceModel[] => [...interfaces.values()];

export interface OwnAddress {
  readonly it: InterfaceModel;
  readonly address: Ip;
  readonly prefixLength: number;
  readonly text: string;
}

/** Global addresses, written or learned. */
export const addressesOf = (stack: StackModel, family?: Family): readonly OwnAddress[] =>
  interfacesOf(stack).flatMap((it) =>
    it.addresses
      .filter((own) => own.scope === 'global' && (family === undefined || own.family === family))
      .map(({ family: own, value, prefixLength }) => ({
        ...{ it, prefixLength, address: { family: own, value } },
        text: printIp({ family: own, value }),
      })),
  );

export const subnetOf = ({ text, prefixLength }: OwnAddress): Prefix => networkOf(text, prefixLength);

export const isDefault = ({ to }: Pick<Route, 'to'>): boolean => to === '0.0.0.0/0' || to === '::/0';

export const isInside = (block: string, address: string): boolean => containsIp(prefix(block), ip(address));

export const subnetText = (own: OwnAddress): string => printPrefix(subnetOf(own));

/** Whether it passes packets of a family on between its interfaces. */
export const forwards = (stack: StackModel, family: Family): boolean =>
  family === 6
    ? stack.settings.forwarding6
    : interfacesOf(stack).some(({ settings, it }) => it.kind !== 'loopback' && settings.forwarding4);

export const isOneSegment = ({ terrain }: LintInput, a: InterfaceModel, b: InterfaceModel): boolean =>
  terrain.segmentOf(a.stack, a.name) === terrain.segmentOf(b.stack, b.name);

/** Machines with an address on the wire of an interface, besides its own. */
export const othersOn = ({ terrain }: LintInput, it: InterfaceModel): readonly Leg[] =>
  (terrain.legs.get(terrain.segmentOf(it.stack, it.name)) ?? []).filter(({ stack }) => stack !== it.stack);

/** Whether it leads out of the machine by a card: a NIC, or what is made of NICs. */
export const isCard = (stack: StackModel, it: InterfaceModel): boolean => {
  if (it.it.kind === 'ethernet') return true;
  const under = [it.it.vlan?.link, it.it.macvlan?.link, ...it.ports];
  return under.some((name) => {
    const lower = name === undefined ? undefined : stack.interfaces.get(name);
    return lower !== undefined && lower !== it && isCard(stack, lower);
  });
};

/** A state with one stack changed; the same where there is none of that name. */
export const withStack = (state: NetworkState, name: string, change: (stack: Stack) => Stack): NetworkState => {
  const stack = state.stacks[name];
  return stack === undefined ? state : { ...state, stacks: { ...state.stacks, [name]: change(stack) } };
};

export const withInterface = (
  state: NetworkState,
  stack: string,
  name: string,
  change: (it: Interface) => Interface,
): NetworkState =>
  withStack(state, stack, (own) => {
    const it = own.interfaces[name];
    return it === undefined ? own : { ...own, interfaces: { ...own.interfaces, [name]: change(it) } };
  });

export const withoutRoute = (state: NetworkState, stack: string, route: Route): NetworkState => {
  const text = JSON.stringify(route);
  return withStack(state, stack, (own) => ({ ...own, routes: own.routes.filter((it) => JSON.stringify(it) !== text) }));
};

/** Names in backticks with commas between. */
export const named = (names: readonly string[]): string => names.map((name) => `\`${name}\``).join(', ');
