/**
 * Parts of stacks from several programs of one machine, in the order in which they run at boot, to whole stacks in
 * normal form. Where two of them speak of the same thing, both are heard, and a remark names the places.
 */
import {
  type Cable,
  type Interface,
  type InterfaceAddress,
  type NetworkState,
  type Route,
  type Stack,
} from '../state/network-state.ts';
import { normalize } from '../state/normal-form.ts';
import { type FilterChain, type FilterRule, type FilterTable } from '../state/packet-filter.ts';
import { type Service } from '../state/service.ts';
import { field } from '../state/spelling.ts';
import { type Origins, type Place, type Reading, type Remark, type StackPart } from './dialect.ts';
import { emptyStack } from '../state/empty-stack.ts';
import { ownEntry } from './plain-values.ts';

/** One dialect's reading of one machine's files. */
export interface NamedReading {
  readonly dialect: string;
  readonly reading: Reading;
}

export interface MergedReading {
  readonly state: NetworkState;
  readonly remarks: readonly Remark[];
  readonly origins: Origins;
}

/** Who said what first, for remarks about what is said again. */
interface Telling {
  readonly origins: Origins;
  readonly dialects: ReadonlyMap<string, string>;
  readonly remarks: Remark[];
  readonly said: Map<string, string>;
}

const nowhere: Place = { path: '', line: 1, column: 1 };

const tellTwice = (telling: Telling, key: string, what: string, first: string, second: string): void => {
  const at = telling.origins[`${second}\n${key}`] ?? telling.origins[key] ?? nowhere;
  telling.remarks.push({
    kind: 'assumed',
    code: 'configured-twice',
    message: `${what} is configured by ${first} and by ${second}; both were taken together`,
    at,
    help: 'let one program have it',
  });
};

const addressKey = ({ address, prefixLength }: InterfaceAddress): string => `${address}/${prefixLength}`;

/** Addresses of both, each once. */
const allAddresses = (a: Interface, b: Interface): readonly InterfaceAddress[] => {
  const known = new Set(a.addresses.map(addressKey));
  return [...a.addresses, ...b.addresses.filter((address) => !known.has(addressKey(address)))];
};

/** A file that only names an interface knows less of it than one that makes it. */
export const mergeInterfaces = (first: Interface, second: Interface): Interface => {
  const base =
    first.kind === 'ethernet' && second.kind !== 'ethernet' ? { ...first, ...second } : { ...second, ...first };
  return {
    ...base,
    mtuBytes: first.mtuBytes === 1500 ? second.mtuBytes : first.mtuBytes,
    up: first.up || second.up,
    addresses: allAddresses(first, second),
  };
};

/** What these say of an interface is what it is plugged into, and the MAC of a guest's card: no second configuration. */
const hypervisors: ReadonlySet<string> = new Set(['libvirt', 'xen']);

/** Whether it says more than that there is a NIC that is up. */
const saysSomething = ({ kind, mac, mtuBytes, addresses, master }: Interface): boolean =>
  kind !== 'ethernet' || mac !== undefined || mtuBytes !== 1500 || addresses.length > 0 || master !== undefined;

const withInterfaces = (
  stack: string,
  before: Stack['interfaces'],
  more: Stack['interfaces'] | undefined,
  dialect: string,
  telling: Telling,
  supersedes: readonly string[],
): Stack['interfaces'] => {
  const merged: Record<string, Interface> = { ...before };
  for (const [name, it] of Object.entries(more ?? {})) {
    const key = `${stack}/interfaces/${name}`;
    if (supersedes.includes(key)) {
      merged[name] = it;
      continue;
    }
    const known = Object.hasOwn(merged, name) ? merged[name] : undefined;
    const first = telling.said.get(key);
    const isCardOnly = first !== undefined && (hypervisors.has(first) || hypervisors.has(dialect));
    if (known !== undefined && first !== undefined && !isCardOnly && saysSomething(known) && saysSomething(it))
      tellTwice(telling, key, `\`${name}\``, first, dialect);
    merged[name] = known === undefined ? it : mergeInterfaces(known, it);
    if (first === undefined || (known !== undefined && !saysSomething(known))) telling.said.set(key, dialect);
  }
  return merged;
};

const withSysctls = (
  stack: string,
  before: Stack['sysctls'],
  more: Stack['sysctls'] | undefined,
  dialect: string,
  telling: Telling,
): Stack['sysctls'] => {
  for (const [key, value] of Object.entries(more ?? {})) {
    const id = `${stack}/sysctls/${key}`;
    const first = telling.said.get(id);
    if (first !== undefined && before[key] !== value)
      telling.remarks.push({
        kind: 'assumed',
        code: 'set-twice',
        message: `\`${key.replaceAll('/', '.')}\` is ${before[key] ?? ''} by ${first} and ${value} by ${dialect}, which runs later: ${value} was taken`,
        at: telling.origins[id] ?? nowhere,
      });
    telling.said.set(id, dialect);
  }
  return { ...before, ...more };
};

/** Chains that ufw makes whenever it starts, and does not make twice. */
const isOfUfw = (chain: string, { verdict }: FilterRule): boolean =>
  /^ufw6?-/.test(chain) || (verdict.kind === 'jump' && /^ufw6?-/.test(verdict.chain));

const joinedRules = (chain: string, a: readonly FilterRule[], b: readonly FilterRule[]): readonly FilterRule[] => {
  const known = new Set(a.map((rule) => JSON.stringify(rule)));
  return [...a, ...b.filter((rule) => !isOfUfw(chain, rule) || !known.has(JSON.stringify(rule)))];
};

const joinedChains = (a: readonly FilterChain[], b: readonly FilterChain[]): readonly FilterChain[] => {
  const isSame = (x: FilterChain, y: FilterChain): boolean => x.name === y.name && x.hook === y.hook;
  return [
    ...a.map((chain) => {
      const again = b.find((other) => isSame(chain, other));
      if (again === undefined) return chain;
      return {
        ...chain,
        policy: again.policy === 'drop' ? again.policy : chain.policy,
        rules: joinedRules(chain.name, chain.rules, again.rules),
      };
    }),
    ...b.filter((chain) => !a.some((other) => isSame(chain, other))),
  ];
};

/** Rules of a table that is there already come behind its own, as with `iptables -A`. */
const withTables = (
  before: readonly FilterTable[],
  more: readonly FilterTable[] | undefined,
): readonly FilterTable[] => {
  const tables = [...before];
  for (const table of more ?? []) {
    const index = tables.findIndex(({ family, name }) => family === table.family && name === table.name);
    const known = tables[index];
    if (known === undefined) {
      tables.push(table);
      continue;
    }
    const subchains = [...(known.subchains ?? [])];
    for (const chain of table.subchains ?? []) {
      const at = subchains.findIndex(({ name }) => name === chain.name);
      const own = subchains[at];
      if (own === undefined) subchains.push(chain);
      else subchains[at] = { name: own.name, rules: joinedRules(own.name, own.rules, chain.rules) };
    }
    tables[index] = {
      ...known,
      chains: joinedChains(known.chains, table.chains),
      ...field('subchains', subchains.length === 0 ? undefined : subchains),
    };
  }
  return tables;
};

/** Each once: several programs may ask for the same route. */
const distinct = <T extends Route | Service | object>(values: readonly T[]): readonly T[] => [
  ...new Map(values.map((value) => [JSON.stringify(value), value])).values(),
];

const joined = (
  stack: string,
  before: Stack,
  part: StackPart,
  { dialect, reading: { supersedes = [] } }: NamedReading,
  telling: Telling,
): Stack => {
  const neighbours = [...(before.neighbours ?? []), ...(part.neighbours ?? [])];
  return {
    interfaces: withInterfaces(stack, before.interfaces, part.interfaces, dialect, telling, supersedes),
    routes: distinct([...before.routes, ...(part.routes ?? [])]),
    rules: distinct([...before.rules, ...(part.rules ?? [])]),
    neighbourProxies: distinct([...before.neighbourProxies, ...(part.neighbourProxies ?? [])]),
    ...field('neighbours', neighbours.length === 0 ? undefined : distinct(neighbours)),
    sysctls: withSysctls(stack, before.sysctls, part.sysctls, dialect, telling),
    filter: withTables(before.filter, part.filter),
    services: distinct([...before.services, ...(part.services ?? [])]),
    ...field('resolver', joinedResolver(before.resolver, part.resolver)),
  };
};

const joinedResolver = (a: Stack['resolver'], b: Stack['resolver']): Stack['resolver'] => {
  if (a === undefined || b === undefined) return a ?? b;
  return {
    nameservers: [...new Set([...a.nameservers, ...b.nameservers])],
    search: [...new Set([...a.search, ...b.search])],
  };
};

/** `readings`: those of the program that runs first come first. */
export const mergeReadings = (readings: readonly NamedReading[]): MergedReading => {
  const origins: Record<string, Place> = {};
  for (const { dialect, reading } of readings)
    for (const [key, place] of Object.entries(reading.origins)) {
      origins[key] ??= place;
      origins[`${dialect}\n${key}`] = place;
    }
  const telling: Telling = { origins, dialects: new Map(), remarks: [], said: new Map() };
  const stacks: Record<string, Stack> = {};
  const cables: Cable[] = [];
  for (const named of readings) {
    const { reading } = named;
    for (const [name, part] of Object.entries(reading.stacks)) {
      stacks[name] = joined(name, ownEntry(stacks, name) ?? emptyStack, part, named, telling);
      for (const key of Object.keys(part.sysctls ?? {})) {
        const place = reading.origins[`${name}/sysctls/${key}`];
        if (place !== undefined) origins[`${name}/sysctls/${key}`] = place;
      }
    }
    cables.push(...reading.cables);
  }
  return {
    state: normalize({ version: 1, stacks, cables: [...distinct(cables)] }),
    remarks: [...readings.flatMap(({ reading }) => reading.remarks), ...telling.remarks],
    origins: Object.fromEntries(Object.entries(origins).filter(([key]) => !key.includes('\n'))),
  };
};
