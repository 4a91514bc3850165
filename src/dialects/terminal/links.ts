/** Lines of `ip address` and `ip link`, also with `-d`, and the same as JSON objects (ip-address(8), ip-link(8)). */
import { parseMac } from '../../net/mac.ts';
import { type Interface } from '../../state/network-state.ts';
import { type Place } from '../dialect.ts';
import { hintOf } from './kinds.ts';
import {
  addAddress,
  addFar,
  canonical,
  interfaceIn,
  isLinkLocalByHand,
  prefixOf,
  type Draft,
  type InterfaceDraft,
} from './draft.ts';

type Words = readonly string[];

const after = (words: Words, key: string): string | undefined => {
  const at = words.indexOf(key);
  return at < 0 ? undefined : words[at + 1];
};

const head = /^(\d+): ([^\s:@]+)(?:@(\S+))?: <([^>]*)>(.*)$/;

/** `2: eth0: <BROADCAST,MULTICAST,UP,LOWER_UP> mtu 1500 qdisc fq_codel master br0 state UP` */
export const readHead = (draft: Draft, text: string, place: Place): InterfaceDraft | undefined => {
  const [, , name, link, flags = '', rest = ''] = head.exec(text) ?? [];
  if (name === undefined) return undefined;
  const it = interfaceIn(draft, name, place);
  const words = rest.trim().split(/\s+/);
  const set = flags.split(',');
  it.up = set.includes('UP');
  const mtu = Number(after(words, 'mtu'));
  if (Number.isInteger(mtu) && mtu > 0) it.mtuBytes = mtu;
  it.master = after(words, 'master') ?? it.master;
  if (set.includes('LOOPBACK')) it.kind = 'loopback';
  it.hint = hintOf(set) ?? it.hint;
  const vlan = /\.(\d{1,4})$/.exec(name)?.[1];
  const below = link === undefined || link === 'NONE' || /^if\d+$/.test(link) ? undefined : link.replace(/:$/, '');
  if (below === undefined || it.kind !== undefined) return it;
  if (vlan !== undefined) {
    it.kind = 'vlan';
    it.settings = { vlan: { link: below, id: Number(vlan) } };
  } else if (!/^veth/.test(name)) it.hint ??= 'above-another';
  return it;
};

const tunnelModes = { sit: 'sit', ipip: 'ipip', gre: 'gre' } as const;

/** `link/ether 02:00:00:00:00:01 brd ff:ff:ff:ff:ff:ff`, `link/sit 192.0.2.1 peer 192.0.2.2` */
const readLinkLayer = (it: InterfaceDraft, type: string, words: Words): void => {
  const [address = ''] = words;
  if (type === 'ether') it.mac = parseMac(address) ?? it.mac;
  if (type === 'loopback') it.kind = 'loopback';
  if (type !== 'sit' && type !== 'ipip' && type !== 'gre') return;
  it.kind = 'tunnel';
  const [local, remote] = [canonical(address)?.address, canonical(after(words, 'peer') ?? '')?.address];
  const isSaid = (end: string | undefined): end is string => end !== undefined && end !== '0.0.0.0';
  it.settings = {
    tunnel: { mode: tunnelModes[type], ...(isSaid(local) ? { local } : {}), ...(isSaid(remote) ? { remote } : {}) },
  };
};

/** `inet 192.0.2.1/24 brd 192.0.2.255 scope global dynamic eth0:1` */
const readInet = (it: InterfaceDraft, name: string, words: Words): boolean => {
  const [first = '', ...rest] = words;
  const [text = '', length] = first.split('/');
  const own = canonical(text);
  const bits = length === undefined ? (own?.family === 4 ? 32 : 128) : Number(length);
  const far = prefixOf(after(words, 'peer'));
  const prefixLength = far === undefined ? bits : own?.family === 4 ? 32 : 128;
  if (own === undefined || !Number.isInteger(prefixLength) || prefixLength > (own.family === 4 ? 32 : 128))
    return false;
  if (rest.includes('dynamic')) {
    it.isLeased ||= own.family === 4;
    return true;
  }
  const isLocal = own.address === '127.0.0.1' || own.address === '::1';
  if (isLocal || (own.family === 6 && after(words, 'scope') === 'link' && !isLinkLocalByHand(own.address, it)))
    return true;
  if (far !== undefined) addFar(it, far);
  const label = own.family === 4 ? rest.at(-1) : undefined;
  addAddress(it, {
    ...own,
    prefixLength,
    ...(label === undefined || label === name || !label.startsWith(`${name}:`) ? {} : { label }),
  });
  return true;
};

const bondModes = [
  'balance-rr',
  'active-backup',
  'balance-xor',
  'broadcast',
  '802.3ad',
  'balance-tlb',
  'balance-alb',
] as const;

/** What `ip -d link` prints of a kind, by the first word of the line. */
const detailOf = (words: Words, it: InterfaceDraft): Partial<Interface> | undefined => {
  const number = (key: string): number => Number(after(words, key) ?? 0);
  switch (words[0]) {
    case 'bridge':
      it.kind = 'bridge';
      return {
        bridge: {
          ...{ stp: number('stp_state') !== 0, forwardDelaySeconds: number('forward_delay') / 100 },
          ...(number('vlan_filtering') === 1 ? { vlanFiltering: true } : {}),
        },
      };
    case 'bond': {
      const mode = bondModes.find((known) => known === after(words, 'mode'));
      const primary = after(words, 'primary');
      if (mode === undefined) return undefined;
      it.kind = 'bond';
      return {
        bond: {
          ...{ mode },
          ...(number('miimon') > 0 ? { miimonMilliseconds: number('miimon') } : {}),
          ...(primary === undefined ? {} : { primary }),
        },
      };
    }
    case 'vlan':
      return it.settings.vlan === undefined ? undefined : { vlan: { link: it.settings.vlan.link, id: number('id') } };
    case 'dummy':
      it.kind = 'dummy';
      return {};
    case 'vrf':
      it.kind = 'vrf';
      return { vrf: { table: number('table') } };
    default:
      return undefined;
  }
};

/** Lines below the head of an interface; false for what is none of them. */
export const readDetail = (draft: Draft, it: InterfaceDraft, name: string, text: string): boolean => {
  const words = text.trim().split(/\s+/);
  const [first = '', ...rest] = words;
  if (first.startsWith('link/')) {
    readLinkLayer(it, first.slice('link/'.length), rest);
    return true;
  }
  if (first === 'inet' || first === 'inet6') return readInet(it, name, rest);
  const detail = detailOf(words, it);
  if (detail !== undefined) it.settings = { ...it.settings, ...detail };
  return (
    detail !== undefined ||
    /^(?:valid_lft|altname|alias|veth|tun|bridge_slave|bond_slave|RX|TX|macvlan|vxlan|sit|ipip|gre|\d+$)/.test(first)
  );
};

type Json = Readonly<Record<string, unknown>>;

const textIn = (json: Json, key: string): string | undefined => (typeof json[key] === 'string' ? json[key] : undefined);
const numberIn = (json: Json, key: string): number | undefined =>
  typeof json[key] === 'number' ? json[key] : undefined;
const isJson = (value: unknown): value is Json => typeof value === 'object' && value !== null && !Array.isArray(value);

/** An object of `ip -j address` or `ip -j -d link`. */
export const readJsonLink = (draft: Draft, json: Json, place: Place): boolean => {
  const name = textIn(json, 'ifname');
  const flags = json['flags'];
  if (name === undefined || !Array.isArray(flags)) return false;
  const master = textIn(json, 'master');
  const link = textIn(json, 'link');
  const it = readHead(
    draft,
    `1: ${name}${link === undefined ? '' : `@${link}`}: <${flags.map(String).join(',')}> mtu ${numberIn(json, 'mtu') ?? 1500}${master === undefined ? '' : ` master ${master}`}`,
    place,
  );
  if (it === undefined) return false;
  const type = textIn(json, 'link_type');
  if (type !== undefined)
    readDetail(
      draft,
      it,
      name,
      `link/${type} ${textIn(json, 'address') ?? ''} peer ${textIn(json, 'broadcast') ?? ''}`,
    );
  for (const own of Array.isArray(json['addr_info']) ? (json['addr_info'] as readonly unknown[]) : []) {
    if (!isJson(own)) continue;
    const words = [
      `${textIn(own, 'local') ?? ''}/${numberIn(own, 'prefixlen') ?? ''}`,
      ...['scope', textIn(own, 'scope') ?? 'global'],
      ...(textIn(own, 'address') === undefined
        ? []
        : ['peer', `${textIn(own, 'address') ?? ''}/${numberIn(own, 'prefixlen') ?? ''}`]),
      ...(own['dynamic'] === true ? ['dynamic'] : []),
      textIn(own, 'label') ?? name,
    ];
    readDetail(draft, it, name, `${textIn(own, 'family') ?? 'inet'} ${words.join(' ')}`);
  }
  const info = isJson(json['linkinfo']) ? json['linkinfo'] : {};
  const data = isJson(info['info_data']) ? info['info_data'] : {};
  const kind = textIn(info, 'info_kind');
  if (kind !== undefined)
    readDetail(
      draft,
      it,
      name,
      [kind, ...Object.entries(data).flatMap(([key, value]) => [key, String(value)])].join(' '),
    );
  return true;
};
