/**
 * What to write instead of a value of the wrong kind: YAML reads `.20` as a fraction and `yes` as text, and a value
 * that is left out as nothing. Undefined where the message says enough.
 */
import { type JsonSchema } from './json-schema.ts';
import { alternatives, shapesAt } from './shape.ts';
import { type Path } from './spec.ts';
import { shortened, valueAt, written, type Context } from './spoken.ts';

const takesText = (shape: JsonSchema): boolean =>
  shape.type === 'string' || typeof shape.const === 'string' || typeof shape.enum?.[0] === 'string';

/** Whether the shape is a list of which one word may be an item. */
const isListOfText = ({ items }: JsonSchema): boolean =>
  items !== undefined && !('length' in items) && alternatives(items).some(takesText);

const repairNumber = (raw: string, shapes: readonly JsonSchema[]): string | undefined => {
  if (!shapes.some(({ type }) => type === 'integer')) return undefined;
  const hostPart = /^\.(\d+)$/.exec(raw)?.[1];
  if (hostPart !== undefined) return `YAML reads \`${raw}\` as the fraction 0${raw}; write \`${Number(hostPart)}\``;
  const isAddress = /^\d+\.\d+$/.test(raw) && shapes.some(takesText);
  return isAddress ? 'an IPv4 address has four parts; a host number is a whole number' : undefined;
};

const repairText = (value: string, shapes: readonly JsonSchema[]): string | undefined => {
  const truth = /^(?:(yes|on)|no|off)$/i.exec(value);
  if (truth !== null && shapes.some(({ type }) => type === 'boolean')) return `write \`${truth[1] !== undefined}\``;
  if (/^\d{1,9}$/.test(value) && shapes.some(({ type }) => type === 'integer'))
    return `write ${Number(value)} without quotes`;
  return shapes.some(isListOfText) ? `write a list: \`[${shortened(value)}]\`` : undefined;
};

const repairNothing = (path: Path, shapes: readonly JsonSchema[]): string => {
  const key = path.at(-1);
  if (typeof key === 'number') return 'write a value, or take the item away';
  const map = shapes.find(({ type }) => type === 'object');
  if (map === undefined || shapes.length > 1) return 'write a value after the colon, or take the key away';
  const required = map.required?.[0];
  return required === undefined
    ? 'write `{}` where there is nothing to add'
    : `write \`${key ?? ''}: { ${required}: … }\``;
};

/** The advice for the value at `path`, which is of a kind that the language does not have there. */
export const repair = (context: Context, path: Path): string | undefined => {
  const value = valueAt(context.source.value, path);
  const shapes = shapesAt(context.schema, path);
  if (typeof value === 'number') return repairNumber(written(context, path), shapes);
  if (typeof value === 'string') return repairText(value, shapes);
  return value === null ? repairNothing(path, shapes) : undefined;
};
