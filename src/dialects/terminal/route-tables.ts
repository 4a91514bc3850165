/** The tables of `route -n` and `netstat -rn`, of IPv4 and of IPv6 (`route -6 -n`). */
import { ip } from '../../net/address.ts';
import { networkOf, printPrefix } from '../../net/prefix.ts';
import { type Place } from '../dialect.ts';
import { canonical, type RouteDraft } from './draft.ts';

export interface RouteTable {
  readonly family: 4 | 6;
  /** Columns from the left; absent: the last one. */
  readonly device: number | undefined;
  readonly metric: number | undefined;
}

/** What the line above the routes says of them; undefined for what is no such line. */
export const tableFor = (text: string): RouteTable | undefined => {
  if (/^Destination\s+Next Hop\s+Flags?\s+Met/.test(text)) return { family: 6, device: undefined, metric: 3 };
  if (!/^Destination\s+Gateway\s+Genmask\s+Flags/.test(text)) return undefined;
  const columns = text.trim().split(/\s+/);
  const [device, metric] = ['Iface', 'Metric'].map((name) => columns.indexOf(name));
  return {
    family: 4,
    device: device === undefined || device < 0 ? undefined : device,
    metric: metric === undefined || metric < 0 ? undefined : metric,
  };
};

const lengthOfMask = (mask: string): number => ip(mask).value.toString(2).replaceAll('0', '').length;

/** networks(5) as every system has them. */
const namedNetworks: Readonly<Record<string, string>> = {
  default: '0.0.0.0',
  'link-local': '169.254.0.0',
  loopback: '127.0.0.0',
};

/** Destination, gateway, mask, flags, metric or window, …, interface. */
const routeOfIpv4 = (text: string, table: RouteTable, place: Place): RouteDraft | 'named' | undefined => {
  const words = text.trim().split(/\s+/);
  const [destination = '', gateway = '', mask = '', flags = ''] = words;
  const dev = words[table.device ?? words.length - 1];
  const [to, netmask] = [
    canonical(Object.hasOwn(namedNetworks, destination) ? (namedNetworks[destination] ?? '') : destination),
    canonical(mask),
  ];
  if (netmask?.family !== 4 || dev === undefined || words.length < 6 || !/^[UGHRDMAC!]+$/.test(flags)) return undefined;
  const via = canonical(gateway);
  if (to === undefined || (flags.includes('G') && via === undefined)) return 'named';
  if (to.family !== 4) return undefined;
  const isVia = flags.includes('G') && via !== undefined && via.address !== '0.0.0.0';
  const number = Number(words[table.metric ?? -1] ?? 0);
  // Packets that are thrown away in silence have no device.
  const isLost = dev === '*';
  const isRefused = flags.includes('!');
  return {
    family: 4,
    to: printPrefix(networkOf(to.address, lengthOfMask(netmask.address))),
    type: isRefused ? 'unreachable' : isLost ? 'blackhole' : 'unicast',
    ...(isVia ? { via: via.address } : {}),
    ...(isRefused || isLost ? {} : { dev }),
    metric: Number.isInteger(number) ? number : 0,
    table: 254,
    ...(isVia || isLost || isRefused ? {} : { mayBeConnected: true }),
    place,
  };
};

/** A router advertisement made it, or a redirect did. */
const isGiven = (flags: string): boolean => /[AeDM]/.test(flags);

/** The kernel's own: of addresses, of links, and the one that refuses what nothing else takes. */
const isKernels = (to: string, flags: string, metric: number): boolean =>
  flags.includes('n') ||
  metric < 0 ||
  /^(?:ff00::\/8|fe80::\/64|::1\/128)$/.test(to) ||
  (metric === 256 && !flags.includes('G'));

/** Destination, next hop, flags, metric, …, interface. */
const routeOfIpv6 = (text: string, place: Place): RouteDraft | 'named' | 'left-out' | undefined => {
  const [destination = '', hop = '', flags = '', metric = '', ...others] = text.trim().split(/\s+/);
  const dev = others.at(-1);
  const [host = '', length] = destination.replaceAll(/[[\]]/g, '').split('/');
  if (!/^[!UGHRDMACen]+$/.test(flags) || dev === undefined || !/^\d+$/.test(length ?? '')) return undefined;
  const [to, via] = [canonical(host), canonical(hop.replaceAll(/[[\]]/g, ''))];
  if (to === undefined || via === undefined) return 'named';
  if (to.family !== 6) return 'left-out';
  const prefix = printPrefix(networkOf(to.address, Number(length)));
  const number = Number(metric);
  // Refusals are metric 1024 where somebody asked for them.
  const isRefused = flags.startsWith('!');
  if (isGiven(flags) || isKernels(prefix, isRefused ? '' : flags, number)) return 'left-out';
  const isVia = flags.includes('G') && via.address !== '::';
  return {
    family: 6,
    to: prefix,
    type: isRefused ? 'unreachable' : 'unicast',
    ...(isVia ? { via: via.address } : {}),
    ...(isRefused ? {} : { dev }),
    ...{ metric: number, table: 254 },
    ...(isVia || isRefused ? {} : { mayBeConnected: true }),
    place,
  };
};

/** `named`: an address is hidden behind a name. */
export const routeOfTable = (
  text: string,
  table: RouteTable,
  place: Place,
): RouteDraft | 'named' | 'left-out' | undefined =>
  table.family === 6 ? routeOfIpv6(text, place) : routeOfIpv4(text, table, place);
