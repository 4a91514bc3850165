/** What profiles of NetworkManager have no words for. */
import { type Route, type Stack } from '../../state/network-state.ts';
import { bornMtuBytes } from '../born-mtu.ts';
import { type Omission } from '../dialect.ts';
import { routeKey } from '../draft.ts';
import { asksIn, speaks, type Homes } from './homes.ts';
import { routesToGateways } from './routes-to-gateways.ts';
import { bornForwardDelay } from './values.ts';
import { nameOfService } from '../../state/service.ts';

const isSaidSysctl = (key: string, value: string, stack: Stack): boolean => {
  const [, name = '', leaf] = /^net\/ipv6\/conf\/(.+)\/(accept_ra|disable_ipv6)$/.exec(key) ?? [];
  const it = stack.interfaces[name];
  if (it === undefined) return false;
  return leaf === 'disable_ipv6' ? value === '1' : value === '2' || value === '0';
};

const hasHome = ({ family, dev }: Route, homes: Homes, stack: Stack): boolean => {
  if (dev === undefined) return homes[family] !== undefined;
  const it = stack.interfaces[dev];
  return family === 6 || (it !== undefined && speaks(4, dev, it, stack));
};

export const omissionsOf = (name: string, stack: Stack, homes: Homes): readonly Omission[] => {
  const omissions: Omission[] = [];
  const omit = (what: string, why: string): void => void omissions.push({ stack: name, what, why });
  for (const [key, it] of Object.entries(stack.interfaces)) {
    if (!it.up && it.kind !== 'loopback') omit(`interfaces/${key}`, 'a profile brings its device up');
    if (it.addresses.some(({ label }) => label !== undefined)) omit(`interfaces/${key}`, 'addresses have no labels');
    if (it.bridge?.stp === false && it.bridge.forwardDelaySeconds !== bornForwardDelay)
      omit(`interfaces/${key}`, 'NetworkManager sets the forward delay of a bridge only with STP');
    if (it.port !== undefined && Object.keys(it.port).some((setting) => setting !== 'hairpin'))
      omit(`interfaces/${key}`, 'of a port’s settings only hairpin is written');
    if (it.bridge?.vlans !== undefined) omit(`interfaces/${key}`, 'VLANs of bridges are not written');
    if (it.wireguard?.privateKeyFile !== undefined)
      omit(`interfaces/${key}`, 'NetworkManager keeps private keys itself, not in a file that could be named');
    if (it.kind === 'vrf' && it.mtuBytes !== bornMtuBytes(it)) omit(`interfaces/${key}`, 'a VRF has no MTU of its own');
    if (it.tunnel?.sixRd !== undefined) omit(`interfaces/${key}`, 'NetworkManager has no 6rd prefix');
    if ((it.vxlan?.remotes.length ?? 0) > 1) omit(`interfaces/${key}`, 'only the first far end of a VXLAN is written');
  }
  for (const [key, value] of Object.entries(stack.sysctls))
    if (!isSaidSysctl(key, value, stack))
      omit(`sysctls/${key}`, 'NetworkManager has no key for it; it belongs into a file of sysctl.d(5)');
  for (const { family, name: table } of stack.filter)
    omit(`filter/${family} ${table}`, 'NetworkManager filters nothing; it belongs into a file of nftables');
  for (const { address, dev } of stack.neighbourProxies)
    omit(`neighbourProxies/${address} dev ${dev}`, 'NetworkManager has no proxies');
  for (const { address, dev } of stack.neighbours ?? [])
    omit(`neighbours/${address} dev ${dev}`, 'NetworkManager has no static neighbours');
  for (const service of stack.services)
    if (service.kind !== 'dhcp-client')
      omit(`services/${nameOfService(service)}`, 'profiles serve nothing that they could describe');
    else if (service.setsResolver === true)
      omit(`services/${nameOfService(service)}`, 'whether a lease sets the resolver is not written');
  for (const route of stack.routes)
    if (route.nexthops !== undefined) omit(`routes/${route.to}`, 'profiles have no routes with several next hops');
    else if (!hasHome(route, homes, stack))
      omit(`routes/${route.to}`, 'a profile without an address of that family has no such route');
  for (const [dev, it] of Object.entries(stack.interfaces))
    for (const family of [4, 6] as const) {
      const isAsking = family === 4 ? asksIn(dev, stack) : stack.sysctls[`net/ipv6/conf/${dev}/accept_ra`] === '2';
      const master = it.master === undefined ? undefined : stack.interfaces[it.master];
      const table = it.vrf?.table ?? master?.vrf?.table ?? 254;
      for (const { route } of isAsking ? [] : routesToGateways(stack.routes, { name: dev, it, family }, table))
        omit(`routes/${routeKey(route)}`, 'NetworkManager adds it, to reach a gateway that is in no subnet');
    }
  const { nameservers = [], search = [] } = stack.resolver ?? {};
  const asked = ([4, 6] as const).filter((family) =>
    nameservers.some((address) => address.includes(':') === (family === 6)),
  );
  const places = new Set(asked.map((family) => homes[family]));
  if (places.size > 1 || places.has(undefined) || (search.length > 0 && (homes[4] ?? homes[6]) === undefined))
    omit('resolver', 'no profile has addresses of every family of those who are asked');
  return omissions;
};
