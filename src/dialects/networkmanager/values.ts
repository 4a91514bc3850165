/** What NetworkManager takes for granted, and how its key files spell things (nm-settings-keyfile(5)). */
import { type Interface, type Route } from '../../state/network-state.ts';

/** Metrics of default routes where the profile names none (nm_device_get_route_metric_default). */
const bornMetrics: Readonly<Partial<Record<Interface['kind'], number>>> = {
  wireguard: 50,
  ethernet: 100,
  bond: 300,
  vlan: 400,
  macvlan: 410,
  bridge: 425,
  vrf: 470,
  vxlan: 500,
  dummy: 550,
  tunnel: 675,
};

export const bornMetricOf = (kind: Interface['kind']): number => bornMetrics[kind] ?? 950;

/** Seconds, as the kernel makes a bridge. */
export const bornForwardDelay = 15;

/** Kinds by the name of a connection's type, which has an old and a new spelling for NICs. */
export const kindsByType: Readonly<Record<string, Interface['kind']>> = {
  ethernet: 'ethernet',
  '802-3-ethernet': 'ethernet',
  bridge: 'bridge',
  bond: 'bond',
  vlan: 'vlan',
  vrf: 'vrf',
  dummy: 'dummy',
  vxlan: 'vxlan',
  wireguard: 'wireguard',
  'ip-tunnel': 'tunnel',
  macvlan: 'macvlan',
  loopback: 'loopback',
};

/** NMIPTunnelMode, as far as the model has them. */
export const tunnelModes: Readonly<Record<string, 'ipip' | 'gre' | 'sit'>> = { '1': 'ipip', '2': 'gre', '3': 'sit' };

/** NMSettingMacvlanMode, likewise. */
export const macvlanModes: Readonly<Record<string, 'vepa' | 'bridge' | 'private'>> = {
  '1': 'vepa',
  '2': 'bridge',
  '3': 'private',
};

/** Lists end in a semicolon, or do not. */
export const listOf = (text: string): readonly string[] =>
  text
    .split(/[;,]/)
    .map((item) => item.trim())
    .filter((item) => item !== '');

export const numberOfKey = <K extends string>(table: Readonly<Record<string, K>>, value: K): string | undefined =>
  Object.keys(table).find((key) => table[key] === value);

export interface IpFields {
  readonly address: string;
  readonly length?: string | undefined;
  readonly via?: string | undefined;
  readonly metric?: string | undefined;
}

/**
 * Fields of an address or a route, each ended by `/`, `;` or `,`. A field that holds other characters than are its own is
 * not there, and the next one begins in its place (read_one_ip_address_or_route() in nm-keyfile.c).
 */
export const ipFieldsOf = (text: string): IpFields => {
  let rest = text.replaceAll(/\s/g, '');
  const take = (characters: RegExp): string | undefined => {
    const [taken = ''] = characters.exec(rest) ?? [];
    const after = rest.slice(taken.length);
    if (rest === '' || !/^(?:[/;,]|$)/.test(after)) return undefined;
    rest = after.slice(1);
    return taken;
  };
  const addressLike = /^[\da-f:.%]*/i;
  const digits = /^\d*/;
  const [address, length, via, metric] = [take(addressLike) ?? '', take(digits), take(addressLike), take(digits)];
  // An old writer left out gateways of IPv6 that are `::`: a number in their place is a metric.
  return metric === undefined && address.includes(':') && /^\d+$/.test(via ?? '')
    ? { address, length, metric: via }
    : { address, length, via, metric };
};

/** What is taken where a field of the length is missing. */
export const bornLengths = { address: { 4: 24, 6: 64 }, route: { 4: 24, 6: 128 } } as const;

/** A MAC of old, as six numbers. */
export const macText = (text: string): string => {
  const bytes = text.split(';').filter((part) => part !== '');
  return bytes.length === 6 && bytes.every((part) => /^\d{1,3}$/.test(part))
    ? bytes.map((part) => Number(part).toString(16).padStart(2, '0')).join(':')
    : text;
};

/** The table of a route that names none: local ones are where the kernel keeps its own (RT_TABLE_LOCAL). */
export const bornTableOf = (type: Route['type'], table: number): number => (type === 'local' ? 255 : table);
