/** A device as a .netdev file. */
import { type Interface, type Stack } from '../../state/network-state.ts';
import { type IniDraft } from '../ini/ini-text.ts';
import { isMtuTold } from '../born-mtu.ts';

type Entry = readonly [key: string, value: string];

export const entry = (key: string, value: string | number | undefined): readonly Entry[] =>
  value === undefined ? [] : [[key, String(value)]];

const section = (name: string, entries: readonly Entry[]): readonly IniDraft[] =>
  entries.length === 0 ? [] : [{ name, entries }];

const kindOf = (it: Interface): string | undefined => {
  if (it.kind === 'tunnel') return it.tunnel?.mode;
  return it.kind === 'ethernet' || it.kind === 'loopback' ? undefined : it.kind;
};

const bridgeEntries = ({ bridge }: Interface): readonly Entry[] =>
  bridge === undefined
    ? []
    : [
        ...entry('STP', bridge.stp ? 'yes' : 'no'),
        ...(bridge.forwardDelaySeconds === 15 ? [] : entry('ForwardDelaySec', bridge.forwardDelaySeconds)),
        ...(bridge.vlanFiltering === true ? entry('VLANFiltering', 'yes') : []),
      ];

const bondEntries = ({ bond }: Interface): readonly Entry[] => [
  ...entry('Mode', bond?.mode),
  ...entry('MIIMonitorSec', bond?.miimonMilliseconds === undefined ? undefined : `${bond.miimonMilliseconds}ms`),
  ...entry('LACPTransmitRate', bond?.lacpRate),
  ...entry('TransmitHashPolicy', bond?.hashPolicy),
];

const tunnelEntries = ({ tunnel }: Interface): readonly Entry[] => [
  ...entry('Local', tunnel?.local ?? 'any'),
  ...entry('Remote', tunnel?.remote),
  ...entry('TTL', tunnel?.ttl),
  ...entry('IPv6RapidDeploymentPrefix', tunnel?.sixRd?.prefix),
  ...entry('Independent', 'yes'),
];

const vxlanEntries = ({ vxlan }: Interface): readonly Entry[] => [
  ...entry('VNI', vxlan?.id),
  ...entry('Local', vxlan?.local),
  ...entry('Remote', vxlan?.remotes[0]),
  ...entry('DestinationPort', vxlan?.port),
  ...entry('Independent', 'yes'),
];

const wireguardSections = ({ wireguard }: Interface): readonly IniDraft[] =>
  wireguard === undefined
    ? []
    : [
        {
          name: 'WireGuard',
          entries: [...entry('PrivateKeyFile', wireguard.privateKeyFile), ...entry('ListenPort', wireguard.listenPort)],
        },
        ...wireguard.peers.map((peer) => ({
          name: 'WireGuardPeer',
          entries: [
            ...entry('PublicKey', peer.publicKey),
            ...entry('Endpoint', peer.endpoint),
            ...entry('AllowedIPs', peer.allowedPrefixes.length === 0 ? undefined : peer.allowedPrefixes.join(',')),
            ...entry('PersistentKeepalive', peer.keepaliveSeconds),
          ],
        })),
      ];

const natureSections = (it: Interface): readonly IniDraft[] => {
  switch (it.kind) {
    case 'bridge':
      return section('Bridge', bridgeEntries(it));
    case 'bond':
      return section('Bond', bondEntries(it));
    case 'vlan':
      return section('VLAN', entry('Id', it.vlan?.id));
    case 'vxlan':
      return section('VXLAN', vxlanEntries(it));
    case 'tunnel':
      return section('Tunnel', tunnelEntries(it));
    case 'vrf':
      return section('VRF', entry('Table', it.vrf?.table));
    case 'macvlan':
      return section('MACVLAN', entry('Mode', it.macvlan?.mode));
    case 'wireguard':
      return wireguardSections(it);
    default:
      return [];
  }
};

/** Undefined for what is not made by networkd: NICs and the loopback. */
export const netdevOf = (
  name: string,
  it: Interface,
  interfaces: Stack['interfaces'],
): readonly IniDraft[] | undefined => {
  const kind = kindOf(it);
  if (kind === undefined) return undefined;
  return [
    {
      name: 'NetDev',
      entries: [
        ...entry('Name', name),
        ...entry('Kind', kind),
        ...entry('MTUBytes', it.kind !== 'bridge' && isMtuTold(name, it, interfaces) ? it.mtuBytes : undefined),
        ...entry('MACAddress', it.mac),
      ],
    },
    ...natureSections(it),
  ];
};
