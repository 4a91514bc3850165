/** Files of every kind of machine in the examples, as each dialect writes them, broken as `mutations.ts` breaks files. */
import { readdirSync, readFileSync } from 'node:fs';
import { describe, it } from 'vitest';
import { type ConfigText, type Dialect } from '../../src/dialects/dialect.ts';
import { dialects } from '../../src/dialects/dialects.ts';
import { type NetworkState } from '../../src/state/network-state.ts';
import { designOf } from '../lower/lab-of.ts';
import { mutations, patienceMs, survivesMutations } from './mutations.ts';

const examples = readdirSync('examples').filter((name) => name.endsWith('.yaml') && !name.endsWith('.lock.yaml'));
const states: readonly NetworkState[] = examples.map(
  (example) => designOf(readFileSync(`examples/${example}`, 'utf8')).lowered.state,
);

/** Without files that are long, and without files that say the same: each machine's by itself. */
const writtenBy = (dialect: Dialect): readonly (readonly ConfigText[])[] => {
  const all = states.flatMap((state) =>
    Object.keys(state.stacks).map((machine) => dialect.write?.(state, machine).files ?? []),
  );
  const sizeOf = (files: readonly ConfigText[]): number => files.reduce((sum, { text }) => sum + text.length, 0);
  const distinct = new Map(all.map((files) => [JSON.stringify(files), files]));
  return [...distinct.values()].filter((files) => files.length > 0 && sizeOf(files) < 6000);
};

describe('files of the examples, broken', () => {
  const writers = dialects.filter(({ write }) => write !== undefined);
  it.each(writers.map((dialect) => [dialect.name, dialect] as const))(
    '%s takes them, and points to what is wrong',
    { timeout: patienceMs },
    (_, dialect) => {
      survivesMutations(dialect, writtenBy(dialect), mutations / 4);
    },
  );
});
