/** One statement of a rule of nft(8) to that of libnftables-json(5). */
import { type Cursor, Fault } from './cursor.ts';
import { partKinds, readBits, readField, readValue, seesField, type Field } from './expression.ts';
import { readElements, readVerdictWord, verdictWords } from './sets.ts';

type Statement = Readonly<Record<string, unknown>>;

const operators: Readonly<Record<string, string>> = {
  ...{ '==': '==', eq: '==', '!=': '!=', ne: '!=', '<': '<', lt: '<', '>': '>', gt: '>' },
  ...{ '<=': '<=', le: '<=', '>=': '>=', ge: '>=', '!': '!' },
};

const operatorHere = (cursor: Cursor): string | undefined =>
  cursor.token.kind !== 'quoted' && Object.hasOwn(operators, cursor.token.text)
    ? operators[cursor.next().text]
    : undefined;

const kindsOf = (field: Field): readonly Field['value'][] => {
  const parts = partKinds(field.json);
  return parts.length === 0 ? [field.value] : parts;
};

/** A set, a named set, flags with commas, or one value. */
const readRight = (cursor: Cursor, field: Field): unknown => {
  const kinds = kindsOf(field);
  if (cursor.accepts('{')) return { set: readElements(cursor, kinds) };
  if (kinds.length > 1) {
    const parts = [readValue(cursor, kinds[0] ?? 'plain')];
    while (cursor.accepts('.')) parts.push(readValue(cursor, kinds[parts.length] ?? 'plain'));
    const [only] = parts;
    return parts.length === 1 ? only : { concat: parts };
  }
  if (field.value !== 'flags') {
    const value = cursor.sees('(') ? readBits(cursor, field.value) : readValue(cursor, field.value);
    return value;
  }
  const values = [readBits(cursor, 'flags')];
  while (cursor.accepts(',')) values.push(readBits(cursor, 'flags'));
  return values.length === 1 ? values[0] : values;
};

const isMask = (json: unknown): boolean => typeof json === 'object' && json !== null && '&' in json;

const readMatch = (cursor: Cursor, field: Field): Statement => {
  const told = operatorHere(cursor);
  const right = readRight(cursor, field);
  // `tcp flags syn / fin,syn,rst,ack`
  if (field.value === 'flags' && cursor.accepts('/')) {
    const mask = [readBits(cursor, 'flags')];
    while (cursor.accepts(',')) mask.push(readBits(cursor, 'flags'));
    const either = (values: unknown): unknown => (Array.isArray(values) ? { '|': values } : values);
    return {
      match: { op: told === '!=' ? '!=' : '==', left: { '&': [field.json, { '|': mask }] }, right: either(right) },
    };
  }
  const isSet = typeof right === 'object' && right !== null && 'set' in right;
  const isNamed = typeof right === 'string' && right.startsWith('@');
  const usual = field.value === 'flags' && !isSet && !isNamed && !isMask(field.json) ? 'in' : '==';
  return { match: { op: told ?? usual, left: field.json, right } };
};

const readMapData = (cursor: Cursor, field: Field): unknown => {
  if (cursor.accepts('{')) return { set: readElements(cursor, kindsOf(field)) };
  return cursor.word('a map');
};

/** What a mark or a field is set to: a value, a mark with bits changed, or an element of a map. */
const readAssigned = (cursor: Cursor, target: Field): unknown => {
  if (!seesField(cursor)) return readBits(cursor, target.value);
  const field = readField(cursor);
  return cursor.accepts('map') ? { map: { key: field.json, data: readMapData(cursor, field) } } : field.json;
};

const readFieldStatement = (cursor: Cursor): Statement => {
  const field = readField(cursor);
  if (cursor.accepts('vmap')) return { vmap: { key: field.json, data: readMapData(cursor, field) } };
  if (cursor.accepts('set')) return { mangle: { key: field.json, value: readAssigned(cursor, field) } };
  return readMatch(cursor, field);
};

const readReject = (cursor: Cursor): Statement => {
  if (!cursor.accepts('with')) return { reject: null };
  const first = cursor.word('what to refuse with');
  if (first === 'tcp') {
    cursor.expect('reset');
    return { reject: { type: 'tcp reset' } };
  }
  cursor.accepts('type');
  const { token } = cursor;
  if (!['icmp', 'icmpv6', 'icmpx'].includes(first)) throw new Fault(`\`${first}\` is nothing to refuse with`, token);
  return { reject: { type: first, expr: cursor.word('an ICMP code') } };
};

const natFlags = ['random', 'fully-random', 'persistent'];

const readNatFlags = (cursor: Cursor): Statement => {
  const flags: string[] = [];
  while (cursor.sees(...natFlags)) {
    flags.push(cursor.next().text);
    cursor.accepts(',');
  }
  return flags.length === 0 ? {} : { flags };
};

const portText = (text: string, cursor: Cursor): unknown => {
  const [first = '', last] = text.split('-');
  if (!/^\d+$/.test(first) || (last !== undefined && !/^\d+$/.test(last)))
    throw new Fault(`\`${text}\` is no port`, cursor.token);
  return last === undefined ? Number(first) : { range: [Number(first), Number(last)] };
};

const readBracketed = (cursor: Cursor): unknown => {
  cursor.expect('[');
  const value = readValue(cursor, 'plain');
  cursor.expect(']');
  return value;
};

/** `10.0.0.1`, `10.0.0.1-10.0.0.9`, `10.0.0.1:80`, `[2001:db8::1]:80`, `:80`. */
const readTarget = (cursor: Cursor): Statement => {
  if (cursor.accepts('[')) {
    const first = readValue(cursor, 'plain');
    cursor.expect(']');
    const addr = cursor.accepts('-') ? { range: [first, readBracketed(cursor)] } : first;
    const port = cursor.token.text.startsWith(':') ? cursor.next().text.slice(1) : undefined;
    return port === undefined ? { addr } : { addr, port: portText(port === '' ? cursor.word('a port') : port, cursor) };
  }
  const { text, kind } = cursor.token;
  if (kind === 'word' && text.startsWith(':') && !text.startsWith('::')) {
    cursor.next();
    return { port: portText(text === ':' ? cursor.word('a port') : text.slice(1), cursor) };
  }
  const [, host, port] = /^(\d+\.\d+\.\d+\.\d+(?:-\d+\.\d+\.\d+\.\d+)?):(\d+(?:-\d+)?)$/.exec(text) ?? [];
  if (host !== undefined && port !== undefined) {
    cursor.next();
    const [first, last] = host.split('-');
    return { addr: last === undefined ? first : { range: [first, last] }, port: portText(port, cursor) };
  }
  // `10.0.0.1:numgen inc mod 2 map { … }`, as nft prints it.
  if (/^\d+\.\d+\.\d+\.\d+:[a-z]/.test(text)) return { unread: textOfRest(cursor, cursor.next().text) };
  const addr = readValue(cursor, 'plain');
  if (!cursor.accepts(':')) return { addr };
  if (seesField(cursor)) return { unread: textOfRest(cursor, `${text} :`) };
  return { addr, port: portText(cursor.word('a port'), cursor) };
};

const readTranslation = (cursor: Cursor, kind: 'snat' | 'dnat'): Statement => {
  const body: Record<string, unknown> = {};
  if (cursor.sees('ip', 'ip6') && cursor.ahead(1).text !== 'saddr' && cursor.ahead(1).text !== 'daddr') {
    body['family'] = cursor.next().text;
    if (cursor.accepts('prefix')) body['type_flags'] = 'prefix';
    if (cursor.accepts('addr')) {
      cursor.expect('.');
      cursor.expect('port');
    }
  }
  cursor.accepts('to');
  if (seesField(cursor)) {
    const field = readField(cursor);
    cursor.expect('map');
    body['addr'] = { map: { key: field.json, data: readMapData(cursor, field) } };
    // A port that is looked up as well: what the two give together is not followed.
    if (cursor.token.kind !== 'quoted' && cursor.token.text.startsWith(':'))
      return { unread: textOfRest(cursor, kind) };
  } else Object.assign(body, readTarget(cursor));
  if (typeof body['unread'] === 'string') return { unread: `${kind} to ${body['unread']}` };
  return { [kind]: { ...body, ...readNatFlags(cursor) } };
};

const readMasquerade = (cursor: Cursor): Statement => {
  const target = cursor.accepts('to') ? readTarget(cursor) : {};
  const body = { ...target, ...readNatFlags(cursor) };
  return { masquerade: Object.keys(body).length === 0 ? null : body };
};

const readRedirect = (cursor: Cursor): Statement => {
  const target = cursor.accepts('to') ? readTarget(cursor) : {};
  const body = { ...target, ...readNatFlags(cursor) };
  return { redirect: Object.keys(body).length === 0 ? null : body };
};

const counterWords = ['packets', 'bytes'];
const logOptions = ['prefix', 'level', 'group', 'snaplen', 'queue-threshold', 'flags'];

/** `log prefix "…" level warn flags all` */
const readLog = (cursor: Cursor): Statement => {
  while (cursor.sees(...logOptions)) {
    const { text } = cursor.next();
    if (text === 'flags' && cursor.accepts('ether')) continue;
    if (text === 'flags' && cursor.sees('tcp', 'ip')) cursor.next();
    cursor.word(`the ${text} of the log`);
    while (text === 'flags' && cursor.accepts(',')) cursor.word('a flag');
  }
  return { log: null };
};

const readCounter = (cursor: Cursor): Statement => {
  if (cursor.accepts('name')) cursor.word('a counter');
  else
    while (cursor.sees(...counterWords)) {
      cursor.next();
      cursor.word('a number');
    }
  return { counter: null };
};

/** `limit rate over 5/minute burst 10 packets`; `limit name "x"`. */
const readLimit = (cursor: Cursor): Statement => {
  if (cursor.accepts('name')) return { limit: cursor.word('a limit') };
  cursor.expect('rate');
  const inv = cursor.accepts('over');
  if (!inv) cursor.accepts('until');
  const rate = cursor.word('a rate');
  const [count, per] = rate.split('/');
  // `limit rate 10 mbytes/second`
  const unit = per === undefined && !cursor.sees('/') ? cursor.word('a unit of time') : undefined;
  const time =
    per === undefined || per === ''
      ? (unit?.split('/')[1] ?? (cursor.accepts('/') ? cursor.word('a unit of time') : ''))
      : per;
  if (cursor.accepts('burst')) {
    cursor.word('a number');
    if (cursor.sees('packets', 'bytes', 'kbytes', 'mbytes')) cursor.next();
  }
  return { limit: { rate: Number(count), per: time, ...(inv ? { inv } : {}) } };
};

const textOfRest = (cursor: Cursor, first: string): string => {
  const parts = [first];
  while (
    !cursor.isAtEnd &&
    !(cursor.token.kind === 'word' && (verdictWords.has(cursor.token.text) || cursor.token.text === 'comment'))
  ) {
    const { kind, text } = cursor.next();
    parts.push(kind === 'quoted' ? `"${text}"` : text);
    if (text === '{' && kind === 'sign') {
      while (!cursor.isDone && !cursor.sees('}')) parts.push(cursor.next().text.replace('\n', ' '));
      if (!cursor.isDone) parts.push(cursor.next().text);
    }
  }
  return parts.join(' ').replaceAll(/ {2,}/g, ' ');
};

/** Undefined at a comment, which is the rule's and not a statement. */
export const readStatement = (cursor: Cursor): Statement => {
  const { token } = cursor;
  if (token.kind === 'word' && verdictWords.has(token.text)) return readVerdictWord(cursor) as Statement;
  // `ct count over 10`, `ct helper set "ftp"`
  if (cursor.sees('ct') && cursor.ahead(1).text === 'count')
    return { 'ct count': textOfRest(cursor, cursor.next().text) };
  if (
    cursor.sees('ct') &&
    cursor.ahead(2).text === 'set' &&
    ['helper', 'timeout', 'expectation'].includes(cursor.ahead(1).text)
  )
    return { [`ct ${cursor.ahead(1).text}`]: textOfRest(cursor, cursor.next().text) };
  if (seesField(cursor)) return readFieldStatement(cursor);
  const { text } = cursor.next();
  switch (text) {
    case 'counter':
      return readCounter(cursor);
    case 'log':
      return readLog(cursor);
    case 'last':
    case 'notrack':
      return { [text]: null };
    case 'limit':
      return readLimit(cursor);
    case 'reject':
      return readReject(cursor);
    case 'snat':
    case 'dnat':
      return readTranslation(cursor, text);
    case 'masquerade':
      return readMasquerade(cursor);
    case 'redirect':
      return readRedirect(cursor);
    case 'flow':
    case 'dup':
    case 'quota':
      return { [text]: textOfRest(cursor, text) };
    case 'add':
    case 'update':
    case 'delete': {
      // `add @blocked { ip saddr timeout 1h }` changes a set while packets pass.
      const set = cursor.word('a set');
      return { set: { op: text, set, elem: textOfRest(cursor, text) } };
    }
    case 'queue':
    case 'tproxy':
    case 'fwd':
    case 'synproxy':
    case 'meter':
    case 'xt':
    case 'reset':
    case 'secmark':
    case 'set':
      return { [text === 'meter' || text === 'secmark' ? text : 'unread']: textOfRest(cursor, text) };
    default:
      throw new Fault(`\`${text}\` begins no statement of nft`, token);
  }
};
