/**
 * Stacks that stand in for one another. Twins differ in their names, MACs and addresses only, hang alike on the same
 * bridge, and nothing in the state tells their addresses apart: swapping two of them leaves the state what it is. So
 * what holds between two of them holds between all, and a thousand clones are asked about once.
 */
import { emptyStack } from '../state/empty-stack.ts';
import { type Cable, type CableEnd, type Interface, type NetworkState, type Stack } from '../state/network-state.ts';
import { type Facts } from './facts.ts';
import { isSpokenOf, kindsOfAddresses, namesSpokenOf, stationsSpokenOf, wholeOf, type OwnAddresses } from './spoken.ts';

export interface Twins {
  /** The number of a stack's class; stacks of one class are twins. */
  readonly classOf: (stack: string) => number;
  /** The members of a class in the order of the state. */
  readonly members: (number: number) => readonly string[];
  /** The address of twin `to` that stands where `address` stands in `from`; other addresses stay. */
  readonly translate: (from: string, to: string, address: string) => string;
}

export interface Owned {
  readonly interface: string;
  readonly address: string;
  readonly prefixLength: number;
}

/** The addresses that each stack has, by configuration and by what it is given. */
export const ownedBy = (state: NetworkState, facts: Facts): ReadonlyMap<string, readonly Owned[]> => {
  const owned = new Map<string, Owned[]>();
  for (const [name, { interfaces }] of Object.entries(state.stacks))
    owned.set(
      name,
      Object.entries(interfaces).flatMap(([dev, { addresses }]) =>
        addresses.map(({ address, prefixLength }) => ({ interface: dev, address, prefixLength })),
      ),
    );
  for (const { stack, interface: dev, address, prefixLength } of facts.addresses ?? [])
    owned.get(stack)?.push({ interface: dev, address, prefixLength });
  return owned;
};

const bodyOf = ({ mac: _, addresses: __, ...body }: Interface): object => body;

/** Kernel parameters of one interface, and all others. */
const sysctlsOf = ({ sysctls }: Stack): ReadonlyMap<string, string> => {
  const byDev = new Map<string, string>();
  for (const [key, value] of Object.entries(sysctls)) {
    const [, family, kind, dev, name] = key.split('/');
    const isOfDev = (kind === 'conf' || kind === 'neigh') && dev !== undefined && name !== undefined;
    const place = isOfDev ? dev : '';
    byDev.set(place, `${byDev.get(place) ?? ''} ${isOfDev ? `${family ?? ''}/${kind}/${name}` : key}=${value}`);
  }
  return byDev;
};

const without = ({ interfaces: _, services: __, sysctls: ___, ...rest }: Stack): object => rest;

interface Surroundings {
  readonly state: NetworkState;
  readonly facts: Facts;
  readonly kindOf: (address: string) => string;
  readonly own: OwnAddresses;
  readonly owned: ReadonlyMap<string, readonly Owned[]>;
  readonly cables: ReadonlyMap<string, CableEnd>;
  readonly sysctls: (stack: string) => ReadonlyMap<string, string>;
  readonly spoken: (stack: string) => ReadonlySet<string>;
  /** Stacks that facts speak of in a way of their own, or whose MACs and addresses are not theirs alone. */
  readonly peculiar: ReadonlySet<string>;
  readonly told: ReadonlySet<string>;
}

const once = <T>(make: (name: string) => T): ((name: string) => T) => {
  const made = new Map<string, T>();
  return (name) => {
    const known = made.get(name) ?? make(name);
    made.set(name, known);
    return known;
  };
};

/** The interfaces that facts speak of, as `stack/interface`. */
const toldBy = ({ carrier, portStates, macs }: Facts): readonly string[] =>
  [carrier, portStates, macs].flatMap((record) => Object.keys(record ?? {}));

const peculiarServices: ReadonlySet<string> = new Set([
  ...['dhcp-server', 'relayed-dhcp-server', 'dhcp-relay', 'router-advertiser', 'virtual-router', 'routing-daemon'],
]);

const peculiarOf = (state: NetworkState, facts: Facts, owned: ReadonlyMap<string, readonly Owned[]>): Set<string> => {
  const peculiar = new Set<string>();
  const holders = new Map<string, string>();
  const hold = (thing: string, stack: string): void => {
    const other = holders.get(thing);
    if (other === undefined) holders.set(thing, stack);
    else for (const name of [other, stack]) peculiar.add(name);
  };
  for (const [name, list] of owned) for (const { address } of list) hold(address, name);
  for (const [name, { interfaces, services }] of Object.entries(state.stacks)) {
    for (const { mac } of Object.values(interfaces)) if (mac !== undefined) hold(mac, name);
    if (services.some(({ kind }) => peculiarServices.has(kind))) peculiar.add(name);
  }
  for (const station of stationsSpokenOf(state)) {
    const holder = holders.get(station);
    if (holder !== undefined) peculiar.add(holder);
  }
  for (const key of toldBy(facts)) peculiar.add(key.slice(0, key.indexOf('/')));
  for (const { stack } of [...(facts.unusable ?? []), ...(facts.redirects ?? [])]) peculiar.add(stack);
  return peculiar;
};

const endKey = ({ stack, interface: dev }: CableEnd): string => `${stack}/${dev}`;

const cablesOf = (cables: readonly Cable[]): ReadonlyMap<string, CableEnd> =>
  new Map(cables.flatMap(({ a, b }) => [[endKey(a), b] as const, [endKey(b), a] as const]));

/** How an interface hangs on the rest: by which kind of port of which bridge. A port with a part of its own is itself. */
const attachmentOf = (around: Surroundings, stack: string, dev: string): string => {
  const end = around.cables.get(`${stack}/${dev}`);
  if (end === undefined) return '';
  const port = around.state.stacks[end.stack]?.interfaces[end.interface];
  const isPlain =
    port?.master !== undefined &&
    port.addresses.length === 0 &&
    port.mac === undefined &&
    !isSpokenOf(around.spoken(end.stack), end.interface) &&
    !around.told.has(endKey(end));
  if (!isPlain) return endKey(end);
  return `${end.stack} ${JSON.stringify(bodyOf(port))}${around.sysctls(end.stack).get(end.interface) ?? ''}`;
};

/** A stack's own addresses, where it speaks of them itself, by their place among them. */
const ownNamed = ({ own, owned }: Surroundings, name: string): ((key: string, value: unknown) => unknown) => {
  const mine = own.get(name) ?? new Set<string>();
  const places = new Map((owned.get(name) ?? []).map(({ address }, index) => [wholeOf(address), index]));
  return (key, value) => {
    if (key === 'source' && typeof value === 'string') return places.get(wholeOf(value)) ?? value;
    if (key !== 'prefixes' || !Array.isArray(value)) return value;
    const texts = value as readonly string[];
    return texts.every((text) => mine.has(text)) ? texts.map((text) => places.get(text)) : texts;
  };
};

const signatureOf = (around: Surroundings, name: string, stack: Stack): string => {
  if (around.peculiar.has(name)) return name;
  const sysctls = around.sysctls(name);
  const owned = around.owned.get(name) ?? [];
  const devs = Object.entries(stack.interfaces).map(([dev, it]) => [
    dev,
    bodyOf(it),
    it.mac === undefined,
    attachmentOf(around, name, dev),
    owned
      .filter((own) => own.interface === dev)
      .map(({ address, prefixLength }) => `${around.kindOf(address)}/${prefixLength}`),
  ]);
  const learned = (around.facts.routes ?? [])
    .filter((route) => route.stack === name)
    .map(({ stack: _, because: __, ...route }) => route);
  return JSON.stringify([devs, without(stack), [...sysctls], learned], ownNamed(around, name));
};

export const asPrefixes = (owned: ReadonlyMap<string, readonly Owned[]>): OwnAddresses =>
  new Map([...owned].map(([name, list]) => [name, new Set(list.map(({ address }) => wholeOf(address)))]));

/** `addressesOf`: all addresses of a stack, also those that it gives itself, in an order that twins share. */
export const twinsOf = (
  state: NetworkState,
  facts: Facts,
  addressesOf: (stack: string) => readonly string[],
): Twins => {
  const owned = ownedBy(state, facts);
  const own = asPrefixes(owned);
  const around: Surroundings = {
    state,
    facts,
    kindOf: kindsOfAddresses(state, facts, own),
    own,
    owned,
    cables: cablesOf(state.cables),
    sysctls: once((name) => sysctlsOf(state.stacks[name] ?? emptyStack)),
    spoken: once((name) => namesSpokenOf(state.stacks[name] ?? emptyStack)),
    peculiar: peculiarOf(state, facts, owned),
    told: new Set(toldBy(facts)),
  };
  const numbers = new Map<string, number>();
  const classes = new Map<string, number>();
  const members: string[][] = [];
  for (const [name, stack] of Object.entries(state.stacks)) {
    const signature = signatureOf(around, name, stack);
    const number = numbers.get(signature) ?? members.push([]) - 1;
    numbers.set(signature, number);
    classes.set(name, number);
    members[number]?.push(name);
  }
  const all = once(addressesOf);
  const places = once((name) => new Map(all(name).map((address, index) => [address, index])));
  return {
    classOf: (stack) => classes.get(stack) ?? -1,
    members: (number) => members[number] ?? [],
    translate: (from, to, address) => {
      const place = from === to ? undefined : places(from).get(address);
      return place === undefined ? address : (all(to)[place] ?? address);
    },
  };
};
