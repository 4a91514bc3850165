/**
 * Every machine of every example as files: its interfaces in one dialect, and beside them filter, parameters, resolver and
 * servers in their own. Read again together they are the machine, but for what was listed as not said.
 */
import { readdirSync, readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { type ConfigText, type Omission, type Writing } from '../../src/dialects/dialect.ts';
import { dialectNamed, dialects } from '../../src/dialects/dialects.ts';
import { differencesOf, normalPart } from '../../src/dialects/differences.ts';
import { mergeReadings } from '../../src/dialects/merge-readings.ts';
import { readMachine } from '../../src/dialects/read-machine.ts';
import { shareServices } from '../../src/dialects/share-services.ts';
import { emptyStack } from '../../src/state/empty-stack.ts';
import { type NetworkState, type Stack } from '../../src/state/network-state.ts';
import { tapsOf, guestsOf } from '../../src/dialects/guests.ts';
import { designOf } from '../lower/lab-of.ts';

const ways = ['ifupdown', 'sysconfig', 'red-hat', 'netplan', 'networkd', 'networkmanager'] as const;
const emptyState: NetworkState = { version: 1, stacks: {}, cables: [] };
const hypervisors = ['libvirt', 'xen'] as const;
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

/** What of a machine its files neither say nor list as not said. */
const lostOf = (way: string, state: NetworkState, machine: string, stack: Stack): readonly string[] => {
  const { files, unsaid, unsaidBeside } = filesOf(way, state, machine);
  const { state: read } = mergeReadings(readMachine(files, { stack: machine }).readings);
  return differencesOf(normalPart(stack), normalPart(read.stacks[machine])).filter(
    (what) => what !== 'interfaces/lo' && !(isTheirs(what) ? unsaidBeside : unsaid).has(what),
  );
};

const machinesOf = (example: string): readonly (readonly [name: string, stack: Stack, state: NetworkState])[] => {
  const { state } = designOf(readFileSync(`examples/${example}`, 'utf8')).lowered;
  return Object.entries(state.stacks)
    .filter(([name]) => !name.startsWith('switch'))
    .map(([name, stack]) => [name, stack, state]);
};

/** The MACs of a guest's cards, which may have other names. */
const cardsOf = (state: NetworkState, guest: string): readonly unknown[] =>
  Object.values(state.stacks[guest]?.interfaces ?? {})
    .flatMap(({ kind, mac }) => (kind === 'ethernet' ? [mac] : []))
    .sort();

/** libvirt advertises on its own, and tells of it; radvd says what it leaves out. */
const isAdvertisedTwice = (what: string, writing: Writing | undefined): boolean => {
  const bridge = /^services\/router-advertiser (.+)$/.exec(what)?.[1];
  return writing?.omissions.some((omission) => omission.what === `networks/${bridge} without advertisements`) === true;
};

describe('examples', () => {
  it('are looked at in every dialect that is written', () => {
    expect(new Set([...ways, ...hypervisors, ...companions, 'iptables', 'ufw'])).toEqual(
      new Set(dialects.flatMap(({ name, write }) => (write === undefined ? [] : [name]))),
    );
  });

  it.each(examples)('%s says every machine in files, or lists what it does not say', (example) => {
    for (const [machine, stack, state] of machinesOf(example))
      for (const way of ways) expect([machine, way, lostOf(way, state, machine, stack)]).toEqual([machine, way, []]);
  });

  it.each(examples)('%s says hosts and guests to hypervisors, and takes no switch for a guest', (example) => {
    const { lab, lowered } = designOf(readFileSync(`examples/${example}`, 'utf8'));
    const { state } = lowered;
    for (const host of Object.values(lab.machines).filter(({ role }) => role === 'host')) {
      const stack = state.stacks[host.name] ?? emptyStack;
      const guests = guestsOf(state, host.name);
      expect([...guests.keys()].filter((name) => lab.machines[name]?.role !== 'guest')).toEqual([]);
      for (const way of hypervisors) {
        const writing = dialectNamed(way)?.write?.(state, host.name);
        const reading = dialectNamed(way)?.read(writing?.files ?? [], { stack: host.name });
        const said = reading === undefined ? emptyState : mergeReadings([{ dialect: way, reading }]).state;
        // A guest of a proxied network has no bridge; Xen's scripts lay a route to it.
        const isSaid = (tap: string): boolean => way === 'xen' || stack.interfaces[tap]?.master !== undefined;
        const wanted = [...tapsOf(guests)].filter(isSaid).sort();
        expect([host.name, way, [...tapsOf(guestsOf(said, host.name))].sort()]).toEqual([host.name, way, wanted]);
        for (const name of guestsOf(said, host.name).keys()) expect(cardsOf(said, name)).toEqual(cardsOf(state, name));
        const lost = lostOf(way, state, host.name, stack).filter((what) => !isAdvertisedTwice(what, writing));
        expect([host.name, way, lost]).toEqual([host.name, way, []]);
      }
    }
  });

  it.each(examples)(
    '%s says every packet filter to iptables, which has tables of its own for both families',
    (example) => {
      const iptables = dialectNamed('iptables');
      const written = (machine: string, filter: Stack['filter']): Writing | undefined =>
        iptables?.write?.({ version: 1, stacks: { [machine]: { ...emptyStack, filter } }, cables: [] }, machine);
      for (const [machine, { filter }] of machinesOf(example)) {
        const once = written(machine, filter);
        // Rules about all but several prefixes: those would need an ipset.
        const unsayable = once?.omissions.filter(({ why }) => why !== 'iptables has no words for this `destination`');
        expect([machine, unsayable]).toEqual([machine, []]);
        const read = iptables?.read(once?.files ?? [], { stack: machine });
        expect([machine, read?.remarks.filter(({ kind }) => kind === 'error')]).toEqual([machine, []]);
        expect(written(machine, normalPart(read?.stacks[machine]).filter)?.files).toEqual(once?.files);
      }
    },
  );
});
