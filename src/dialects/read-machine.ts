/** All files of one machine, whatever dialects they are in, to readings in the order in which their programs run. */
import { type Stack } from '../state/network-state.ts';
import { type ConfigText, type Dialect, type ReadContext } from './dialect.ts';
import { dialectFor, dialects } from './dialects.ts';
import { type NamedReading } from './merge-readings.ts';

export interface MachineReading {
  readonly readings: readonly NamedReading[];
  /** Texts that no dialect knows. */
  readonly unread: readonly ConfigText[];
  /** Which texts are whose. */
  readonly textsOf: ReadonlyMap<Dialect, readonly ConfigText[]>;
  /** What files that are read before a dialect's make of the interfaces. */
  readonly knownTo: ReadonlyMap<Dialect, Stack['interfaces']>;
}

/** `from`: the dialect of all texts, where it is told. */
export const readMachine = (texts: readonly ConfigText[], context: ReadContext, from?: Dialect): MachineReading => {
  const systems = dialects.filter(
    ({ ownsBeside, owns }) => ownsBeside !== undefined && texts.some(({ path }) => owns(path)),
  );
  const textsOf = new Map<Dialect, ConfigText[]>();
  const unread: ConfigText[] = [];
  for (const text of texts) {
    const dialect = from ?? systems.find(({ ownsBeside }) => ownsBeside?.(text.path)) ?? dialectFor(text);
    if (dialect === undefined) unread.push(text);
    else textsOf.set(dialect, [...(textsOf.get(dialect) ?? []), text]);
  }
  const readings: NamedReading[] = [];
  const knownTo = new Map<Dialect, Stack['interfaces']>();
  let interfaces: Stack['interfaces'] = {};
  for (const dialect of dialects) {
    const own = textsOf.get(dialect);
    if (own === undefined) continue;
    const reading = dialect.read(own, { ...context, interfaces });
    readings.push({ dialect: dialect.name, reading });
    knownTo.set(dialect, interfaces);
    interfaces = { ...interfaces, ...reading.stacks[context.stack]?.interfaces };
  }
  return { readings, unread, textsOf, knownTo };
};
