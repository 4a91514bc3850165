/**
 * A key path to what the language allows there: the shapes a value may have, the keys a map may have, and the words
 * for them in a message.
 */
import { type JsonSchema } from './json-schema.ts';
import { type Path } from './spec.ts';

/** The alternatives of a schema, with alternatives of alternatives beside them. */
export const alternatives = (schema: JsonSchema): readonly JsonSchema[] =>
  schema.anyOf === undefined ? [schema] : schema.anyOf.flatMap(alternatives);

const isList = (items: JsonSchema['items']): items is readonly JsonSchema[] => Array.isArray(items);

const inside = (schema: JsonSchema, segment: string | number): readonly JsonSchema[] => {
  if (typeof segment === 'number') {
    const item = isList(schema.items) ? schema.items[segment] : schema.items;
    return item === undefined ? [] : alternatives(item);
  }
  const named = schema.properties !== undefined && Object.hasOwn(schema.properties, segment);
  const property = named ? schema.properties[segment] : schema.additionalProperties;
  return typeof property === 'object' ? alternatives(property) : [];
};

/** Every shape that a value at `path` may have; none where the path leaves the language. */
export const shapesAt = (schema: JsonSchema, path: Path): readonly JsonSchema[] =>
  path.reduce<readonly JsonSchema[]>(
    (shapes, segment) => shapes.flatMap((shape) => inside(shape, segment)),
    alternatives(schema),
  );

/** The keys that a map at `path` may have, in the order of the documentation; none where names are free. */
export const keysAt = (schema: JsonSchema, path: Path): readonly string[] => [
  ...new Set(shapesAt(schema, path).flatMap(({ properties }) => Object.keys(properties ?? {}))),
];

/** The words that may stand at `path`; none where any text, or no text, may. */
export const choicesAt = (schema: JsonSchema, path: Path): readonly string[] =>
  shapesAt(schema, path).flatMap((shape) =>
    [...(shape.enum ?? []), ...(shape.const === undefined ? [] : [shape.const])].filter(
      (choice): choice is string => typeof choice === 'string',
    ),
  );

/** `a`, `a or b`, `a, b or c`. */
export const orList = (words: readonly string[]): string =>
  words.length < 2 ? words.join('') : `${words.slice(0, -1).join(', ')} or ${words.at(-1) ?? ''}`;

export const quoted = (words: readonly (string | number | boolean)[]): readonly string[] =>
  words.map((word) => `\`${word}\``);

const tupleWords = (schema: JsonSchema): string => `a list of ${schema.minItems ?? 'some'} values`;

const scalarWords: Readonly<Record<string, string>> = {
  array: 'a list',
  string: 'text',
  integer: 'a whole number',
  number: 'a number',
  null: 'nothing',
};

const mapWords = (schema: JsonSchema): string => {
  const keys = Object.keys(schema.properties ?? {});
  const shown = schema.required ?? (keys.length <= 4 ? keys : []);
  return shown.length === 0 ? 'a map' : `a map with ${orList(quoted(shown))}`;
};

const wordsFor = (schema: JsonSchema): readonly string[] => {
  if (schema.enum !== undefined) return quoted(schema.enum);
  if (schema.const !== undefined) return quoted([schema.const]);
  if (schema.type === 'boolean') return quoted([true, false]);
  if (schema.type === 'object') return [mapWords(schema)];
  if (schema.type === 'array' && isList(schema.items)) return [tupleWords(schema)];
  return [scalarWords[schema.type ?? ''] ?? 'another value'];
};

const names = 'a machine, network, address or prefix, or a list of them';
const addresses = '`auto`, `dhcp`, `slaac`, `none`, `last`, a host number, an address, or a list of them';
const router = 'a machine, an address, a host number, `last` or `none`';
const range = 'two host numbers, as in `[100, 199]`';
const ports = 'a port, or a list of ports';
const prefix = 'a prefix such as `192.0.2.0/24`';

/** One key says one thing everywhere, so most are named once; a key that is not here is named after its shape. */
const wordsOfKey: Readonly<Record<string, string>> = {
  nics: 'a list of networks, or a map of interfaces',
  networks: 'a map of networks',
  machines: 'a map of machines',
  hosts: 'a map of hosts',
  groups: 'a map of lists of machines',
  services: 'a list of services',
  routes: 'a list of routes',
  policy: 'a list of rules',
  expect: 'a list of expectations',
  publish: 'a list of what is published',
  accept: 'a list of codes',
  aliases: 'a map of labels and addresses, as in `{ 0: 192.0.2.9/24 }`',
  nat: '`true`, `false`, or a list of networks and prefixes',
  dhcp: '`true`, the machine that serves, or a map with `server` and `range`',
  ra: '`true`, `false`, or the machine that advertises',
  mac: 'a MAC address such as `52:54:00:12:34:56`',
  address: addresses,
  gateway: router,
  gateway6: router,
  range,
  tcp: ports,
  udp: ports,
  from: names,
  to: names,
  'routes.to': '`default`, a prefix, an address, or a network',
  'publish.to': 'the machine that answers',
  via: 'a machine or an address',
  network: 'the name of a network',
  host: 'the name of a host',
  server: 'the name of a machine',
  nic: 'an interface of the host',
  on: 'the name of an outside network',
  except: names,
  source: 'an address or a machine',
  'ipv4-pool': prefix,
  'ipv6-pool': 'a prefix, or `ula`',
  ports: 'two ports, as in `[20000, 29999]`',
};

/** The item of a list, named after the list's key. */
const wordsOfItem: Readonly<Record<string, string>> = {
  nics: 'a network, or a map with `network`',
  services: '`router`, or a map with `firewall` or `dhcp`',
  routes: 'a map with `to`',
  policy: 'a map with `allow` or `deny`, and `to`',
  expect: 'a map with `from` and `to`',
  publish: 'a map with `to`',
  address: 'an address, `dhcp`, `slaac`, or a host number',
  ipv4: 'an address, `dhcp`, or a host number',
  ipv6: 'an address, `slaac`, or a host number',
};

/** What is expected at `path`, in words that follow "expected". */
export const expectedAt = (schema: JsonSchema, path: Path): string => {
  const key = path.at(-1);
  const shapes = shapesAt(schema, path);
  const fromShape = orList([...new Set(shapes.flatMap(wordsFor))]);
  if (typeof key === 'number') return wordsOfItem[String(path.at(-2))] ?? fromShape;
  // The names of machines and networks are keys too, and may read like one of the language.
  const isFreeName = shapesAt(schema, path.slice(0, -1)).every(({ properties }) => properties === undefined);
  const isOwner = shapes.some(({ properties }) => properties !== undefined) && shapes.length === 1;
  const words = key === undefined || isFreeName || isOwner ? undefined : wordsOfKey[key];
  if ((key === 'ipv4' || key === 'ipv6') && !isFreeName) {
    return shapes.some(({ type }) => type === 'integer')
      ? addresses
      : '`auto`, `none`, or a prefix such as `192.0.2.0/24`';
  }
  const ofItem = typeof path.at(-2) === 'number' ? wordsOfKey[`${path.at(-3) ?? ''}.${key ?? ''}`] : undefined;
  return ofItem ?? words ?? fromShape;
};
