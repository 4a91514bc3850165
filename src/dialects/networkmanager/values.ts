/** What NetworkManager takes for granted, and how its key files spell things (nm-settings-keyfile(5)). */
import { type Interface } from '../../state/network-state.ts';

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
