/** Machines of a state in the words of a lab: their NICs with host numbers, their routes, whether they route and translate. */
import { ip, parseIp } from '../net/address.ts';
import { usualMtuBytes } from '../lab/draft-tunnels.ts';
import { usualCost } from '../lab/finish-machines.ts';
import { containsIp, prefix, usableHosts } from '../net/prefix.ts';
import { type Facts } from '../reach/facts.ts';
import { daemonOf } from '../state/daemon-of.ts';
import { type InterfaceAddress, type NetworkState, type Stack } from '../state/network-state.ts';
import { translationsOf } from './filters.ts';
import { type MadeNetwork, type RecognisedNetwork } from './networks.ts';
import { routingWords } from './routing.ts';
import { type Station } from './segments.ts';
import { carriesTunnel, tunnelModeOf } from './tunnels.ts';
import { wireguardKeys } from './wireguard.ts';
import { type Yaml } from './yaml-text.ts';

export type AnyNetwork = RecognisedNetwork | MadeNetwork;

type YamlMap = { readonly [key: string]: Yaml | undefined };

/** Host number in a network's prefix, else the address with its length. */
const addressText = (own: InterfaceAddress, network: AnyNetwork): string | number => {
  const block = own.family === 4 ? network.ipv4 : network.ipv6;
  const written = `${own.address}/${own.prefixLength}`;
  if (block === undefined || prefix(block).length !== own.prefixLength || !containsIp(prefix(block), ip(own.address)))
    return written;
  const offset = ip(own.address).value - prefix(block).value;
  const { first, last } = usableHosts(prefix(block));
  return offset >= first && offset <= last && offset <= 65534n ? Number(offset) : written;
};

const oneOrList = (values: readonly (string | number)[]): Yaml =>
  values.length === 1 ? (values[0] ?? 'none') : values;

/** `address` where both families say the same, else `ipv4` and `ipv6`. */
const addressKeys = (
  own: { readonly 4: readonly (string | number)[]; readonly 6: readonly (string | number)[] },
  network: AnyNetwork,
): YamlMap => {
  const has = { 4: network.ipv4 !== undefined, 6: network.ipv6 !== undefined };
  const [text4, text6] = [JSON.stringify(own[4]), JSON.stringify(own[6])];
  if (own[4].length + own[6].length === 0) return { address: 'none' };
  if (
    own[6].length === 0 &&
    (!has[6] || (text4 === '["dhcp"]' && network.advertiser === undefined && network.dhcp6 === undefined))
  )
    return { address: oneOrList(own[4]) };
  if (own[4].length === 0 && !has[4]) return { address: oneOrList(own[6]) };
  if (text4 === text6 && has[4] && has[6]) return { address: oneOrList(own[4]) };
  return {
    ipv4: own[4].length === 0 ? 'none' : oneOrList(own[4]),
    ipv6: own[6].length === 0 ? 'none' : oneOrList(own[6]),
  };
};

const viaOf = ({ routes }: Stack, dev: string, family: 4 | 6): string | undefined =>
  routes.find((route) => route.family === family && route.to.endsWith('/0') && route.dev === dev)?.via;

const ignoresLease = ({ services }: Stack, dev: string): boolean =>
  services.some((it) => it.kind === 'dhcp-client' && it.interface === dev && it.ignoresRouter === true);

const gatewayKeys = (machine: string, stack: Stack, dev: string, network: AnyNetwork, asks: boolean): YamlMap => {
  const keys: Record<string, Yaml> = {};
  for (const family of [4, 6] as const) {
    const [usual, own] = [family === 4 ? network.gateway4 : network.gateway6, viaOf(stack, dev, family)];
    const speaks = stack.interfaces[dev]?.addresses.some((it) => it.family === family) === true;
    const key = family === 4 ? 'gateway' : 'gateway6';
    if (own !== undefined && own !== usual?.address) keys[key] = own;
    if (own === undefined && usual !== undefined && usual.machine !== machine && speaks && !asks) keys[key] = 'none';
  }
  if (ignoresLease(stack, dev)) keys['gateway'] = 'none';
  // One word for both families.
  return keys['gateway'] === 'none' && keys['gateway6'] === 'none' ? { gateway: 'none' } : keys;
};

const costKey = (stack: Stack, dev: string): YamlMap => {
  const cost = daemonOf(stack)?.interfaces.find(({ name }) => name === dev)?.cost;
  return cost === undefined || cost === usualCost ? {} : { cost };
};

export const nicText = (
  state: NetworkState,
  facts: Facts,
  { stack: machine, name, it }: Station,
  network: AnyNetwork,
): Yaml => {
  if (network.kind === 'internet' && !carriesTunnel(state, it)) return 'internet';
  const stack = state.stacks[machine];
  if (stack === undefined) return network.name;
  const has = (kind: 'dhcp-client' | 'dhcp6-client'): boolean =>
    stack.services.some((service) => service.kind === kind && service.interface === name);
  const asks = has('dhcp-client');
  const learns = (facts.addresses ?? []).some(
    (own) => own.stack === machine && own.interface === name && own.from === 'advertisement',
  );
  const plain = it.addresses.filter(({ label }) => label === undefined);
  const labels = it.addresses.filter(({ label }) => label !== undefined);
  const of = (family: 4 | 6): readonly (string | number)[] =>
    plain.filter((own) => own.family === family).map((own) => addressText(own, network));
  const { tunnel } = it;
  const isAutomatic = tunnel !== undefined && tunnel.remote === undefined && tunnel.mode === 'sit';
  const written = addressKeys(
    {
      4: [...(asks ? ['dhcp'] : []), ...of(4)],
      6: [...(has('dhcp6-client') ? ['dhcp'] : []), ...(learns ? ['slaac'] : []), ...of(6)],
    },
    network,
  );
  const addresses = isAutomatic ? {} : written;
  const ends =
    tunnel === undefined
      ? {}
      : {
          ...(tunnel.local === undefined ? {} : { local: tunnel.local }),
          ...(tunnel.remote === undefined ? {} : { remote: tunnel.remote }),
        };
  const aliases = Object.fromEntries(
    labels.map(({ label, address, prefixLength }) => [(label ?? '').replace(/^.*:/, ''), `${address}/${prefixLength}`]),
  );
  return {
    network: network.name,
    ...addresses,
    ...(labels.length === 0 ? {} : { aliases }),
    ...gatewayKeys(machine, stack, name, network, asks),
    ...ends,
    ...wireguardKeys(state, machine, name),
    ...(it.mtuBytes === usualMtuBytes(tunnelModeOf(it)) ? {} : { mtu: it.mtuBytes }),
    ...costKey(stack, name),
  };
};

/** Routes beyond those of gateways, and those to machines behind `proxied` NICs, which their network brings. */
export const routesText = (stack: Stack, stations: ReadonlySet<string>, proxied: readonly string[]): readonly Yaml[] =>
  stack.routes
    .filter(({ table, nexthops }) => table === 254 && nexthops === undefined)
    .filter(({ dev }) => dev === undefined || !proxied.includes(dev))
    .filter(({ to, via, dev }) => !(to.endsWith('/0') && via !== undefined && dev !== undefined && stations.has(dev)))
    .flatMap(({ family, to, via, dev, type, metric }): Yaml[] => {
      if (type === 'local' || type === 'throw') return [];
      const usual = family === 4 ? 0 : 1024;
      return [
        {
          to: to.endsWith('/0') && parseIp(to.split('/')[0] ?? '')?.value === 0n ? 'default' : to,
          ...(via === undefined ? {} : { via }),
          ...(dev === undefined || via !== undefined || type !== 'unicast' ? {} : { dev }),
          ...(type === 'unicast' ? {} : { type }),
          ...(metric === usual ? {} : { metric }),
        },
      ];
    });

const forwards = ({ sysctls }: Stack): boolean =>
  sysctls['net/ipv4/ip_forward'] === '1' ||
  sysctls['net/ipv4/conf/all/forwarding'] === '1' ||
  sysctls['net/ipv6/conf/all/forwarding'] === '1';

/** Rules that translate what leaves by NICs that are not on the internet, which `nat` does not say. */
export const otherTranslations = (stack: Stack, wan: readonly string[]): number =>
  translationsOf(stack).filter(({ out }) => out.length > 0 && !out.some((name) => wan.includes(name))).length;

/** `routing`, `nat` towards the internet, or `services: [router]`. `wan`: the machine's NICs on the internet. */
export const routerKeys = (state: NetworkState, stack: Stack, wan: readonly string[], isImplied: boolean): YamlMap => {
  const towards = translationsOf(stack).filter(
    ({ out }) => wan.length > 0 && (out.length === 0 || out.some((name) => wan.includes(name))),
  );
  const all = towards.some(({ sources }) => sources.length === 0);
  const sources = [...new Set(towards.flatMap((translation) => translation.sources))];
  const words = routingWords(state, stack);
  const routing: YamlMap = words === undefined ? {} : { routing: words };
  if (all) return { ...routing, nat: true };
  if (sources.length > 0) return { ...routing, nat: sources };
  return forwards(stack) && !isImplied && daemonOf(stack) === undefined ? { services: ['router'] } : routing;
};
