/**
 * A state as the lab file that a person would write for it: what is outside, the hosts, the networks that they make and
 * the machines on them. A gateway that is in no file is written as a machine, so that the rest has somebody to route to.
 */
import { prefix, usableHosts } from '../net/prefix.ts';
import { type Facts } from '../reach/facts.ts';
import { settledFacts } from '../reach/settled.ts';
import { type InterfaceAddress, type NetworkState, type Stack } from '../state/network-state.ts';
import { type DhcpPool } from '../state/service.ts';
import { nicText, otherTranslations, routerKeys, routesText, type AnyNetwork } from './machines.ts';
import { recogniseNetworks, type Gateway, type Giving, type MadeNetwork, type RecognisedNetwork } from './networks.ts';
import { proxiedPorts, rolesOf } from './roles.ts';
import { hostNumber } from './host-number.ts';
import { segmentsIn, type Station } from './segments.ts';
import { isShared, sharedText } from './shared.ts';
import { withPlainTunnels } from './tunnels.ts';
import { unsaidOf } from './unsaid.ts';
import { yamlText, type Yaml } from './yaml-text.ts';

export interface LabText {
  readonly text: string;
  /** What of the state the file does not say, one sentence each. */
  readonly unsaid: readonly string[];
}

type YamlMap = Record<string, Yaml | undefined>;

const gatewayText = (gateway: Gateway | undefined, missing: string | undefined): Yaml | undefined =>
  gateway === undefined ? undefined : (gateway.machine ?? missing ?? gateway.address);

const relayText = ({ relays }: Giving): YamlMap =>
  relays === undefined ? {} : { relay: relays.length === 1 ? relays[0] : relays };

const serverText = (
  server: Pick<DhcpPool, 'first' | 'last'> & Giving,
  block: string | undefined,
  host: string | undefined,
): Yaml => {
  const [first, last] = [server.first, server.last].map((address) => hostNumber(address, block));
  const range = first === undefined || last === undefined ? {} : { range: [first, last] };
  const text = { ...(server.stack === host ? {} : { server: server.stack }), ...range, ...relayText(server) };
  return Object.keys(text).length === 0 ? true : text;
};

/** `ra` is written where machines may make addresses of their own. */
const servedText = (network: AnyNetwork, host: string | undefined): YamlMap => {
  const { dhcp, dhcp6, ipv4, ipv6, advertiser, isOnLinkOnly } = network;
  const ra = isOnLinkOnly && dhcp6 !== undefined ? undefined : advertiser;
  return {
    dhcp: dhcp === undefined ? undefined : serverText(dhcp, ipv4, host),
    dhcp6: dhcp6 === undefined ? undefined : serverText(dhcp6, ipv6, host),
    ra: ra !== undefined && ra === host ? true : ra,
  };
};

const outsideText = (state: NetworkState, network: RecognisedNetwork, missing: string | undefined): Yaml => {
  const { ipv4, ipv6, gateway4, gateway6, tunnel } = network;
  const [via4, via6] = [gatewayText(gateway4, missing), gatewayText(gateway6, missing)];
  return {
    ...(tunnel === undefined ? {} : { tunnel }),
    ...(ipv4 === undefined ? {} : { ipv4 }),
    ...(ipv6 === undefined || tunnel === '6to4' ? {} : { ipv6 }),
    ...(via4 === undefined ? {} : { gateway: via4 }),
    ...(via6 === undefined || via6 === via4 ? {} : { gateway6: via6 }),
    shared: sharedText(state, network.segment, network),
    ...servedText(network, undefined),
  };
};

/** What the host has on its own network; undefined where it is what it would have anyway: the last IPv4 address, and ::1. */
const hostAddress = (own: readonly InterfaceAddress[], { ipv4, ipv6 }: AnyNetwork): Yaml | undefined => {
  const numberOf = ({ address, prefixLength, family }: InterfaceAddress): number | undefined => {
    const block = family === 4 ? ipv4 : ipv6;
    return block !== undefined && prefix(block).length === prefixLength ? hostNumber(address, block) : undefined;
  };
  const usual = own.map((it) =>
    it.family === 6
      ? numberOf(it) === 1
      : ipv4 !== undefined && numberOf(it) === Number(usableHosts(prefix(ipv4)).last),
  );
  const families = new Set(own.map(({ family }) => family));
  if (own.length === families.size && usual.every(Boolean) && families.has(6) === (ipv6 !== undefined))
    return undefined;
  const numbers = own.map(numberOf);
  const isOneNumber = own.length === families.size && numbers[0] !== undefined && new Set(numbers).size === 1;
  // A number speaks of both families.
  if (isOneNumber && families.has(4) === (ipv4 !== undefined) && families.has(6) === (ipv6 !== undefined))
    return numbers[0];
  const texts = own.map(({ address, prefixLength }) => `${address}/${prefixLength}`);
  return texts.length === 1 ? texts[0] : texts;
};

const madeText = (state: NetworkState, network: MadeNetwork, hosts: number): Yaml => {
  const { mode, host, bridge, nic, ipv4, ipv6, gateway4 } = network;
  const of = { ...(hosts > 1 ? { host } : {}) };
  if (mode === 'bridged') return { mode, ...of, nic };
  if (mode === 'proxied') return { mode, ...of, on: network.on };
  const address = hostAddress(state.stacks[host]?.interfaces[bridge]?.addresses ?? [], network);
  const other =
    gateway4 !== undefined && gateway4.machine !== host ? { gateway: gateway4.machine ?? gateway4.address } : {};
  return {
    mode,
    ...of,
    ipv4: ipv4 ?? 'none',
    ...(ipv6 === undefined ? {} : { ipv6 }),
    ...(mode === 'private' ? {} : { address }),
    ...other,
    shared: sharedText(state, network.segment, network),
    ...servedText(network, host),
  };
};

interface Recognised {
  readonly state: NetworkState;
  readonly facts: Facts;
  readonly outside: readonly RecognisedNetwork[];
  readonly made: readonly MadeNetwork[];
}

/** The network that a station's NIC is written on; guests of a bridged network are on that, everybody else outside. */
const networkFor = ({ outside, made }: Recognised, station: Station, isGuest: boolean): AnyNetwork | undefined => {
  const holds = ({ segment }: AnyNetwork): boolean => segment.stations.includes(station);
  const own = made.find((network) => holds(network) && (isGuest || network.mode !== 'bridged'));
  return own ?? outside.find(holds) ?? made.find(holds);
};

/** The host's name for a NIC: the port that its bridge stands for. */
const nicName = ({ made }: Recognised, { stack, name }: Station): string | undefined => {
  const bridge = made.find((network) => network.host === stack && network.bridge === name);
  return bridge === undefined ? name : bridge.nic;
};

/** The host number that a DHCP server keeps for one of its NICs. */
const reservedNumber = ({ outside, made }: Recognised, stations: readonly Station[]): number | undefined => {
  for (const { segment, dhcp, dhcp6, ipv4, ipv6 } of [...outside, ...made])
    for (const { mac, address } of [...(dhcp?.reservations ?? []), ...(dhcp6?.reservations ?? [])]) {
      const station = segment.stations.find(({ it }) => it.mac === mac);
      if (station !== undefined && stations.includes(station))
        return hostNumber(address, address.includes(':') ? ipv6 : ipv4);
    }
  return undefined;
};

/** Two default routes of one family, which a lab file must say are meant. */
const leadsTwoWays = (stack: Stack, facts: Facts, name: string): boolean =>
  ([4, 6] as const).some((family) => {
    const own = stack.routes.filter(
      (route) => route.family === family && route.to.endsWith('/0') && route.table === 254,
    );
    const learned = (facts.routes ?? []).filter(
      (route) => route.stack === name && route.family === family && route.to.endsWith('/0'),
    );
    return own.length + learned.length > 1;
  });

const machineText = (all: Recognised, name: string, stations: readonly Station[], isGuest: boolean): Yaml => {
  const { state, facts, made } = all;
  const stack = state.stacks[name];
  if (stack === undefined) return {};
  const nics: YamlMap = {};
  const wan: string[] = [];
  for (const station of stations) {
    const network = networkFor(all, station, isGuest);
    const nic = nicName(all, station);
    if (network === undefined || nic === undefined) continue;
    if (network.kind === 'internet') wan.push(station.name);
    nics[nic] = nicText(state, facts, station, network);
  }
  const hosts = made.some(({ host, mode }) => host === name && mode !== 'bridged' && mode !== 'private');
  const routes = routesText(stack, new Set(stations.map((station) => station.name)), proxiedPorts(stack));
  const number = reservedNumber(all, stations);
  return {
    ...(number === undefined ? {} : { number }),
    nics,
    ...routerKeys(state, stack, wan, hosts),
    ...(routes.length === 0 ? {} : { routes }),
    ...(leadsTwoWays(stack, all.facts, name) ? { accept: ['two-default-routes'] } : {}),
  };
};

/** Gateways that nobody has, each as a machine that leads on to the internet. */
const missingGateways = ({ state, outside }: Recognised): ReadonlyMap<RecognisedNetwork, string> => {
  const missing = outside.filter(
    ({ kind, gateway4, gateway6, segment }) =>
      kind === 'outside' &&
      [gateway4, gateway6].some(
        (one) => one !== undefined && one.machine === undefined && !isShared(state, segment, one.address),
      ),
  );
  return new Map(missing.map((network, index) => [network, missing.length === 1 ? 'gateway' : `gateway-${index + 1}`]));
};

const gatewayMachine = ({ name, gateway4, gateway6, ipv4, ipv6 }: RecognisedNetwork): Yaml => {
  const one = (gateway: Gateway | undefined, block: string | undefined): Yaml | undefined =>
    gateway === undefined || gateway.machine !== undefined || gateway.address.startsWith('fe80:')
      ? undefined
      : (hostNumber(gateway.address, block) ?? gateway.address);
  const [v4, v6] = [one(gateway4, ipv4), one(gateway6, ipv6)];
  const address = v6 === undefined ? { address: v4 } : v4 === v6 ? { address: v4 } : { ipv4: v4 ?? 'none', ipv6: v6 };
  return { nics: { lan: { network: name, ...address }, wan: 'internet' }, nat: true };
};

export const labText = (given: NetworkState): LabText => {
  const state = withPlainTunnels(given);
  const roles = rolesOf(state);
  const segments = segmentsIn(state);
  const { outside, made } = recogniseNetworks(state, segments, roles);
  const all: Recognised = { state, facts: settledFacts(state), outside, made };
  const stations = segments.flatMap((segment) => segment.stations);
  const namesOf = (role: string): readonly string[] =>
    [...roles].flatMap(([name, own]) => (own === role ? [name] : []));
  const textsOf = (role: string): YamlMap =>
    Object.fromEntries(
      namesOf(role).map((name) => [
        name,
        machineText(
          all,
          name,
          stations.filter(({ stack }) => stack === name),
          role === 'guest',
        ),
      ]),
    );
  const missing = missingGateways(all);
  const outsideNetworks: YamlMap = Object.fromEntries(
    outside
      .filter(({ kind }) => kind === 'outside')
      .map((network) => [network.name, outsideText(state, network, missing.get(network))]),
  );
  const outsideMachines: YamlMap = {
    ...textsOf('outside'),
    ...Object.fromEntries([...missing].map(([network, name]) => [name, gatewayMachine(network)])),
  };
  const hosts = textsOf('host');
  const [name = 'imported'] = Object.keys({ ...hosts, ...outsideMachines });
  const part = (map: YamlMap): YamlMap | undefined => (Object.keys(map).length === 0 ? undefined : map);
  const around: YamlMap = { networks: part(outsideNetworks), machines: part(outsideMachines) };
  const told = [...missing.values()].map(
    (gateway) => `# \`${gateway}\` is in no file: it stands for whoever has that address.\n`,
  );
  const text = yamlText({
    lab: name.toLowerCase().replaceAll(/[^a-z0-9-]+/g, '-'),
    outside: around['networks'] === undefined && around['machines'] === undefined ? undefined : around,
    hosts: part(hosts),
    networks: part(
      Object.fromEntries(made.map((network) => [network.name, madeText(state, network, namesOf('host').length)])),
    ),
    machines: part(textsOf('guest')),
  });
  const translations = Object.entries(state.stacks).flatMap(([machine, stack]) => {
    const wan = stations.filter(
      (station) => station.stack === machine && networkFor(all, station, false)?.kind === 'internet',
    );
    const count = otherTranslations(
      stack,
      wan.map((station) => station.name),
    );
    const isSaid = count === 0 || made.some(({ host, mode }) => host === machine && mode === 'nat');
    return isSaid
      ? []
      : [
          `\`${machine}\`: ${count} of its rules translate what leaves towards other machines; a network of mode \`nat\` says that`,
        ];
  });
  return { text: `${told.join('')}${text}`, unsaid: [...unsaidOf(state, made), ...translations] };
};
