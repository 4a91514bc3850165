/**
 * Expressions of nft(8) to those of libnftables-json(5): fields of packets on the left, values on the right. What stands
 * left tells how names on the right are read.
 */
import { parseIp, printIp } from '../../../net/address.ts';
import { parseMac } from '../../../net/mac.ts';
import { type Cursor, Fault } from './cursor.ts';
import { readComputed, seesComputed } from './computed.ts';
import { servicePorts } from '../../service-names.ts';
import { ownEntry } from '../../plain-values.ts';

/** What values a field has. */
export type ValueKind = 'port' | 'flags' | 'plain';

export interface Field {
  readonly json: unknown;
  readonly value: ValueKind;
}

const fieldsOf: Readonly<Record<string, readonly string[]>> = {
  ether: ['saddr', 'daddr', 'type'],
  vlan: ['id', 'dei', 'cfi', 'pcp', 'type'],
  arp: ['htype', 'ptype', 'hlen', 'plen', 'operation'],
  ip: [
    'version',
    'hdrlength',
    'dscp',
    'ecn',
    'length',
    'id',
    'frag-off',
    'ttl',
    'protocol',
    'checksum',
    'saddr',
    'daddr',
  ],
  ip6: ['version', 'dscp', 'ecn', 'flowlabel', 'length', 'nexthdr', 'hoplimit', 'saddr', 'daddr'],
  icmp: ['type', 'code', 'checksum', 'id', 'sequence', 'gateway', 'mtu'],
  icmpv6: ['type', 'code', 'checksum', 'parameter-problem', 'packet-too-big', 'id', 'sequence', 'max-delay'],
  tcp: ['sport', 'dport', 'sequence', 'ackseq', 'doff', 'reserved', 'flags', 'window', 'checksum', 'urgptr'],
  udp: ['sport', 'dport', 'length', 'checksum'],
  udplite: ['sport', 'dport', 'checksum'],
  sctp: ['sport', 'dport', 'vtag', 'checksum'],
  dccp: ['sport', 'dport', 'type'],
  th: ['sport', 'dport'],
  ah: ['nexthdr', 'hdrlength', 'reserved', 'spi', 'sequence'],
  esp: ['spi', 'sequence'],
  comp: ['nexthdr', 'flags', 'cpi'],
  igmp: ['type', 'mrt', 'checksum', 'group'],
  frag: ['nexthdr', 'reserved', 'frag-off', 'reserved2', 'more-fragments', 'id'],
  hbh: ['nexthdr', 'hdrlength'],
  dst: ['nexthdr', 'hdrlength'],
  mh: ['nexthdr', 'hdrlength', 'type', 'reserved', 'checksum'],
};

const metaKeys = new Set([
  ...['length', 'protocol', 'priority', 'random', 'mark', 'iif', 'iifname', 'iiftype', 'oif', 'oifname', 'oiftype'],
  ...['skuid', 'skgid', 'nftrace', 'rtclassid', 'ibrname', 'ibriport', 'obrname', 'pkttype', 'cpu', 'iifgroup'],
  ...['oifgroup', 'cgroup', 'nfproto', 'l4proto', 'iifkind', 'oifkind', 'secpath', 'time', 'day', 'hour', 'ibrpvid'],
  ...['secmark', 'sdif', 'sdifname', 'ibrvproto', 'broute', 'bri_iifname', 'bri_oifname', 'ipsec'],
]);
/** Keys that need no `meta` before them. */
const bareMeta = new Set([
  ...['mark', 'iif', 'iifname', 'iiftype', 'oif', 'oifname', 'oiftype', 'skuid', 'skgid', 'nftrace', 'rtclassid'],
  ...['ibrname', 'ibriport', 'obrname', 'pkttype', 'cpu', 'iifgroup', 'oifgroup', 'cgroup', 'iifkind', 'oifkind'],
]);
const ctKeys = [
  'state',
  'direction',
  'status',
  'mark',
  'expiration',
  'helper',
  'label',
  'l3proto',
  'protocol',
  'bytes',
  'packets',
  'avgpkt',
  'zone',
  'id',
  'secmark',
  'event',
];
const ctFlags = new Set(['state', 'status']);

const kindOfPayload = (protocol: string, field: string): ValueKind => {
  if (field === 'sport' || field === 'dport') return 'port';
  return protocol === 'tcp' && field === 'flags' ? 'flags' : 'plain';
};

const readNumberWord = (cursor: Cursor): number => {
  const { token } = cursor;
  const text = cursor.word('a number');
  if (!/^\d+$/.test(text)) throw new Fault('a number is expected here', token);
  return Number(text);
};

/** `@th,16,16` */
const readRaw = (cursor: Cursor): Field => {
  const base = cursor.next().text.slice(1);
  cursor.expect(',');
  const offset = readNumberWord(cursor);
  cursor.expect(',');
  return { json: { payload: { base, offset, len: readNumberWord(cursor) } }, value: 'plain' };
};

const readConnection = (cursor: Cursor): Field => {
  const dir = cursor.sees('original', 'reply') ? cursor.next().text : undefined;
  const { token } = cursor;
  let key = cursor.word('a key of ct');
  if (dir !== undefined && (key === 'ip' || key === 'ip6')) key = `${key} ${cursor.word('an address')}`;
  const isKnown = ctKeys.includes(key) || (dir !== undefined && /^(?:ip6? )?[sd]addr$|^proto-(?:src|dst)$/.test(key));
  if (!isKnown) throw new Fault(`\`${key}\` is no key of ct`, token);
  return { json: { ct: { key, ...(dir === undefined ? {} : { dir }) } }, value: ctFlags.has(key) ? 'flags' : 'plain' };
};

const readFib = (cursor: Cursor): Field => {
  const flags = [cursor.word('what to look up')];
  while (cursor.accepts('.')) flags.push(cursor.word('what to look up'));
  return { json: { fib: { result: cursor.word('what is wanted'), flags } }, value: 'plain' };
};

const readPayload = (cursor: Cursor, protocol: string): Field => {
  const { token } = cursor;
  const field = cursor.word(`a field of ${protocol}`);
  if (protocol === 'tcp' && field === 'option') {
    const name = cursor.word('a TCP option');
    // `tcp option sack-perm exists` asks for the option itself.
    const part = cursor.sees('exists', 'missing') ? {} : { field: cursor.word('a field of it') };
    return { json: { 'tcp option': { name, ...part } }, value: 'plain' };
  }
  if (protocol === 'arp' && (field === 'saddr' || field === 'daddr'))
    return { json: { payload: { protocol, field: `${field} ${cursor.word('ip or ether')}` } }, value: 'plain' };
  if (protocol === 'sctp' && field === 'chunk') {
    const name = cursor.word('a chunk');
    const part = cursor.sees('exists', 'missing') ? {} : { field: cursor.word('a field of it') };
    return { json: { 'sctp chunk': { name, ...part } }, value: 'plain' };
  }
  if (ownEntry(fieldsOf, protocol)?.includes(field) !== true)
    throw new Fault(`\`${field}\` is no field of ${protocol}`, token);
  return { json: { payload: { protocol, field } }, value: kindOfPayload(protocol, field) };
};

/** Whether a field of packets begins here. */
export const seesField = (cursor: Cursor): boolean => {
  const { kind, text } = cursor.token;
  if (kind !== 'word') return cursor.sees('(');
  if (text === 'meta' || text === 'ct' || text === 'fib' || bareMeta.has(text) || seesComputed(text)) return true;
  if (/^@(?:ll|nh|th|ih)$/.test(text)) return true;
  return Object.hasOwn(fieldsOf, text);
};

const readOneField = (cursor: Cursor): Field => {
  const { token } = cursor;
  if (cursor.accepts('(')) {
    const inner = readField(cursor);
    cursor.expect(')');
    return inner;
  }
  if (/^@(?:ll|nh|th|ih)$/.test(token.text)) return readRaw(cursor);
  const first = cursor.word('a field of packets');
  if (first === 'meta') {
    const at = cursor.token;
    const key = cursor.word('a key of meta');
    if (!metaKeys.has(key)) throw new Fault(`\`${key}\` is no key of meta`, at);
    return { json: { meta: { key } }, value: 'plain' };
  }
  if (first === 'ct') return readConnection(cursor);
  if (first === 'fib') return readFib(cursor);
  if (seesComputed(first)) return { json: readComputed(cursor, first), value: 'plain' };
  if (Object.hasOwn(fieldsOf, first)) return readPayload(cursor, first);
  if (bareMeta.has(first)) return { json: { meta: { key: first } }, value: 'plain' };
  throw new Fault(`\`${first}\` is nothing that nft knows a packet by`, token);
};

const bitwise: Readonly<Record<string, string>> = {
  '&': '&',
  and: '&',
  '|': '|',
  or: '|',
  '^': '^',
  xor: '^',
  '<<': '<<',
  '>>': '>>',
};

const bitOperator = (cursor: Cursor): string | undefined =>
  cursor.token.kind !== 'quoted' && Object.hasOwn(bitwise, cursor.token.text) ? bitwise[cursor.next().text] : undefined;

/** A field, or several joined by `.`, with bits cut out of it. */
export function readField(cursor: Cursor): Field {
  let field = readOneField(cursor);
  for (let op = bitOperator(cursor); op !== undefined; op = bitOperator(cursor))
    field = { json: { [op]: [field.json, readOperand(cursor, field.value)] }, value: field.value };
  if (!cursor.sees('.')) return field;
  const parts = [field];
  while (cursor.accepts('.')) parts.push(readOneField(cursor));
  return { json: { concat: parts.map(({ json }) => json) }, value: 'plain' };
}

/** How each part of a concatenation is read. */
export const partKinds = (json: unknown): readonly ValueKind[] => {
  const parts = (json as { readonly concat?: readonly unknown[] }).concat ?? [];
  return parts.map((part) => {
    const { protocol, field } = (part as { readonly payload?: { protocol?: string; field?: string } }).payload ?? {};
    return protocol === undefined || field === undefined ? 'plain' : kindOfPayload(protocol, field);
  });
};

const isNumber = (text: string): boolean => /^(?:0[xX][0-9a-fA-F]+|\d+)$/.test(text);

const addressIn = (text: string): string | undefined => {
  const address = parseIp(text);
  return address === undefined ? undefined : printIp(address);
};

const readSingle = (cursor: Cursor, text: string, kind: ValueKind, token: Cursor['token']): unknown => {
  if (token.kind === 'quoted') return text;
  if (isNumber(text)) return Number(text);
  if (kind === 'port') {
    if (Object.hasOwn(servicePorts, text)) return servicePorts[text];
    throw new Fault(`\`${text}\` is no port, and no service that is known here`, token);
  }
  return addressIn(text) ?? parseMac(text) ?? text;
};

const partsOfRange = (text: string): readonly [string, string] | undefined => {
  const [first, last, ...more] = text.split('-');
  if (first === undefined || last === undefined || more.length > 0) return undefined;
  const isEnd = (end: string): boolean => isNumber(end) || addressIn(end) !== undefined;
  return isEnd(first) && isEnd(last) ? [first, last] : undefined;
};

/** One value: a number, name, address, prefix or range. */
export const readValue = (cursor: Cursor, kind: ValueKind): unknown => {
  const { token } = cursor;
  if (cursor.accepts('*')) return '*';
  const text = cursor.word('a value');
  // `"08:00"-"17:00"`, as hours and times are written.
  if (token.kind === 'quoted')
    return cursor.accepts('-') ? { range: [text, cursor.word('the end of the range')] } : text;
  if (text.startsWith('@')) return text;
  const range = partsOfRange(text);
  if (range !== undefined) return { range: range.map((end) => readSingle(cursor, end, kind, token)) };
  const [address = '', length, ...more] = text.split('/');
  if (length !== undefined && more.length === 0 && addressIn(address) !== undefined) {
    if (!/^\d{1,3}$/.test(length)) throw new Fault(`\`${length}\` is no length of a prefix`, token);
    return { prefix: { addr: addressIn(address), len: Number(length) } };
  }
  const first = readSingle(cursor, text, kind, token);
  // `10 - 20`, with blanks.
  if (!cursor.accepts('-')) return first;
  const end = cursor.token;
  return { range: [first, readSingle(cursor, cursor.word('the end of the range'), kind, end)] };
};

const readOperand = (cursor: Cursor, kind: ValueKind): unknown => {
  if (!cursor.accepts('(')) return readValue(cursor, kind);
  const value = readBits(cursor, kind);
  cursor.expect(')');
  return value;
};

/** Values joined by `|`, as flags are. */
export const readBits = (cursor: Cursor, kind: ValueKind): unknown => {
  const values = [readOperand(cursor, kind)];
  while (cursor.accepts('|') || cursor.accepts('or')) values.push(readOperand(cursor, kind));
  return values.length === 1 ? values[0] : { '|': values };
};
