/** Lines of ifconfig(8) in its older and its newer form. */
import { ip, printIp } from '../../net/address.ts';
import { parseMac } from '../../net/mac.ts';
import { lastOf, networkOf } from '../../net/prefix.ts';
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

const lengthOfMask = (mask: string): number | undefined => {
  const own = canonical(
    /^0x[0-9a-f]{8}$/i.test(mask) ? [6, 4, 2, 0].map((at) => (Number(mask) >>> (at * 4)) & 0xff).join('.') : mask,
  );
  return own?.family === 4 ? ip(own.address).value.toString(2).replaceAll('0', '').length : undefined;
};

const olderHead = /^(\S+)\s+Link encap:(\S+(?: \S+)?)(?:\s+HWaddr\s+(\S+))?/;
const newerHead = /^([^\s:]+(?::[^\s:]+)?): flags=\d+<([^>]*)>\s+mtu (\d+)/;

export interface Seen {
  readonly it: InterfaceDraft;
  /** As it is printed: with its label, where it is an alias. */
  readonly label: string;
}

/** The first line of an interface; an alias (`eth0:1`) is an address of the one before the colon. */
export const ifconfigHead = (draft: Draft, text: string, place: Place): Seen | undefined => {
  const older = olderHead.exec(text);
  const newer = newerHead.exec(text);
  const label = older?.[1] ?? newer?.[1];
  if (label === undefined) return undefined;
  const it = interfaceIn(draft, label.replace(/:.*$/, ''), place);
  if (older?.[3] !== undefined) it.mac = parseMac(older[3]) ?? it.mac;
  if (older?.[2]?.startsWith('Local') === true) it.kind = 'loopback';
  else if (older !== null && !(older[2] ?? '').startsWith('Ethernet')) it.hint = 'point-to-point';
  const set = (newer?.[2] ?? '').split(',');
  // An alias shows the flags of the interface itself, which may not be there.
  it.up ||= set.includes('UP');
  if (newer !== null && !label.includes(':')) {
    it.up = set.includes('UP');
    it.mtuBytes = Number(newer[3]);
    it.hint = hintOf(set) ?? it.hint;
    if (set.includes('LOOPBACK')) it.kind = 'loopback';
  }
  return { it, label };
};

/** False for what cannot be read: a mask is that of the far end, where there is one. */
const addIpv4 = ({ it, label }: Seen, address: string, mask: string, farEnd: string | undefined): boolean => {
  const own = canonical(address);
  const length = lengthOfMask(mask);
  const far = farEnd === undefined ? undefined : prefixOf(`${farEnd}/${length ?? ''}`);
  if (own === undefined || length === undefined || (farEnd !== undefined && far === undefined)) return false;
  if (own.address === '127.0.0.1') return true;
  const prefixLength = far === undefined ? length : 32;
  addAddress(it, { ...own, prefixLength, ...(label.includes(':') ? { label } : {}) });
  if (far !== undefined) addFar(it, far);
  return true;
};

const addIpv6 = ({ it }: Seen, text: string, length: string, scope: string): boolean => {
  const own = canonical(text);
  if (own === undefined) return false;
  const isOwn = /link|0x20/i.test(scope) && !isLinkLocalByHand(own.address, it);
  if (own.address === '::1' || isOwn) return true;
  addAddress(it, { ...own, prefixLength: Math.min(128, Number(length)) });
  return true;
};

/** Lines below; false for what is none of them. */
export const ifconfigDetail = (seen: Seen, text: string): boolean => {
  const line = text.trim();
  const older4 = /^inet addr:(\S+).*?\bMask:(\S+)/.exec(line);
  const newer4 = /^inet (\S+)\s+netmask (\S+)/.exec(line);
  const older6 = /^inet6 addr: ?(\S+)\/(\d+) Scope:(\S+)/.exec(line);
  const newer6 = /^inet6 (\S+)\s+prefixlen (\d+)\s+scopeid (\S+)/.exec(line);
  const four = older4 ?? newer4;
  const six = older6 ?? newer6;
  const farEnd = /\b(?:P-t-P:|destination )(\S+)/.exec(line)?.[1];
  if (four !== null) return addIpv4(seen, four[1] ?? '', four[2] ?? '', farEnd);
  if (six !== null) return addIpv6(seen, six[1] ?? '', six[2] ?? '', six[3] ?? '');
  if (/^ether /.test(line)) seen.it.mac = parseMac(line.split(/\s+/)[1] ?? '') ?? seen.it.mac;
  else if (/\bMTU:\d+/.test(line)) {
    const isUp = /^UP\b/.test(line);
    seen.it.up = isUp || (seen.label.includes(':') && seen.it.up);
    if (seen.label.includes(':')) return true;
    seen.it.mtuBytes = Number(/\bMTU:(\d+)/.exec(line)?.[1]);
  } else return /^(?:RX|TX|collisions|Interrupt|Base|device|loop|unspec|txqueuelen|UP|media|status|nd6)/i.test(line);
  return true;
};

/** What is wrong with the broadcast address of such a line. 0.0.0.0 is none, as `ip addr add` leaves it. */
export const broadcastFault = (text: string): string | undefined => {
  const older = /inet addr:(\S+)\s+Bcast:(\S+)\s+Mask:(\S+)/.exec(text);
  const newer = /inet (\S+)\s+netmask (\S+)\s+broadcast (\S+)/.exec(text);
  const [address = '', mask = '', broadcast = ''] =
    older !== null ? [older[1], older[3], older[2]] : [newer?.[1], newer?.[2], newer?.[3]];
  const prefixLength = lengthOfMask(mask);
  const own = canonical(address);
  if (prefixLength === undefined || prefixLength > 30 || own?.family !== 4 || broadcast === '0.0.0.0') return undefined;
  const right = printIp(lastOf(networkOf(own.address, prefixLength)));
  return right === broadcast
    ? undefined
    : `\`broadcast ${broadcast}\` is not that of ${address}/${prefixLength}, which is ${right}`;
};

/** A hardware address that was made unreadable, as people do before they paste. */
export const macFault = (text: string): string | undefined => {
  const told = /(?:Link encap:Ethernet\s+HWaddr\s+|^\s+ether\s+|^\s*link\/ether\s+)(\S+)/.exec(text)?.[1];
  return told === undefined || parseMac(told) !== undefined ? undefined : `\`${told}\` is not a MAC`;
};
