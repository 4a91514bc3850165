/**
 * Reads what a statement of `nft -j` does into a verdict of the normal form: those that end a rule, and those that change
 * something and go on. Undefined where the normal form cannot say it.
 */
import { parseIp, printIp } from '../../net/address.ts';
import { firstOf, lastOf, parsePrefix } from '../../net/prefix.ts';
import { type FilterMatch, type FilterVerdict, type RejectWith } from '../../state/packet-filter.ts';
import { isRecord, kindOf, rangeEnds, recordIn, type Json } from './values.ts';

export interface ReadVerdict {
  readonly verdict: FilterVerdict;
  /** What it asks for beyond the rule's own matches: ICMP errors of one family are for that family alone. */
  readonly matches?: readonly FilterMatch[];
  /** Words that change nothing about who reaches whom, and are not in the normal form. */
  readonly leftOut?: string;
}

const everyBit = 0xffffffff;

const eitherFamily: Readonly<Record<string, RejectWith>> = {
  'port-unreachable': 'port-unreachable',
  'admin-prohibited': 'admin-prohibited',
  'host-unreachable': 'host-unreachable',
  'no-route': 'net-unreachable',
};
const ipv4: Readonly<Record<string, RejectWith>> = {
  'net-unreachable': 'net-unreachable',
  'host-unreachable': 'host-unreachable',
  'prot-unreachable': 'protocol-unreachable',
  'port-unreachable': 'port-unreachable',
  'net-prohibited': 'net-prohibited',
  'host-prohibited': 'host-prohibited',
  'admin-prohibited': 'admin-prohibited',
};
const ipv6: Readonly<Record<string, RejectWith>> = {
  'no-route': 'net-unreachable',
  'admin-prohibited': 'admin-prohibited',
  'addr-unreachable': 'host-unreachable',
  'port-unreachable': 'port-unreachable',
};

const known = (codes: Readonly<Record<string, RejectWith>>, code: unknown): RejectWith | undefined =>
  typeof code === 'string' && Object.hasOwn(codes, code) ? codes[code] : undefined;

const readReject = (body: unknown): ReadVerdict | undefined => {
  const { type = 'icmpx', expr = 'port-unreachable' } = isRecord(body) ? body : {};
  if (type === 'tcp reset') return { verdict: { kind: 'reject', with: 'tcp-reset' } };
  const code = known(type === 'icmp' ? ipv4 : type === 'icmpv6' ? ipv6 : eitherFamily, expr);
  if (code === undefined) return undefined;
  const verdict: FilterVerdict = { kind: 'reject', with: code };
  if (type === 'icmpx') return { verdict };
  return { verdict, matches: [{ kind: 'family', family: type === 'icmp' ? 4 : 6 }] };
};

const flagsText = (flags: unknown): { readonly leftOut?: string } =>
  flags === undefined ? {} : { leftOut: [flags].flat().map(String).join(', ') };

/** First and last of a range, or one value twice. */
const endsOf = (value: unknown): readonly [unknown, unknown] => rangeEnds(value) ?? [value, value];

/** A range that is a block is printed as its prefix. */
const addressEnds = (value: unknown): readonly [unknown, unknown] => {
  const block = recordIn(value, 'prefix');
  const parsed = block && parsePrefix(`${String(block.addr)}/${String(block.len)}`);
  return parsed ? [printIp(firstOf(parsed)), printIp(lastOf(parsed))] : endsOf(value);
};

const isAddress = (value: unknown): value is string => typeof value === 'string' && parseIp(value) !== undefined;

const readTranslation = (kind: 'snat' | 'dnat', body: Json): ReadVerdict | undefined => {
  // Addresses mapped to those with the same host part (`snat prefix to`).
  if (body.type_flags !== undefined) return undefined;
  const [address, lastAddress] = addressEnds(body.addr);
  const [port, lastPort] = endsOf(body.port);
  // nft takes names, and asks for their addresses as it loads the rules.
  if (!isAddress(address) || !isAddress(lastAddress)) return undefined;
  const verdict = { kind, address, lastAddress };
  if (port === undefined) return { verdict, ...flagsText(body.flags) };
  if (typeof port !== 'number' || typeof lastPort !== 'number') return undefined;
  return { verdict: { ...verdict, port, lastPort }, ...flagsText(body.flags) };
};

const readRedirect = (body: unknown): ReadVerdict | undefined => {
  const { port, flags } = isRecord(body) ? body : {};
  if (port === undefined) return { verdict: { kind: 'redirect' }, ...flagsText(flags) };
  return typeof port === 'number' ? { verdict: { kind: 'redirect', port }, ...flagsText(flags) } : undefined;
};

/** The source ports of translated connections do not decide who reaches whom. */
const readMasquerade = (body: unknown): ReadVerdict => {
  const { port, flags } = isRecord(body) ? body : {};
  const words = [...(port === undefined ? [] : [`ports ${endsOf(port).join('-')}`]), ...[flags ?? []].flat()];
  return { verdict: { kind: 'masquerade' }, ...flagsText(words.length === 0 ? undefined : words) };
};

type MarkKey = 'meta' | 'ct';

const markKey = (value: unknown): MarkKey | undefined =>
  recordIn(value, 'meta')?.key === 'mark' ? 'meta' : recordIn(value, 'ct')?.key === 'mark' ? 'ct' : undefined;

interface Bits {
  readonly from: MarkKey | undefined;
  /** What becomes of the mark: `(mark & keep) ^ flip`. */
  readonly keep: number;
  readonly flip: number;
}

const operands = (value: Json, op: string): readonly [unknown, number] | undefined => {
  const pair = value[op];
  if (!Array.isArray(pair) || typeof pair[1] !== 'number') return undefined;
  return [pair[0] as unknown, pair[1]];
};

const bitsOf = (value: unknown): Bits | undefined => {
  if (typeof value === 'number') return { from: undefined, keep: 0, flip: value };
  if (!isRecord(value)) return undefined;
  const from = markKey(value);
  if (from !== undefined) return { from, keep: everyBit, flip: 0 };
  for (const op of ['&', '|', '^']) {
    const pair = operands(value, op);
    const inner = pair && bitsOf(pair[0]);
    if (pair === undefined || inner === undefined) continue;
    const { keep, flip } = inner;
    const number = pair[1];
    if (op === '&') return { from: inner.from, keep: keep & number, flip: flip & number };
    if (op === '^') return { from: inner.from, keep, flip: flip ^ number };
    return { from: inner.from, keep: keep & ~number, flip: (flip & ~number) | number };
  }
  return undefined;
};

/** Setting a mark; undefined where bits of the old one are turned over. */
const readMark = (key: MarkKey, value: unknown): ReadVerdict | undefined => {
  const bits = bitsOf(value);
  if (bits === undefined) return undefined;
  const { from, keep, flip } = bits;
  const isOther = from !== undefined && from !== key;
  if (isOther && keep >>> 0 === everyBit && flip === 0)
    return { verdict: { kind: key === 'meta' ? 'restore-mark' : 'save-mark' } };
  if ((isOther && keep !== 0) || (keep & flip) !== 0) return undefined;
  return {
    verdict: {
      kind: key === 'meta' ? 'set-mark' : 'set-connection-mark',
      value: flip >>> 0,
      mask: ~keep >>> 0,
    },
  };
};

/** What changes something and goes on. */
export const readEffect = (statement: Json): ReadVerdict | undefined => {
  const [kind, body] = kindOf(statement);
  if (kind === 'notrack') return { verdict: { kind: 'notrack' } };
  if (kind !== 'mangle' || !isRecord(body)) return undefined;
  const key = markKey(body.key);
  return key && readMark(key, body.value);
};

/** What ends a rule. */
export const readEnd = (statement: Json): ReadVerdict | undefined => {
  const [kind, body] = kindOf(statement);
  switch (kind) {
    case 'accept':
    case 'drop':
    case 'return':
    case 'continue':
      return { verdict: { kind } };
    case 'jump':
    case 'goto':
      return isRecord(body) && typeof body.target === 'string' ? { verdict: { kind, chain: body.target } } : undefined;
    case 'reject':
      return readReject(body);
    case 'masquerade':
      return readMasquerade(body);
    case 'redirect':
      return readRedirect(body);
    case 'snat':
    case 'dnat':
      return isRecord(body) ? readTranslation(kind, body) : undefined;
    default:
      return undefined;
  }
};
