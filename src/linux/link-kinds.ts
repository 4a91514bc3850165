/**
 * Kinds of links whose settings the kernel keeps under numbers of their own (linux/if_link.h, if_tunnel.h), both ways:
 * tunnels over IPv4, bonds, VRFs.
 */
import { bytesOf, ip, printIpBytes } from '../net/address.ts';
import { type BondSettings, type Interface, type TunnelSettings } from '../state/network-state.ts';
import { readU32, u16, u8, type Attribute } from './netlink-message.ts';

type Attributes = ReadonlyMap<number, Buffer>;

const IFLA_IPTUN = {
  local: 2,
  remote: 3,
  ttl: 4,
  prefix: 11,
  relayPrefix: 12,
  prefixLength: 13,
  relayLength: 14,
} as const;
const IFLA_GRE = { local: 6, remote: 7, ttl: 8 } as const;
const IFLA_BOND = { mode: 1, miimon: 3, primary: 11, hashPolicy: 14, lacpRate: 21 } as const;
const IFLA_VRF_TABLE = 1;
/** The MAC that a member of a bond has of its own: it wears the bond's (IFLA_INFO_SLAVE_DATA). */
export const IFLA_BOND_SLAVE_PERMANENT_MAC = 4;
/** The member's own state by LACP (IEEE 802.1AX section 6.4.2.3): bits for collecting and distributing, and others. */
const IFLA_BOND_SLAVE_AD_ACTOR_OPER_PORT_STATE = 7;
const LACP_CARRIES = 0x30;

/** RFC 3056, which is what the kernel has where nothing else is said. */
const sixToFour = '2002::/16';

const tunnelNumbers = (mode: TunnelSettings['mode']): { local: number; remote: number; ttl: number } =>
  mode === 'gre' ? IFLA_GRE : IFLA_IPTUN;

const parted = (prefix: string): readonly [Uint8Array, number] => {
  const [address = '', length = '0'] = prefix.split('/');
  return [bytesOf(ip(address)), Number(length)];
};

const sixRdAttributes = ({ sixRd }: TunnelSettings): Attribute[] => {
  if (sixRd === undefined) return [];
  const [prefix, length] = parted(sixRd.prefix);
  const [relay, relayLength] = parted(sixRd.relayPrefix ?? '0.0.0.0/0');
  return [
    [IFLA_IPTUN.prefix, prefix],
    [IFLA_IPTUN.prefixLength, u16(length)],
    [IFLA_IPTUN.relayPrefix, relay],
    [IFLA_IPTUN.relayLength, u16(relayLength)],
  ];
};

export const tunnelAttributes = (tunnel: TunnelSettings): Attribute[] => {
  const numbers = tunnelNumbers(tunnel.mode);
  return [
    [numbers.local, bytesOf(ip(tunnel.local ?? '0.0.0.0'))],
    [numbers.remote, bytesOf(ip(tunnel.remote ?? '0.0.0.0'))],
    // 0 is the inner packet's; left out, it would be 64 for sit (ipip6_netlink_parms).
    [numbers.ttl, u8(tunnel.ttl ?? 0)],
    ...sixRdAttributes(tunnel),
  ];
};

const addressIn = (bytes: Buffer | undefined): string | undefined =>
  bytes === undefined || bytes.every((byte) => byte === 0) ? undefined : printIpBytes(bytes);

const lengthIn = (bytes: Buffer | undefined): number => (bytes === undefined ? 0 : bytes.readUInt16LE(0));

const sixRdOf = (data: Attributes): TunnelSettings['sixRd'] => {
  const bytes = data.get(IFLA_IPTUN.prefix);
  if (bytes === undefined) return undefined;
  const prefix = `${printIpBytes(bytes)}/${lengthIn(data.get(IFLA_IPTUN.prefixLength))}`;
  const relay = addressIn(data.get(IFLA_IPTUN.relayPrefix));
  if (prefix === sixToFour && relay === undefined) return undefined;
  const relayLength = lengthIn(data.get(IFLA_IPTUN.relayLength));
  return { prefix, ...(relayLength === 0 ? {} : { relayPrefix: `${relay ?? '0.0.0.0'}/${relayLength}` }) };
};

export const tunnelIn =
  (mode: TunnelSettings['mode']) =>
  (data: Attributes): TunnelSettings => {
    const numbers = tunnelNumbers(mode);
    const local = addressIn(data.get(numbers.local));
    const remote = addressIn(data.get(numbers.remote));
    const ttl = data.get(numbers.ttl)?.[0] ?? 0;
    const sixRd = mode === 'sit' ? sixRdOf(data) : undefined;
    return {
      mode,
      ...(local === undefined ? {} : { local }),
      ...(remote === undefined ? {} : { remote }),
      ...(ttl === 0 ? {} : { ttl }),
      ...(sixRd === undefined ? {} : { sixRd }),
    };
  };

/** The kernel's numbers of them, in its order. */
const bondModes: readonly BondSettings['mode'][] = [
  'balance-rr',
  'active-backup',
  'balance-xor',
  'broadcast',
  '802.3ad',
  'balance-tlb',
  'balance-alb',
];
const hashPolicies: Readonly<Record<NonNullable<BondSettings['hashPolicy']>, number>> = {
  'layer3+4': 1,
  'layer2+3': 2,
};

/** `primary`: the index of the member of that name, where it is there already. */
export const bondAttributes = (bond: BondSettings, primary: number | undefined): Attribute[] => [
  [IFLA_BOND.mode, u8(bondModes.indexOf(bond.mode))],
  ...(bond.miimonMilliseconds === undefined ? [] : [[IFLA_BOND.miimon, bond.miimonMilliseconds] as const]),
  ...(bond.hashPolicy === undefined ? [] : [[IFLA_BOND.hashPolicy, u8(hashPolicies[bond.hashPolicy])] as const]),
  ...(bond.lacpRate === undefined ? [] : [[IFLA_BOND.lacpRate, u8(1)] as const]),
  ...(primary === undefined ? [] : [[IFLA_BOND.primary, primary] as const]),
];

export interface ReadBond {
  readonly settings: Omit<BondSettings, 'primary'>;
  /** The index of the member that is used whenever it can be. */
  readonly primary: number | undefined;
}

export const bondIn = (data: Attributes): ReadBond => {
  const mode = bondModes[data.get(IFLA_BOND.mode)?.[0] ?? 0] ?? 'balance-rr';
  const miimonMilliseconds = readU32(data.get(IFLA_BOND.miimon)) ?? 0;
  const policy = data.get(IFLA_BOND.hashPolicy)?.[0];
  const hashPolicy = (['layer3+4', 'layer2+3'] as const).find((name) => hashPolicies[name] === policy);
  return {
    settings: {
      mode,
      ...(miimonMilliseconds === 0 ? {} : { miimonMilliseconds }),
      ...(mode === '802.3ad' && data.get(IFLA_BOND.lacpRate)?.[0] === 1 ? { lacpRate: 'fast' } : {}),
      ...(hashPolicy === undefined ? {} : { hashPolicy }),
    },
    primary: readU32(data.get(IFLA_BOND.primary)),
  };
};

/** Whether a member of a bond carries frames, as LACP has settled it; undefined where there is no LACP. */
export const isCarryingIn = (membership: Attributes | undefined): boolean | undefined => {
  const state = membership?.get(IFLA_BOND_SLAVE_AD_ACTOR_OPER_PORT_STATE)?.[0];
  return state === undefined ? undefined : (state & LACP_CARRIES) === LACP_CARRIES;
};

export const vrfAttributes = ({ table }: NonNullable<Interface['vrf']>): Attribute[] => [[IFLA_VRF_TABLE, table]];

export const vrfIn = (data: Attributes): NonNullable<Interface['vrf']> => ({
  table: readU32(data.get(IFLA_VRF_TABLE)) ?? 0,
});
