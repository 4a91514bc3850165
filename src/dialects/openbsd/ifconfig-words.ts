/** The words of one call of ifconfig(8) of OpenBSD, behind the name of its interface, as what they ask for. */
import { type Family, parseIp } from '../../net/address.ts';
import { parseMac } from '../../net/mac.ts';
import { ownEntry } from '../plain-values.ts';
import { numberIn } from '../shell-commands/values.ts';
import { type Word } from '../text.ts';

/** A word that ends the call: none of it is carried out. */
export interface Refusal {
  readonly word: Word;
  readonly code: string;
  readonly message: string;
}

export interface Wish {
  family: Family;
  kind: 'set' | 'alias' | 'removal';
  address?: Word;
  destination?: Word;
  /** A mask or a prefix length. */
  length?: Word;
  /** Asked for, or (`-autoconf`) no longer. */
  readonly autoconf: Map<Family, boolean>;
  up?: boolean;
  mtuBytes?: number;
  mac?: string;
  tunnel?: { readonly local: string; readonly remote: string };
  vlanId?: number;
  vlanLink?: string;
  readonly unsaid: Word[];
}

/** Words that change nothing of who reaches whom, and how many values each has. */
const silent: Readonly<Record<string, number>> = {
  ...{ description: 1, descr: 1, media: 1, mediaopt: 1, mode: 1, group: 1, '-group': 1, metric: 1, priority: 1 },
  ...{ llprio: 1, rtlabel: 1, nwid: 1, wpakey: 1, join: 1, nwkey: 1, chan: 1, txpower: 1, wpaprotos: 1, broadcast: 1 },
  ...{ debug: 0, '-debug': 0, temporary: 0, '-temporary': 0, autoconfprivacy: 0, '-autoconfprivacy': 0, soii: 0 },
  ...{ '-soii': 0, eui64: 0, anycast: 0, '-inet6': 0, '-description': 0, powersave: 0, '-powersave': 0, wpa: 0 },
  ...{ tso: 0, '-tso': 0, lro: 0, '-lro': 0, link0: 0, link1: 0, link2: 0, '-link0': 0, '-link1': 0, create: 0 },
};

/** Words with one value each that the model has no words for. */
const unsaidPairs: ReadonlySet<string> = new Set(['rdomain', 'tunneldomain', 'patch', 'instance', 'carpdev', 'vhid']);

interface Cursor {
  readonly words: readonly Word[];
  at: number;
}

const next = (cursor: Cursor): Word | undefined => {
  const word = cursor.words[cursor.at];
  if (word !== undefined) cursor.at += 1;
  return word;
};

const refused = (word: Word, code: string, message: string): Refusal => ({ word, code, message });
const noValue = (word: Word): Refusal => refused(word, 'no-value', `\`${word.text}\` is given no value`);

const readTunnel = (wish: Wish, word: Word, cursor: Cursor): Refusal | undefined => {
  const [local, remote] = [next(cursor), next(cursor)];
  if (local === undefined || remote === undefined)
    return refused(word, 'no-value', '`tunnel` needs the addresses of both its ends');
  for (const end of [local, remote])
    if (parseIp(end.text)?.family !== 4) {
      const isSix = parseIp(end.text) !== undefined;
      if (!isSix) return refused(end, 'not-an-address', `\`${end.text}\` is no address of a tunnel's end`);
      wish.unsaid.push(end);
      return undefined;
    }
  wish.tunnel = { local: local.text, remote: remote.text };
  return undefined;
};

/** Words with one value that is said; undefined where `word` is none of them. */
const readPair = (wish: Wish, word: Word, cursor: Cursor): Refusal | 'read' | undefined => {
  const names = ['netmask', 'prefixlen', 'mtu', 'lladdr', 'ether', 'link', 'vnetid', 'vlan', 'parent', 'vlandev'];
  if (!names.includes(word.text)) return undefined;
  const value = next(cursor);
  if (value === undefined) return noValue(word);
  switch (word.text) {
    case 'netmask':
    case 'prefixlen':
      wish.length = value;
      return 'read';
    case 'parent':
    case 'vlandev':
      wish.vlanLink = value.text;
      return 'read';
    case 'lladdr':
    // FreeBSD, NetBSD.
    case 'ether':
    case 'link': {
      const mac = parseMac(value.text);
      if (mac === undefined && value.text !== 'random')
        return refused(value, 'not-a-mac', `\`${value.text}\` is no MAC address`);
      if (mac === undefined) wish.unsaid.push(word);
      else wish.mac = mac;
      return 'read';
    }
    case 'mtu': {
      const mtuBytes = numberIn(value.text, 65_536);
      if (mtuBytes === undefined || mtuBytes < 68) return refused(value, 'not-an-mtu', `\`${value.text}\` is no MTU`);
      wish.mtuBytes = mtuBytes;
      return 'read';
    }
    default: {
      const id = numberIn(value.text, 4094);
      if (id === undefined || id === 0) return refused(value, 'not-a-vlan', `\`${value.text}\` is no VLAN (1 to 4094)`);
      wish.vlanId = id;
      return 'read';
    }
  }
};

const readAlone = (wish: Wish, { text }: Word): boolean => {
  if (text === 'inet' || text === 'inet6') wish.family = text === 'inet' ? 4 : 6;
  else if (text === 'alias') wish.kind = 'alias';
  else if (text === '-alias' || text === 'delete') wish.kind = 'removal';
  else if (text === 'autoconf' || text === '-autoconf') wish.autoconf.set(wish.family, text === 'autoconf');
  else if (text === 'up' || text === 'down') wish.up = text === 'up';
  else return false;
  return true;
};

/** What is no word of ifconfig's is the address, then its far end. */
const readAddress = (wish: Wish, word: Word): Refusal | undefined => {
  const family = parseIp(word.text.split('/')[0] ?? '')?.family;
  if (family === undefined && !/^[\d.:]|:/.test(word.text) && word.text !== 'NONE') {
    wish.unsaid.push(word);
    return undefined;
  }
  if (family !== wish.family)
    return refused(word, 'not-an-address', `\`${word.text}\` is no IPv${wish.family} address`);
  if (wish.address === undefined) wish.address = word;
  else if (wish.destination === undefined) wish.destination = word;
  else return refused(word, 'further-words', `\`${word.text}\` is a third address`);
  return undefined;
};

export const readWish = (words: readonly Word[]): Wish | Refusal => {
  const cursor: Cursor = { words, at: 0 };
  const wish: Wish = { family: 4, kind: 'set', autoconf: new Map(), unsaid: [] };
  for (let word = next(cursor); word !== undefined; word = next(cursor)) {
    if (readAlone(wish, word)) continue;
    const isUnsaid = unsaidPairs.has(word.text);
    if (isUnsaid) wish.unsaid.push(word);
    const values = isUnsaid ? 1 : ownEntry(silent, word.text);
    if (values !== undefined) {
      cursor.at += values;
      if (cursor.at > words.length) return noValue(word);
      continue;
    }
    const pair = readPair(wish, word, cursor);
    if (pair === 'read') continue;
    const refusal = pair ?? (word.text === 'tunnel' ? readTunnel(wish, word, cursor) : readAddress(wish, word));
    if (refusal !== undefined) return refusal;
  }
  return wish;
};
