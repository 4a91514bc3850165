/** From one dialect to another and on: what both can say of the examples' machines comes through unchanged. */
import { readdirSync, readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { dialectNamed } from '../../src/dialects/dialects.ts';
import { differencesOf, normalPart } from '../../src/dialects/differences.ts';
import { mergeReadings } from '../../src/dialects/merge-readings.ts';
import {
  type Interface,
  type NetworkState,
  type Stack,
  type WireguardSettings,
} from '../../src/state/network-state.ts';
import { normalize } from '../../src/state/normal-form.ts';
import { designOf } from '../lower/lab-of.ts';

const names = ['ifupdown', 'sysconfig', 'red-hat', 'netplan', 'networkd'] as const;
/** NetworkManager has no words for forward delays without a spanning tree, which bridges of labs have. */
const all = [...names, 'networkmanager'] as const;
const examples = readdirSync('examples').filter((name) => name.endsWith('.yaml') && !name.endsWith('.lock.yaml'));

/** Written in a dialect and read again. */
const through = (name: string, state: NetworkState): NetworkState => {
  const dialect = dialectNamed(name);
  if (dialect?.write === undefined) throw new Error(`${name} is not written`);
  const { files } = dialect.write(state, 'host');
  return mergeReadings([{ dialect: name, reading: dialect.read(files, { stack: 'host' }) }]).state;
};

/** What a program that configures interfaces is there for; parameters, filters and servers are other programs' files. */
const core = (stack: Stack | undefined): NetworkState => {
  const kept = Object.entries(stack?.interfaces ?? {}).filter(([, { kind }]) => kind !== 'loopback');
  // The public key of a device follows from the file with the private one.
  const plain = ({ publicKey: _key, ...rest }: WireguardSettings): WireguardSettings => rest;
  const bare = ({ port: _port, wireguard, ...rest }: Interface): Interface =>
    wireguard === undefined ? rest : { ...rest, wireguard: plain(wireguard) };
  const host: Stack = {
    interfaces: Object.fromEntries(kept.map(([name, one]) => [name, bare(one)])),
    routes: stack?.routes ?? [],
    rules: [],
    neighbourProxies: [],
    sysctls: {},
    filter: [],
    services: [],
  };
  return normalize({ version: 1, stacks: { host }, cables: [] });
};

const machinesOf = (example: string): readonly (readonly [name: string, state: NetworkState])[] => {
  const { state } = designOf(readFileSync(`examples/${example}`, 'utf8')).lowered;
  return Object.entries(state.stacks)
    .filter(([name]) => !name.startsWith('switch') && name !== 'internet')
    .map(([name, stack]) => [name, core(stack)]);
};

/** Red Hat's tunnels are called sit1 and the like, some dialects have no words for 6rd and WireGuard: who cannot say a tunnel lists it. */
const canSay = (name: string, state: NetworkState): boolean => {
  const interfaces = Object.entries(state.stacks['host']?.interfaces ?? {});
  const tunnels = interfaces.flatMap(([one, { kind }]) => (kind === 'tunnel' || kind === 'wireguard' ? [one] : []));
  const omissions = dialectNamed(name)?.write?.(state, 'host').omissions ?? [];
  return !omissions.some(({ what }) => tunnels.some((tunnel) => what.startsWith(`interfaces/${tunnel}`)));
};

/** Every stack has its loopback; NetworkManager takes IPv6 from ports of bridges, which have none to themselves. */
const isNothing = ({ interfaces }: Stack, what: string): boolean => {
  const port = /^sysctls\/net\/ipv6\/conf\/([^/]+)\/disable_ipv6$/.exec(what)?.[1];
  return what === 'interfaces/lo' || (port !== undefined && interfaces[port]?.master !== undefined);
};

interface Converted {
  readonly said: Stack;
  readonly unsaid: ReadonlySet<string>;
}

/** What files of a dialect say of a stack, and what is listed as not said. */
const convert = (name: string, own: Stack): Converted => {
  const dialect = dialectNamed(name);
  const writing = dialect?.write?.({ version: 1, stacks: { host: own }, cables: [] }, 'host');
  const reading = dialect?.read(writing?.files ?? [], { stack: 'host' });
  const { state } = mergeReadings(reading === undefined ? [] : [{ dialect: name, reading }]);
  return { said: normalPart(state.stacks['host']), unsaid: new Set(writing?.omissions.map(({ what }) => what)) };
};

const known = new Map<string, Converted>();

/** The same each once: most dialects say all of most stacks. */
const converted = (name: string, own: Stack): Converted => {
  const key = `${name} ${JSON.stringify(own)}`;
  const before = known.get(key) ?? convert(name, own);
  known.set(key, before);
  return before;
};

describe('examples', () => {
  it.each(examples)('%s comes through every dialect, and from each to every other, as it was', (example) => {
    for (const [machine, state] of machinesOf(example)) {
      const speakers = names.filter((name) => canSay(name, state));
      expect(speakers).toContain('networkd');
      for (const first of speakers) {
        const once = core(through(first, state).stacks['host']);
        expect([machine, first, once]).toEqual([machine, first, state]);
        for (const second of speakers)
          expect([machine, first, second, core(through(second, once).stacks['host'])]).toEqual([
            machine,
            first,
            second,
            state,
          ]);
      }
    }
  });

  it.each(examples)(
    '%s loses on the way from each dialect to every other what one of them lists, and nothing else',
    (example) => {
      const { state } = designOf(readFileSync(`examples/${example}`, 'utf8')).lowered;
      for (const [machine, stack] of Object.entries(state.stacks)) {
        const wanted = normalPart(stack);
        for (const first of all) {
          const once = converted(first, wanted);
          for (const second of all) {
            const { said, unsaid } = converted(second, once.said);
            const isListed = (what: string): boolean => once.unsaid.has(what) || unsaid.has(what);
            const lost = differencesOf(wanted, said).filter((what) => !isListed(what) && !isNothing(wanted, what));
            expect([machine, first, second, lost]).toEqual([machine, first, second, []]);
          }
        }
      }
    },
  );
});
