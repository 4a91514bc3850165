/**
 * Every machine of every example as files: its interfaces in one dialect, and beside them filter, parameters, resolver and
 * servers in their own. Read again together they are the machine, but for what was listed as not said.
 */
import { readdirSync, readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { type ConfigText, type Omission } from '../../src/dialects/dialect.ts';
import { dialectNamed } from '../../src/dialects/dialects.ts';
import { differencesOf, normalPart } from '../../src/dialects/differences.ts';
import { mergeReadings } from '../../src/dialects/merge-readings.ts';
import { readMachine } from '../../src/dialects/read-machine.ts';
import { shareServices } from '../../src/dialects/share-services.ts';
import { type NetworkState, type Stack } from '../../src/state/network-state.ts';
import { designOf } from '../lower/lab-of.ts';

const ways = ['ifupdown', 'sysconfig', 'red-hat', 'netplan', 'networkd', 'networkmanager'] as const;
const companions = ['nft', 'sysctl', 'resolv.conf', 'dnsmasq', 'radvd'] as const;
const examples = readdirSync('examples').filter((name) => name.endsWith('.yaml') && !name.endsWith('.lock.yaml'));

interface Files {
  readonly files: readonly ConfigText[];
  /** As omissions name it: of the dialect of the interfaces, and of those beside it. */
  readonly unsaid: ReadonlySet<string>;
  readonly unsaidBeside: ReadonlySet<string>;
}

const filesOf = (way: string, state: NetworkState, machine: string): Files => {
  const files = new Map<string, ConfigText>();
  const dialect = dialectNamed(way);
  if (dialect === undefined) throw new Error(`no dialect ${way}`);
  const shared = shareServices(dialect, state, machine);
  const main = dialect.write?.(shared.main, machine);
  const beside = companions.flatMap((name) => dialectNamed(name)?.write?.(shared.beside, machine) ?? []);
  for (const writing of beside) for (const file of writing.files) files.set(file.path, file);
  for (const file of main?.files ?? []) files.set(file.path, file);
  const whats = (omissions: readonly Omission[]): ReadonlySet<string> => new Set(omissions.map(({ what }) => what));
  return {
    files: [...files.values()],
    unsaid: whats(main?.omissions ?? []),
    unsaidBeside: whats(beside.flatMap(({ omissions }) => omissions)),
  };
};

/** What its companions say is not the first dialect's to leave out. */
const isTheirs = (what: string): boolean =>
  /^(filter|sysctls|resolver|services\/(dhcp-server|router-advertiser))/.test(what);

const machinesOf = (example: string): readonly (readonly [name: string, stack: Stack, state: NetworkState])[] => {
  const { state } = designOf(readFileSync(`examples/${example}`, 'utf8')).lowered;
  return Object.entries(state.stacks)
    .filter(([name]) => !name.startsWith('switch'))
    .map(([name, stack]) => [name, stack, state]);
};

describe('examples', () => {
  it.each(examples)('%s says every machine in files, or lists what it does not say', (example) => {
    for (const [machine, stack, state] of machinesOf(example))
      for (const way of ways) {
        const { files, unsaid, unsaidBeside } = filesOf(way, state, machine);
        const { state: read } = mergeReadings(readMachine(files, { stack: machine }).readings);
        const lost = differencesOf(normalPart(stack), normalPart(read.stacks[machine])).filter(
          (what) => what !== 'interfaces/lo' && !(isTheirs(what) ? unsaidBeside : unsaid).has(what),
        );
        expect([machine, way, lost]).toEqual([machine, way, []]);
      }
  });
});
