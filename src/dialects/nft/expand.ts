/**
 * Rules of nft(8) that stand for several: maps, concatenations, and sets of what the normal form can only say one of. Each
 * becomes sequences of plain statements, one a member; members of a set never overlap, so at most one of them holds.
 */
import { icmpPairFamily } from './read-payload.ts';
import { bareElement, isRecord, kindOf, readNumber, recordIn, setMembers, type Json } from './values.ts';
import { protocolNumbers } from '../names.ts';

export type Statements = readonly Json[];

/** Members of the named sets and maps of a table, by name; those that rules change are not among them. */
export type NamedSets = ReadonlyMap<string, readonly unknown[]>;

/** More than anybody reads. */
const mostAlternatives = 4096;

const named = (value: unknown, sets: NamedSets): unknown => {
  if (typeof value !== 'string' || !value.startsWith('@')) return value;
  const members = sets.get(value.slice(1));
  return members === undefined ? value : { set: members };
};

const equal = (left: unknown, right: unknown): Json => ({ match: { op: '==', left, right } });

/** Fields of which the normal form says one value a match. */
const isSingleValued = (left: unknown): boolean => {
  const masked = isRecord(left) ? left['&'] : undefined;
  const field: unknown = Array.isArray(masked) ? masked[0] : left;
  if (recordIn(field, 'meta')?.key === 'mark' || recordIn(field, 'ct')?.key === 'mark') return true;
  const { protocol, field: name } = recordIn(field, 'payload') ?? {};
  const isCode = (protocol === 'icmp' || protocol === 'icmpv6') && name === 'code';
  return (
    isCode ||
    (protocol === 'tcp' && name === 'flags') ||
    (protocol === 'vlan' && name === 'id') ||
    (protocol === 'arp' && name === 'operation')
  );
};

/** The parts of a concatenation beside those of one of its members. */
const partsOf = (left: readonly unknown[], member: unknown): Statements | undefined => {
  const right = isRecord(member) ? member.concat : undefined;
  if (!Array.isArray(right) || right.length !== left.length) return undefined;
  return left.map((part, index) => equal(part, right[index]));
};

/** ICMP types that all stand beside one code: the normal form says them at once. */
const isOneCode = (left: unknown, members: readonly unknown[]): boolean => {
  const codes = members.map((member): unknown =>
    isRecord(member) && Array.isArray(member.concat) ? member.concat[1] : member,
  );
  return icmpPairFamily(left) !== undefined && new Set(codes).size === 1;
};

const allOrNothing = <T>(values: readonly (T | undefined)[]): readonly T[] | undefined => {
  const known = values.filter((value) => value !== undefined);
  return known.length === values.length ? known : undefined;
};

const expandMatch = (match: Json, sets: NamedSets): readonly Statements[] => {
  const right = named(match.right, sets);
  const whole: readonly Statements[] = [[{ match: { ...match, right } }]];
  const { op, left } = match;
  const concat = isRecord(left) ? left.concat : undefined;
  const members = setMembers(right);
  if (Array.isArray(concat) && op === '==' && !isOneCode(left, members ?? [right])) {
    return allOrNothing((members ?? [right]).map((member) => partsOf(concat, member))) ?? whole;
  }
  if (members === undefined || !isSingleValued(left)) return members?.length === 0 && op === '==' ? [] : whole;
  if (op === '!=') return [members.map((member) => ({ match: { op, left, right: member } }))];
  return members.map((member) => [{ match: { op: '==', left, right: member } }]);
};

/** Key and value of every element; undefined where the map is unknown or holds a catch-all. */
const pairsOf = (data: unknown, sets: NamedSets): readonly (readonly [unknown, unknown])[] | undefined => {
  const members = setMembers(named(data, sets));
  const pairs = members?.map((member) =>
    Array.isArray(member) && member.length === 2 && member[0] !== '*'
      ? ([bareElement(member[0]), member[1] as unknown] as const)
      : undefined,
  );
  return pairs && allOrNothing(pairs);
};

/** One sequence for every element of a map: its key as a match, and what `say` makes of its value. */
const expandMap = (
  map: Json,
  sets: NamedSets,
  say: (value: unknown) => Json | undefined,
): readonly Statements[] | undefined => {
  const pairs = pairsOf(map.data, sets);
  const said = pairs?.map(([key, value]) => {
    const statement = say(value);
    if (statement === undefined) return undefined;
    return expandMatch({ op: '==', left: map.key, right: key }, sets).map((keys): Statements => [...keys, statement]);
  });
  return said && allOrNothing(said)?.flat();
};

const translate = (kind: string, body: Json, value: unknown): Json => {
  const both = isRecord(value) ? value.concat : undefined;
  if (!Array.isArray(both)) return { [kind]: { ...body, addr: value } };
  const [addr, port] = both as readonly unknown[];
  return { [kind]: { ...body, addr, port } };
};

const expandStatement = (statement: Json, sets: NamedSets): readonly Statements[] => {
  const whole: readonly Statements[] = [[statement]];
  const [kind, body] = kindOf(statement);
  if (!isRecord(body)) return whole;
  if (kind === 'match') return expandMatch(body, sets);
  if (kind === 'vmap') return expandMap(body, sets, (value) => (isRecord(value) ? value : undefined)) ?? whole;
  if (kind === 'mangle') {
    const map = recordIn(body.value, 'map');
    return (map && expandMap(map, sets, (value) => ({ mangle: { key: body.key, value } }))) ?? whole;
  }
  const address = recordIn(body.addr, 'map');
  if (address !== undefined) return expandMap(address, sets, (value) => translate(kind, body, value)) ?? whole;
  const port = recordIn(body.port, 'map');
  return (port && expandMap(port, sets, (value) => ({ [kind]: { ...body, port: value } }))) ?? whole;
};

const portProtocols = ['tcp', 'udp'] as const;

const isThPort = (left: unknown): boolean => {
  const { protocol, field } = recordIn(left, 'payload') ?? {};
  return protocol === 'th' && (field === 'dport' || field === 'sport');
};

/** Ports of `th` are those of each protocol that the rule names beside them. */
const withTransport = (statements: Statements): readonly Statements[] => {
  if (!statements.some((statement) => isThPort(recordIn(statement, 'match')?.left))) return [statements];
  const told = statements.map((statement) => recordIn(statement, 'match'));
  const protocol = told.find((match) => recordIn(match?.left, 'meta')?.key === 'l4proto' && match?.op === '==');
  const numbers = (setMembers(protocol?.right) ?? [protocol?.right]).map((name) => readNumber(name, protocolNumbers));
  const meant = portProtocols.filter((name) => numbers.includes(protocolNumbers[name]));
  if (protocol === undefined || meant.length < numbers.length) return [statements];
  return meant.map((name) =>
    statements.map((statement) => {
      const match = recordIn(statement, 'match');
      if (match === protocol) return equal(protocol.left, name);
      if (match === undefined || !isThPort(match.left)) return statement;
      return { match: { ...match, left: { payload: { ...recordIn(match.left, 'payload'), protocol: name } } } };
    }),
  );
};

/** The sequences that a rule stands for, in order; the rule itself where they would be too many. */
export const expand = (statements: Statements, sets: NamedSets): readonly Statements[] => {
  let all: readonly Statements[] = [[]];
  for (const statement of statements) {
    const ends = expandStatement(statement, sets);
    if (all.length * ends.length > mostAlternatives) return [statements];
    all = all.flatMap((begin) => ends.map((end) => [...begin, ...end]));
  }
  return all.flatMap(withTransport);
};
