/** Where a base chain of nft(8) hangs: type, hook, devices and priority, which has names. Those of bridges are others. */
import { type Cursor, Fault } from './cursor.ts';
import { readElements } from './sets.ts';

const standard: Readonly<Record<string, number>> = {
  raw: -300,
  mangle: -150,
  dstnat: -100,
  filter: 0,
  security: 50,
  srcnat: 100,
};
const bridge: Readonly<Record<string, number>> = { dstnat: -300, filter: -200, out: 100, srcnat: 300 };

/** `filter`, `filter - 10`, `-150`; undefined for what is none. */
const hookPriority = (text: string, family: string): number | undefined => {
  const [, name, sign, offset] = /^([a-z]+)?(?:([+-]?)(\d+))?$/.exec(text) ?? [];
  if (name === undefined) return offset === undefined ? undefined : Number(`${sign ?? ''}${offset}`);
  const names = family === 'bridge' ? bridge : standard;
  const base = Object.hasOwn(names, name) ? names[name] : undefined;
  if (base === undefined) return undefined;
  return offset === undefined ? base : base + Number(`${sign === '-' ? '-' : ''}${offset}`);
};

const readDevices = (cursor: Cursor): readonly string[] => {
  if (!cursor.accepts('=') && !cursor.sees('{')) return [cursor.word('a device')];
  cursor.expect('{');
  return readElements(cursor, ['plain']).map(String);
};

/** `type filter hook input priority filter; policy drop;` */
export const readHook = (cursor: Cursor, family: string): Readonly<Record<string, unknown>> => {
  const type = cursor.word('a type of chain');
  cursor.expect('hook');
  const hook = cursor.word('a hook');
  const devices = cursor.accepts('device')
    ? [cursor.word('a device')]
    : cursor.accepts('devices')
      ? readDevices(cursor)
      : undefined;
  cursor.expect('priority');
  const { token } = cursor;
  let text = cursor.word('a priority');
  while (!cursor.isAtEnd && cursor.token.kind === 'word' && /^[+-]|^\d/.test(cursor.token.text))
    text += cursor.next().text;
  const prio = hookPriority(text, family);
  if (prio === undefined) throw new Fault(`\`${text}\` is no priority`, token);
  return { type, hook, prio, ...(devices === undefined ? {} : { dev: devices }) };
};
