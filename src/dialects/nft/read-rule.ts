/**
 * Reads one rule as `nft -j` lists it (libnftables-json(5)). What the normal form cannot say makes the rule unreadable;
 * nothing is left out silently but counters.
 */
import { type Family } from '../../net/address.ts';
import { parseIp } from '../../net/address.ts';
import { parsePrefix, printPrefix } from '../../net/prefix.ts';
import { type FilterMatch, type FilterRule, type FilterVerdict } from '../../state/packet-filter.ts';
import { prefixesOfRange } from '../../state/prefix-cover.ts';
import { neighbourDiscoveryTypes } from './icmp-types.ts';

type Json = Readonly<Record<string, unknown>>;

export const isRecord = (value: unknown): value is Json =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

/** More ports than anybody lists one by one. */
const mostPorts = 1024;

const recordIn = (value: unknown, key: string): Json | undefined => {
  const inner = isRecord(value) ? value[key] : undefined;
  return isRecord(inner) ? inner : undefined;
};

/** The members of a set, or the one value. */
const membersOf = (right: unknown): readonly unknown[] => {
  if (Array.isArray(right)) return right;
  const set = isRecord(right) ? right.set : undefined;
  return Array.isArray(set) ? set : [right];
};

/** Maps every member, or nothing when one cannot be read. */
const readAll = <T>(right: unknown, read: (member: unknown) => readonly T[] | undefined): readonly T[] | undefined => {
  const all: T[] = [];
  for (const member of membersOf(right)) {
    const values = read(member);
    if (values === undefined) return undefined;
    all.push(...values);
  }
  return all;
};

const rangeEnds = (member: unknown): readonly [unknown, unknown] | undefined => {
  const range = isRecord(member) ? member.range : undefined;
  return Array.isArray(range) && range.length === 2 ? [range[0], range[1]] : undefined;
};

const readPrefix =
  (family: Family) =>
  (member: unknown): readonly string[] | undefined => {
    const block = recordIn(member, 'prefix');
    const ends = rangeEnds(member) ?? [member, member];
    if (block !== undefined) {
      const parsed = parsePrefix(`${String(block.addr)}/${String(block.len)}`);
      return parsed?.family === family ? [printPrefix(parsed)] : undefined;
    }
    const [first, last] = ends.map((end) => (typeof end === 'string' ? parseIp(end) : undefined));
    if (first?.family !== family || last?.family !== family) return undefined;
    return prefixesOfRange({ family, first: first.value, last: last.value }).map(printPrefix);
  };

const readPort = (member: unknown): readonly number[] | undefined => {
  if (typeof member === 'number') return [member];
  const [first, last] = rangeEnds(member) ?? [];
  if (typeof first !== 'number' || typeof last !== 'number' || last - first >= mostPorts) return undefined;
  return Array.from({ length: last - first + 1 }, (_, index) => first + index);
};

/** A `*` at the end of a name stands for more than one interface. */
const readName = (member: unknown): readonly string[] | undefined =>
  typeof member === 'string' && !member.endsWith('*') ? [member] : undefined;

const states = ['new', 'established', 'related', 'invalid'] as const;
const readState = (member: unknown): readonly (typeof states)[number][] | undefined => {
  const state = states.find((known) => known === member);
  return state === undefined ? undefined : [state];
};

const metaMatch = (key: unknown, right: unknown, negate: boolean): readonly FilterMatch[] | undefined => {
  if (key === 'iifname' || key === 'oifname') {
    const names = readAll(right, readName);
    return names && [{ kind: key === 'iifname' ? 'iif' : 'oif', names, negate }];
  }
  if (negate) return undefined;
  if (key === 'nfproto' && (right === 'ipv4' || right === 'ipv6')) {
    return [{ kind: 'family', family: right === 'ipv4' ? 4 : 6 }];
  }
  if (key === 'l4proto' && (right === 'tcp' || right === 'udp')) return [{ kind: 'port', protocol: right, ports: [] }];
  return undefined;
};

const isNeighbourDiscovery = (right: unknown): boolean => {
  const types = new Set(membersOf(right).map((type) => neighbourDiscoveryTypes[Number(type)] ?? type));
  const wanted = Object.values(neighbourDiscoveryTypes);
  return types.size === wanted.length && wanted.every((type) => types.has(type));
};

const payloadMatch = (payload: Json, right: unknown, negate: boolean): readonly FilterMatch[] | undefined => {
  const { protocol, field } = payload;
  if ((protocol === 'ip' || protocol === 'ip6') && (field === 'saddr' || field === 'daddr')) {
    const family: Family = protocol === 'ip' ? 4 : 6;
    const prefixes = readAll(right, readPrefix(family));
    return prefixes && [{ kind: field === 'saddr' ? 'source' : 'destination', family, prefixes, negate }];
  }
  if (negate) return undefined;
  if ((protocol === 'tcp' || protocol === 'udp') && field === 'dport') {
    const ports = readAll(right, readPort);
    return ports && [{ kind: 'port', protocol, ports }];
  }
  if (field !== 'type') return undefined;
  if (protocol === 'icmpv6' && isNeighbourDiscovery(right)) return [{ kind: 'icmp', types: 'neighbour-discovery' }];
  if ((protocol !== 'icmp' && protocol !== 'icmpv6') || right !== 'echo-request') return undefined;
  return [
    { kind: 'family', family: protocol === 'icmp' ? 4 : 6 },
    { kind: 'icmp', types: 'echo-request' },
  ];
};

const connectionMatch = (key: unknown, right: unknown): readonly FilterMatch[] | undefined => {
  if (key === 'status' && right === 'dnat') return [{ kind: 'dnatted' }];
  const known = key === 'state' ? readAll(right, readState) : undefined;
  return known && [{ kind: 'conntrack', states: known }];
};

const readMatch = (match: Json): readonly FilterMatch[] | undefined => {
  const { op, left, right } = match;
  const negate = op === '!=';
  if (!negate && op !== '==' && op !== 'in') return undefined;
  const meta = recordIn(left, 'meta');
  if (meta !== undefined) return metaMatch(meta.key, right, negate);
  const payload = recordIn(left, 'payload');
  if (payload !== undefined) return payloadMatch(payload, right, negate);
  const connection = recordIn(left, 'ct');
  return connection === undefined || negate ? undefined : connectionMatch(connection.key, right);
};

const readVerdict = (statement: Json): FilterVerdict | undefined => {
  const [kind, body] = Object.entries(statement)[0] ?? [];
  if (kind === 'accept' || kind === 'drop') return { kind };
  if (kind === 'masquerade') return body === null ? { kind } : undefined;
  if (kind === 'redirect') {
    return isRecord(body) && typeof body.port === 'number' && Object.keys(body).length === 1
      ? { kind, port: body.port }
      : undefined;
  }
  if (kind === 'reject' && isRecord(body)) {
    if (body.type === 'tcp reset') return { kind, with: 'tcp-reset' };
    const known = (['port-unreachable', 'admin-prohibited'] as const).find((word) => word === body.expr);
    return body.type === 'icmpx' && known !== undefined ? { kind, with: known } : undefined;
  }
  if ((kind === 'snat' || kind === 'dnat') && isRecord(body) && typeof body.addr === 'string') {
    const { family: _family, addr, port, ...more } = body;
    if (Object.keys(more).length > 0 || (port !== undefined && typeof port !== 'number')) return undefined;
    return { kind, address: addr, ...(port === undefined ? {} : { port }) };
  }
  return undefined;
};

/** The two matches that `write.ts` spells an echo request of either family with. */
const eitherEcho: readonly string[] = [
  '{"op":"==","left":{"meta":{"key":"l4proto"}},"right":{"set":["icmp","ipv6-icmp"]}}',
  '{"op":"==","left":{"payload":{"base":"th","offset":0,"len":8}},"right":{"set":[8,128]}}',
];

const isEitherEcho = (statements: readonly unknown[], index: number): boolean =>
  eitherEcho.every((text, offset) => {
    const statement = statements[index + offset];
    return isRecord(statement) && JSON.stringify(statement.match) === text;
  });

/** The rule in normal form, or undefined when the normal form cannot say it. */
export const readRule = (rule: Json): FilterRule | undefined => {
  const statements: readonly unknown[] = Array.isArray(rule.expr) ? rule.expr : [];
  const matches: FilterMatch[] = [];
  for (let index = 0; index < statements.length; index += 1) {
    const statement = statements[index];
    if (!isRecord(statement)) return undefined;
    if (isEitherEcho(statements, index)) {
      matches.push({ kind: 'icmp', types: 'echo-request' });
      index += 1;
    } else if ('match' in statement) {
      const read = isRecord(statement.match) ? readMatch(statement.match) : undefined;
      if (read === undefined) return undefined;
      matches.push(...read);
    } else if (!('counter' in statement)) {
      const verdict = index === statements.length - 1 ? readVerdict(statement) : undefined;
      const comment = typeof rule.comment === 'string' ? { comment: rule.comment } : {};
      return verdict && { matches, verdict, ...comment };
    }
  }
  return undefined;
};
