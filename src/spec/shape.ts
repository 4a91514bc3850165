/**
 * A key path to what the language allows there: the shapes a value may have, the keys a map may have, and the words
 * for them in a message.
 */
import { type JsonSchema } from './json-schema.ts';
import { type Path } from './spec.ts';
import { addressWords, wordsOfItem, wordsOfKey } from './words.ts';

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

/** Prefixes are planned where the schema has the word `auto`; the addresses of an interface may be numbers. */
const familyWords = (key: 'ipv4' | 'ipv6', shapes: readonly JsonSchema[]): string => {
  if (shapes.some(({ type }) => type === 'integer')) return addressWords;
  const prefix = key === 'ipv4' ? 'a prefix such as `192.0.2.0/24`' : 'a prefix such as `2001:db8::/64`';
  return shapes.some((shape) => shape.enum?.includes('auto')) ? `\`auto\`, \`none\`, or ${prefix}` : prefix;
};

/** The nearest name in the path above its last segment: `routes` for `to` of item 2 of `routes`. */
const ownerOf = (path: Path): string | undefined =>
  path.slice(0, -1).findLast((segment): segment is string => typeof segment === 'string');

/** What is expected at `path`, in words that follow "expected". */
export const expectedAt = (schema: JsonSchema, path: Path): string => {
  const key = path.at(-1);
  const shapes = shapesAt(schema, path);
  const fromShape = orList([...new Set(shapes.flatMap(wordsFor))]);
  if (key === undefined) return fromShape;
  if (typeof key === 'number') return wordsOfItem[ownerOf(path) ?? ''] ?? fromShape;
  // The names of machines and networks are keys too, and may read like one of the language.
  const isFreeName = shapesAt(schema, path.slice(0, -1)).every(({ properties }) => properties === undefined);
  const isSection = shapes.length === 1 && shapes[0]?.properties !== undefined;
  if (isFreeName || isSection) return fromShape;
  if (key === 'ipv4' || key === 'ipv6') return familyWords(key, shapes);
  return wordsOfKey[`${ownerOf(path) ?? ''}.${key}`] ?? wordsOfKey[key] ?? fromShape;
};
