/** Virtual devices: systemd.netdev(5). */
import {
  type BondSettings,
  type Interface,
  type TunnelSettings,
  type WireguardPeer,
} from '../../state/network-state.ts';
import { field } from '../../state/spelling.ts';
import { type Place } from '../dialect.ts';
import { bornMtuBytes } from '../born-mtu.ts';
import { interfaceIn, type Draft, type Tell } from '../draft.ts';
import { allOf, lastOf, sectionNamed, sectionsNamed, type Section, type Setting } from './sections.ts';
import { ownEntry, isInterfaceName, readAddress, readInteger, readMac, readPrefix } from '../plain-values.ts';
import { readBoolean, readBytes, readSeconds, readTable, wordsOf } from './values.ts';

/** A value that networkd does not take is told, and counts as not given. */
export const valueOf = <T>(
  setting: Setting | undefined,
  what: string,
  reader: (text: string) => T | undefined,
  tell: Tell,
): T | undefined => {
  if (setting === undefined) return undefined;
  const value = reader(setting.text);
  if (value === undefined)
    tell('error', 'bad-value', `\`${setting.text}\` is not ${what}; networkd ignores the line`, setting.at);
  return value;
};

/** What a device is, beside what every interface has. */
type Nature = Omit<Interface, 'mtuBytes' | 'up' | 'addresses' | 'mac' | 'master' | 'port'>;

const bondModes: readonly BondSettings['mode'][] = [
  'balance-rr', 'active-backup', 'balance-xor', 'broadcast', '802.3ad', 'balance-tlb', 'balance-alb',
]; // prettier-ignore

const oneOf =
  <T extends string>(values: readonly T[]) =>
  (text: string): T | undefined =>
    values.find((value) => value === text);

const bridge = (section: Section, tell: Tell): Nature => ({
  kind: 'bridge',
  bridge: {
    stp: valueOf(lastOf(section, 'STP'), 'yes or no', readBoolean, tell) ?? false,
    // The kernel's own, which counts where STP is on.
    forwardDelaySeconds: valueOf(lastOf(section, 'ForwardDelaySec'), 'a time', readSeconds, tell) ?? 15,
    ...field(
      'vlanFiltering',
      valueOf(lastOf(section, 'VLANFiltering'), 'yes or no', readBoolean, tell) === true ? (true as const) : undefined,
    ),
  },
});

const bond = (section: Section, tell: Tell): Nature => {
  const seconds = valueOf(lastOf(section, 'MIIMonitorSec'), 'a time', readSeconds, tell) ?? 0;
  const rate = valueOf(lastOf(section, 'LACPTransmitRate'), 'slow or fast', oneOf(['slow', 'fast'] as const), tell);
  const hash = valueOf(
    lastOf(section, 'TransmitHashPolicy'),
    'a hash policy that the model has',
    oneOf(['layer2', 'layer2+3', 'layer3+4'] as const),
    tell,
  );
  return {
    kind: 'bond',
    bond: {
      mode: valueOf(lastOf(section, 'Mode'), 'a bonding mode', oneOf(bondModes), tell) ?? 'balance-rr',
      ...field('miimonMilliseconds', seconds === 0 ? undefined : Math.round(seconds * 1000)),
      ...field('lacpRate', rate === 'fast' ? rate : undefined),
      ...field('hashPolicy', hash === 'layer2' ? undefined : hash),
    },
  };
};

const tunnelModes: Readonly<Record<string, TunnelSettings['mode']>> = { sit: 'sit', gre: 'gre', ipip: 'ipip' };

const tunnel = (mode: TunnelSettings['mode'], section: Section, tell: Tell): Nature => {
  const end = (key: string): string | undefined => {
    const setting = lastOf(section, key);
    if (setting === undefined || setting.text === 'any') return undefined;
    return valueOf(setting, 'an address', readAddress, tell)?.address;
  };
  const sixRd = valueOf(lastOf(section, 'IPv6RapidDeploymentPrefix'), 'a prefix', readPrefix, tell)?.prefix;
  return {
    kind: 'tunnel',
    tunnel: {
      mode,
      ...field('local', end('Local')),
      ...field('remote', end('Remote')),
      ...field(
        'ttl',
        valueOf(lastOf(section, 'TTL'), 'a number up to 255', (text) => readInteger(text, 0, 255), tell) || undefined,
      ),
      ...field('sixRd', sixRd === undefined ? undefined : { prefix: sixRd }),
    },
  };
};

const vxlan = (section: Section, tell: Tell): Nature => ({
  kind: 'vxlan',
  vxlan: {
    id: valueOf(lastOf(section, 'VNI'), 'a VNI', (text) => readInteger(text, 1, 16777215), tell) ?? 0,
    ...field('local', valueOf(lastOf(section, 'Local'), 'an address', readAddress, tell)?.address),
    remotes: [valueOf(lastOf(section, 'Remote'), 'an address', readAddress, tell)?.address].filter(
      (remote) => remote !== undefined,
    ),
    // The kernel's own port, that of its first version, unless told otherwise.
    port: valueOf(lastOf(section, 'DestinationPort'), 'a port', (text) => readInteger(text, 1, 65535), tell) ?? 8472,
  },
});

const peerOf = (section: Section, tell: Tell): WireguardPeer | undefined => {
  const key = lastOf(section, 'PublicKey');
  if (key === undefined) {
    tell('error', 'no-public-key', 'a peer without `PublicKey=` is left out', section.at);
    return undefined;
  }
  const allowed = allOf(section, 'AllowedIPs').flatMap((setting) =>
    setting.text.split(/[\s,]+/).flatMap((text) => {
      const found = valueOf({ ...setting, text }, 'a prefix', readPrefix, tell);
      return found === undefined ? [] : [found.prefix];
    }),
  );
  const keepalive = lastOf(section, 'PersistentKeepalive');
  return {
    publicKey: key.text,
    ...field('endpoint', lastOf(section, 'Endpoint')?.text),
    allowedPrefixes: allowed,
    ...field(
      'keepaliveSeconds',
      keepalive === undefined || keepalive.text === 'off'
        ? undefined
        : valueOf(keepalive, 'a number of seconds', (text) => readInteger(text, 1, 65535), tell),
    ),
  };
};

const wireguard = (sections: readonly Section[], tell: Tell): Nature => {
  const own = sectionNamed(sections, 'WireGuard');
  const port = lastOf(own, 'ListenPort');
  return {
    kind: 'wireguard',
    wireguard: {
      ...field('privateKeyFile', lastOf(own, 'PrivateKeyFile')?.text),
      ...field(
        'listenPort',
        port?.text === 'auto' ? undefined : valueOf(port, 'a port', (text) => readInteger(text, 1, 65535), tell),
      ),
      peers: sectionsNamed(sections, 'WireGuardPeer').flatMap((section) => peerOf(section, tell) ?? []),
    },
  };
};

const natureOf = (kind: string, sections: readonly Section[], tell: Tell): Nature | undefined => {
  const carrier = ownEntry(tunnelModes, kind);
  if (carrier !== undefined) return tunnel(carrier, sectionNamed(sections, 'Tunnel'), tell);
  switch (kind) {
    case 'bridge':
      return bridge(sectionNamed(sections, 'Bridge'), tell);
    case 'bond':
      return bond(sectionNamed(sections, 'Bond'), tell);
    case 'vlan': {
      const id = valueOf(
        lastOf(sectionNamed(sections, 'VLAN'), 'Id'),
        'a VLAN',
        (text) => readInteger(text, 0, 4094),
        tell,
      );
      // What it is on, its lower interface says.
      return id === undefined ? undefined : { kind: 'vlan', vlan: { link: '', id } };
    }
    case 'vxlan':
      return vxlan(sectionNamed(sections, 'VXLAN'), tell);
    case 'vrf': {
      const table = valueOf(
        lastOf(sectionNamed(sections, 'VRF'), 'Table') ?? lastOf(sectionNamed(sections, 'VRF'), 'TableId'),
        'a table',
        readTable,
        tell,
      );
      return table === undefined ? undefined : { kind: 'vrf', vrf: { table } };
    }
    case 'macvlan': {
      const mode = valueOf(
        lastOf(sectionNamed(sections, 'MACVLAN'), 'Mode'),
        'a mode that the model has',
        oneOf(['bridge', 'private', 'vepa'] as const),
        tell,
      );
      return { kind: 'macvlan', macvlan: { link: '', mode: mode ?? 'vepa' } };
    }
    case 'dummy':
      return { kind: 'dummy' };
    case 'wireguard':
      return wireguard(sections, tell);
    default:
      return undefined;
  }
};

/** Makes the device of one .netdev file; its name where there is one. */
export const readNetdev = (sections: readonly Section[], path: string, draft: Draft): string | undefined => {
  const { tell } = draft;
  const own = sectionNamed(sections, 'NetDev');
  const at: Place = own.at.path === '' ? { path, line: 1, column: 1 } : own.at;
  const name = valueOf(
    lastOf(own, 'Name'),
    'the name of an interface',
    (text) => (isInterfaceName(text) ? text : undefined),
    tell,
  );
  const kind = lastOf(own, 'Kind');
  if (name === undefined || kind === undefined) {
    tell('error', 'no-device', 'a .netdev file needs `Name=` and `Kind=`; networkd ignores it', at);
    return undefined;
  }
  if (draft.interfaces.has(name)) {
    tell('ignored', 'same-device', `\`${name}\` was made by a file that comes first; this one is ignored`, at);
    return undefined;
  }
  const nature = natureOf(kind.text, sections, tell);
  if (nature === undefined) {
    tell('not-said', 'unknown-kind', `\`${name}\` is a ${kind.text}, which the model does not have`, kind.at);
    return undefined;
  }
  const mac = valueOf(lastOf(own, 'MACAddress'), 'a MAC', readMac, tell);
  const mtuBytes = valueOf(lastOf(own, 'MTUBytes'), 'a size', readBytes, tell);
  // The kernel forgets what size a bridge was made with when the first port joins.
  if (mtuBytes !== undefined && nature.kind !== 'bridge') draft.sized.add(name);
  Object.assign(interfaceIn(draft, name, at), {
    ...nature,
    ...field('mac', mac),
    mtuBytes: mtuBytes ?? bornMtuBytes(nature),
    // A device without a .network file of its own is made, and stays down.
    up: false,
  });
  return name;
};

/** Names given in lists, several of them or several lines. */
export const namesIn = (section: Section, key: string): readonly Setting[] =>
  allOf(section, key).flatMap((setting) => wordsOf(setting.text).map((text) => ({ ...setting, text })));
