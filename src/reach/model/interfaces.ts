/** Interfaces with what follows from their surroundings: MACs, carrier, addresses that nobody wrote down. */
import { ip, isLinkLocal6, printIp, type Family } from '../../net/address.ts';
import { linkLocalOf } from '../../net/mac.ts';
import { prefixOf } from '../../net/prefix.ts';
import { type Interface, type NetworkState, type Stack } from '../../state/network-state.ts';
import { type Facts, type LearnedAddress } from '../facts.ts';
import { type AddressModel, type InterfaceModel } from './model.ts';
import { readSettings } from './settings.ts';

/** What the interfaces of all stacks need to know of each other. */
export interface Surroundings {
  readonly state: NetworkState;
  readonly facts: Facts;
  readonly peers: ReadonlyMap<string, { readonly stack: string; readonly interface: string }>;
  readonly learned: ReadonlyMap<string, readonly LearnedAddress[]>;
  readonly unusable: ReadonlyMap<string, string>;
  /** Interfaces that others stand on. */
  readonly stoodUpon: ReadonlySet<string>;
}

export const placeOf = (stack: string, name: string): string => `${stack}/${name}`;

export const surroundingsOf = (state: NetworkState, facts: Facts): Surroundings => {
  const peers = new Map<string, { stack: string; interface: string }>();
  for (const { a, b } of state.cables) {
    peers.set(placeOf(a.stack, a.interface), b);
    peers.set(placeOf(b.stack, b.interface), a);
  }
  const learned = new Map<string, LearnedAddress[]>();
  for (const address of facts.addresses ?? []) {
    const place = placeOf(address.stack, address.interface);
    learned.set(place, [...(learned.get(place) ?? []), address]);
  }
  const unusable = new Map(
    (facts.unusable ?? []).map(({ stack, interface: name, address, state: how }) => [
      `${placeOf(stack, name)} ${printIp(ip(address))}`,
      how,
    ]),
  );
  const stoodUpon = new Set<string>();
  for (const [stack, { interfaces }] of Object.entries(state.stacks)) {
    for (const { vlan, macvlan } of Object.values(interfaces)) {
      const parent = vlan?.link ?? macvlan?.link;
      if (parent !== undefined) stoodUpon.add(placeOf(stack, parent));
    }
  }
  return { state, facts, peers, learned, unusable, stoodUpon };
};

/** A locally administered MAC for an interface whose own is the kernel's choice: it only has to differ from all others. */
const guessedMac = (place: string): string => {
  let hash = 0x811c9dc5;
  let other = 0x1b873593;
  for (let index = 0; index < place.length; index += 1) {
    hash = Math.imul(hash ^ place.charCodeAt(index), 0x01000193) >>> 0;
    other = Math.imul(other ^ place.charCodeAt(index), 0x85ebca6b) >>> 0;
  }
  const digits = (hash.toString(16).padStart(8, '0') + other.toString(16).padStart(8, '0')).slice(0, 10);
  return `06:${digits.match(/../g)?.join(':') ?? ''}`;
};

const scopeOf = (family: Family, value: bigint): AddressModel['scope'] => {
  if (family === 4) return value >> 24n === 127n ? 'host' : 'global';
  if (value === 1n) return 'host';
  return isLinkLocal6(value) ? 'link' : 'global';
};

const scopeRank = { global: 0, link: 1, host: 2 } as const;

const withSecondaries = (addresses: readonly AddressModel[]): readonly AddressModel[] => {
  if (addresses.length < 2) return addresses;
  const subnets = new Set<string>();
  return addresses.map((address) => {
    if (address.family === 6) return address;
    const subnet = `${prefixOf(address, address.prefixLength).value}/${address.prefixLength}`;
    const isSecondary = subnets.has(subnet);
    subnets.add(subnet);
    return { ...address, isSecondary };
  });
};

/** Kinds that make no link-local address from a MAC (addrconf_addr_gen). */
const withoutLinkLocal: ReadonlySet<Interface['kind']> = new Set(['loopback', 'tunnel', 'vrf', 'wireguard']);

const addressesOf = (
  around: Surroundings,
  place: string,
  it: Interface,
  mac: string,
  hasCarrier: boolean,
  ipv6: boolean,
): AddressModel[] => {
  const address = (family: Family, value: bigint, prefixLength: number, fact?: string): AddressModel => {
    const isAnyUnusable = around.unusable.size > 0;
    const how = isAnyUnusable ? around.unusable.get(`${place} ${printIp({ family, value })}`) : undefined;
    return {
      family,
      value,
      prefixLength,
      scope: scopeOf(family, value),
      isSecondary: false,
      isDeprecated: how === 'deprecated',
      isUnusable: how === 'tentative' || how === 'dadfailed',
      ...(fact === undefined ? {} : { fact }),
    };
  };
  const written = it.addresses.map(({ family, address: text, prefixLength }) =>
    address(family, ip(text).value, prefixLength),
  );
  const learned = (around.learned.get(place) ?? []).map(({ family, address: text, prefixLength, because }) =>
    address(family, ip(text).value, prefixLength, because),
  );
  const automatic: AddressModel[] = [];
  if (it.kind === 'loopback' && it.up) automatic.push(address(4, 0x7f000001n, 8), address(6, 1n, 128));
  // Without carrier it is not ready to have one (addrconf_notify).
  if (!withoutLinkLocal.has(it.kind) && it.up && hasCarrier)
    automatic.push(address(6, linkLocalOf(mac).value, 64, `${place} made its link-local address from its MAC`));
  const isWritten = ({ family, value }: AddressModel): boolean =>
    written.some((other) => other.family === family && other.value === value);
  const every = [...written, ...learned, ...automatic.filter((own) => !isWritten(own))];
  const six = every.filter(({ family }) => family === 6 && ipv6).reverse();
  // Of one scope the one that came last stands first (ipv6_link_dev_addr).
  six.sort((a, b) => scopeRank[a.scope] - scopeRank[b.scope]);
  return [...withSecondaries(every.filter(({ family }) => family === 4)), ...six];
};

const interfaceAt = (
  state: NetworkState,
  end: { stack: string; interface: string } | undefined,
): Interface | undefined => end && state.stacks[end.stack]?.interfaces[end.interface];

/** Carrier by itself; bridges and children look at what they stand on. */
const carrierOf = (around: Surroundings, stackName: string, stack: Stack, name: string, depth = 0): boolean => {
  const place = placeOf(stackName, name);
  const known = around.facts.carrier?.[place];
  if (known !== undefined) return known;
  const it = stack.interfaces[name];
  if (it === undefined || !it.up || depth > 8) return false;
  const parent = it.vlan?.link ?? it.macvlan?.link;
  if (parent !== undefined) return carrierOf(around, stackName, stack, parent, depth + 1);
  if (it.kind === 'bridge') {
    const ports = Object.entries(stack.interfaces).filter(([, other]) => other.master === name);
    return ports.length === 0 || ports.some(([port]) => carrierOf(around, stackName, stack, port, depth + 1));
  }
  if (it.kind !== 'ethernet') return true;
  const far = interfaceAt(around.state, around.peers.get(place));
  return far?.up ?? false;
};

const noMacs: ReadonlySet<string> = new Set();
const noNames: readonly string[] = [];

const leafOf = (around: Surroundings, place: string): string | undefined => {
  const end = around.peers.get(place);
  const far = interfaceAt(around.state, end);
  if (end === undefined || far === undefined || far.master !== undefined) return undefined;
  return around.stoodUpon.has(placeOf(end.stack, end.interface)) ? undefined : end.stack;
};

export const buildInterfaces = (
  around: Surroundings,
  stackName: string,
  stack: Stack,
): ReadonlyMap<string, InterfaceModel> => {
  const ports = new Map<string, string[]>();
  const children = new Map<string, string[]>();
  const append = (lists: Map<string, string[]>, key: string, name: string): void => {
    const list = lists.get(key);
    if (list === undefined) lists.set(key, [name]);
    else list.push(name);
  };
  for (const [name, it] of Object.entries(stack.interfaces)) {
    if (it.master !== undefined) append(ports, it.master, name);
    const parent = it.vlan?.link ?? it.macvlan?.link;
    if (parent !== undefined) append(children, parent, name);
  }
  const macOf = (name: string, it: Interface): string => {
    const place = placeOf(stackName, name);
    const parent = it.vlan?.link === undefined ? undefined : stack.interfaces[it.vlan.link];
    // A macvtap has the MAC of the guest that its cable leads to.
    const guest = it.macvlan && around.peers.get(place);
    if (it.mac === undefined && guest !== undefined) {
      const there = placeOf(guest.stack, guest.interface);
      return interfaceAt(around.state, guest)?.mac ?? around.facts.macs?.[there] ?? guessedMac(there);
    }
    return (
      it.mac ?? around.facts.macs?.[place] ?? (parent && it.vlan ? macOf(it.vlan.link, parent) : guessedMac(place))
    );
  };
  const localMacs = (bridge: string, own: string): ReadonlySet<string> => {
    const others = [...(ports.get(bridge) ?? []), ...(children.get(bridge) ?? [])];
    return new Set([
      own,
      ...others.flatMap((name) => (stack.interfaces[name] ? macOf(name, stack.interfaces[name]) : [])),
    ]);
  };
  const settingsOf = readSettings(stack.sysctls);
  return new Map(
    Object.entries(stack.interfaces).map(([name, it]): [string, InterfaceModel] => {
      const place = placeOf(stackName, name);
      const settings = settingsOf(name);
      const mac = macOf(name, it);
      const hasCarrier = carrierOf(around, stackName, stack, name);
      return [
        name,
        {
          stack: stackName,
          name,
          it,
          mac,
          isUp: it.up,
          hasCarrier,
          addresses: addressesOf(around, place, it, mac, hasCarrier, settings.ipv6),
          settings,
          peer: around.peers.get(place),
          leaf: leafOf(around, place),
          localMacs: it.kind === 'bridge' ? localMacs(name, mac) : noMacs,
          ports: ports.get(name) ?? noNames,
          children: children.get(name) ?? noNames,
        },
      ];
    }),
  );
};
