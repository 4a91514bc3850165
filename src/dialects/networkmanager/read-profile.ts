/** What kind of device a profile is for, and what it is a member of. */
import { type BondSettings, type Interface, type WireguardPeer } from '../../state/network-state.ts';
import { field } from '../../state/spelling.ts';
import { type Draft, type Tell } from '../draft.ts';
import { isInterfaceName, ownEntry, readAddress, readInteger, readPrefix } from '../plain-values.ts';
import { harmless, numbered, saidKeys } from './keys.ts';
import { checked, eitherIn, readBoolean, valueIn, type Profile } from './profile.ts';
import { bornForwardDelay, kindsByType, listOf, macvlanModes, tunnelModes } from './values.ts';

export type Nature = Omit<Interface, 'mtuBytes' | 'up' | 'addresses' | 'mac' | 'master' | 'port'>;

const bondModes: readonly BondSettings['mode'][] = [
  'balance-rr', 'active-backup', 'balance-xor', 'broadcast', '802.3ad', 'balance-tlb', 'balance-alb',
]; // prettier-ignore

const atMost = (most: number) => (text: string) => readInteger(text, 0, most);

const bond = (profile: Profile, tell: Tell): Nature => {
  const value = (key: string): ReturnType<typeof valueIn> => valueIn(profile, 'bond', key);
  const hash = value('xmit_hash_policy')?.text;
  return {
    kind: 'bond',
    bond: {
      // By name, or by the kernel's number.
      mode:
        checked(
          value('mode'),
          'a bonding mode',
          (text) => bondModes.find((it, index) => it === text || String(index) === text),
          tell,
        ) ?? 'balance-rr',
      ...field(
        'miimonMilliseconds',
        checked(value('miimon'), 'a number of milliseconds', atMost(1e6), tell) || undefined,
      ),
      ...field('primary', value('primary')?.text),
      ...field('lacpRate', /^(fast|1)$/.test(value('lacp_rate')?.text ?? '') ? ('fast' as const) : undefined),
      ...field(
        'hashPolicy',
        (['layer2+3', 'layer3+4'] as const).find((known) => known === hash),
      ),
    },
  };
};

const peersOf = ({ sections }: Profile, tell: Tell): readonly WireguardPeer[] =>
  [...sections].flatMap(([name, entries]) => {
    const publicKey = /^wireguard-peer\.(.+)$/.exec(name)?.[1];
    if (publicKey === undefined) return [];
    const allowed = entries.get('allowed-ips');
    return [
      {
        publicKey,
        ...field('endpoint', entries.get('endpoint')?.text),
        allowedPrefixes: listOf(allowed?.text ?? '').flatMap((text) => {
          const prefix =
            allowed === undefined ? undefined : checked({ text, at: allowed.at }, 'a prefix', readPrefix, tell);
          return prefix === undefined ? [] : [prefix.prefix];
        }),
        ...field(
          'keepaliveSeconds',
          checked(entries.get('persistent-keepalive'), 'a number of seconds', atMost(65535), tell) || undefined,
        ),
      },
    ];
  });

const addressOf = (profile: Profile, section: string, key: string, tell: Tell): string | undefined =>
  checked(valueIn(profile, section, key), 'an address', readAddress, tell)?.address;

/** `nameOf`: the interface that a name, UUID or id of another profile stands for. */
const lowerOf = (
  profile: Profile,
  section: string,
  nameOf: (text: string) => string,
  tell: Tell,
): string | undefined => {
  const parent = valueIn(profile, section, 'parent');
  if (parent === undefined) tell('error', 'no-lower-interface', `a ${section} needs \`parent\``, profile.at);
  const name = parent && nameOf(parent.text);
  if (parent === undefined || name === undefined || isInterfaceName(name)) return name;
  tell('not-said', 'unknown-profile', `no profile is \`${parent.text}\`, or none that names its interface`, parent.at);
  return undefined;
};

export const natureOf = (
  profile: Profile,
  kind: Interface['kind'],
  nameOf: (text: string) => string,
  { tell }: Draft,
): Nature | undefined => {
  switch (kind) {
    case 'bridge': {
      // NetworkManager switches it on unless told otherwise.
      const stp = checked(valueIn(profile, 'bridge', 'stp'), 'true or false', readBoolean, tell) ?? true;
      const delay = checked(valueIn(profile, 'bridge', 'forward-delay'), 'a number of seconds', atMost(30), tell);
      return {
        kind,
        bridge: {
          stp,
          // What belongs to STP is set with it alone.
          forwardDelaySeconds: stp ? (delay ?? bornForwardDelay) : bornForwardDelay,
          ...field(
            'vlanFiltering',
            checked(valueIn(profile, 'bridge', 'vlan-filtering'), 'true or false', readBoolean, tell) === true
              ? (true as const)
              : undefined,
          ),
        },
      };
    }
    case 'bond':
      return bond(profile, tell);
    case 'vlan': {
      const id = checked(valueIn(profile, 'vlan', 'id'), 'a VLAN', atMost(4094), tell);
      const link = lowerOf(profile, 'vlan', nameOf, tell);
      return id === undefined || link === undefined ? undefined : { kind, vlan: { link, id } };
    }
    case 'vrf': {
      const table = checked(valueIn(profile, 'vrf', 'table'), 'a table', atMost(4294967295), tell);
      return table === undefined ? undefined : { kind, vrf: { table } };
    }
    case 'macvlan': {
      const link = lowerOf(profile, 'macvlan', nameOf, tell);
      const mode = checked(
        valueIn(profile, 'macvlan', 'mode'),
        'a mode that the model has',
        (text) => ownEntry(macvlanModes, text),
        tell,
      );
      return link === undefined || mode === undefined ? undefined : { kind, macvlan: { link, mode } };
    }
    case 'tunnel': {
      const mode = checked(
        valueIn(profile, 'ip-tunnel', 'mode'),
        'a mode that the model has',
        (text) => ownEntry(tunnelModes, text),
        tell,
      );
      if (mode === undefined) return undefined;
      return {
        kind,
        tunnel: {
          mode,
          ...field('local', addressOf(profile, 'ip-tunnel', 'local', tell)),
          ...field('remote', addressOf(profile, 'ip-tunnel', 'remote', tell)),
          ...field(
            'ttl',
            checked(valueIn(profile, 'ip-tunnel', 'ttl'), 'a number up to 255', atMost(255), tell) || undefined,
          ),
        },
      };
    }
    case 'vxlan': {
      const id = checked(valueIn(profile, 'vxlan', 'id'), 'a VNI', atMost(16777215), tell);
      const remote = addressOf(profile, 'vxlan', 'remote', tell);
      if (id === undefined) return undefined;
      return {
        kind,
        vxlan: {
          id,
          ...field('local', addressOf(profile, 'vxlan', 'local', tell)),
          remotes: remote === undefined ? [] : [remote],
          port: checked(valueIn(profile, 'vxlan', 'destination-port'), 'a port', atMost(65535), tell) ?? 8472,
        },
      };
    }
    case 'wireguard': {
      const secret = valueIn(profile, 'wireguard', 'private-key');
      if (secret !== undefined)
        tell('not-said', 'secret', 'a private key in the text stays out of the model', secret.at);
      return {
        kind,
        wireguard: {
          ...field(
            'listenPort',
            checked(valueIn(profile, 'wireguard', 'listen-port'), 'a port', atMost(65535), tell) || undefined,
          ),
          peers: peersOf(profile, tell),
        },
      };
    }
    default:
      return { kind };
  }
};

export const kindOf = (profile: Profile, tell: Tell): Interface['kind'] | undefined => {
  const type = valueIn(profile, 'connection', 'type');
  const kind = ownEntry(kindsByType, type?.text ?? '');
  if (type === undefined) tell('error', 'no-type', 'a profile needs `type=` in [connection]', profile.at);
  else if (kind === undefined)
    tell('not-said', 'unknown-kind', `a connection of type ${type.text} has no place in the model`, type.at);
  return kind;
};

/** As RFC 9562 has them, or the SHA-1 of old (nm_uuid_is_valid()). */
const uuidLike = /^(?:[\da-f]{8}(?:-[\da-f]{4}){3}-[\da-f]{12}|[\da-f]{40})$/i;

/** Sections and keys that nothing is made of. */
export const tellOthers = ({ sections }: Profile, tell: Tell): void => {
  const uuid = sections.get('connection')?.get('uuid');
  if (uuid !== undefined && !uuidLike.test(uuid.text))
    tell('error', 'bad-value', `\`${uuid.text}\` is no UUID; NetworkManager refuses the profile`, uuid.at);
  for (const [section, entries] of sections) {
    if (section.startsWith('wireguard-peer.') || section === 'user') continue;
    const said = ownEntry(saidKeys, section);
    for (const [key, { text, at }] of entries) {
      if (said?.includes(key) === true || harmless.has(key) || numbered.test(key) || text === '') continue;
      tell('not-said', 'no-words-for', `\`${key}=${text}\` in [${section}] has no place in the model`, at);
    }
  }
};

export const masterOf = (profile: Profile): ReturnType<typeof valueIn> =>
  eitherIn(profile, 'connection', 'controller', 'master');
