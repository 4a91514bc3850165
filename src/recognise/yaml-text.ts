/** Plain values as YAML as a person lays it out: short maps and lists on one line, long ones a line for each member. */
export type Yaml = string | number | boolean | readonly Yaml[] | { readonly [key: string]: Yaml | undefined };

const widest = 100;
const isPlain = (text: string): boolean =>
  /^[A-Za-z0-9_./][\w./:+-]*$/.test(text) &&
  !text.endsWith(':') &&
  !/^(?:true|false|null|yes|no|on|off|~|[-+]?[\d_]*\.?[\d_]*(?:e[-+]?\d+)?|0x[\da-f]+|0o[0-7]+|\.inf|\.nan)$/i.test(
    text,
  );

const scalar = (value: string | number | boolean): string =>
  typeof value === 'string' && !isPlain(value) ? `'${value.replaceAll("'", "''")}'` : String(value);

const isMap = (value: Yaml): value is { readonly [key: string]: Yaml | undefined } =>
  typeof value === 'object' && !Array.isArray(value);

const membersOf = (value: { readonly [key: string]: Yaml | undefined }): readonly (readonly [string, Yaml])[] =>
  Object.entries(value).flatMap(([key, member]) => (member === undefined ? [] : [[scalar(key), member] as const]));

const flow = (value: Yaml): string => {
  if (typeof value !== 'object') return scalar(value);
  if (!isMap(value)) return `[${value.map(flow).join(', ')}]`;
  const members = membersOf(value).map(([key, member]) => `${key}: ${flow(member)}`);
  return members.length === 0 ? '{}' : `{ ${members.join(', ')} }`;
};

/** Lines of a map whose members begin at `indent`; what is at the left margin is never on one line. */
const block = (value: { readonly [key: string]: Yaml | undefined }, indent: number): readonly string[] =>
  membersOf(value).flatMap(([key, member]): readonly string[] => {
    const pad = ' '.repeat(indent);
    const line = `${pad}${key}: ${flow(member)}`;
    const isLeaf = typeof member !== 'object' || Object.keys(member).length === 0;
    const isOneLine = line.length <= widest && (indent >= 4 || (indent === 2 && !isDeep(member)));
    if (isLeaf || isOneLine) return [line];
    if (isMap(member)) return [`${pad}${key}:`, ...block(member, indent + 2)];
    return [`${pad}${key}:`, ...member.map((item) => `${pad}  - ${flow(item)}`)];
  });

/** A map of maps of maps is laid out even where it would fit. */
const isDeep = (value: Yaml): boolean =>
  isMap(value) &&
  membersOf(value).some(([, member]) => isMap(member) && membersOf(member).some(([, inner]) => isMap(inner)));

/** Parts at the left margin, an empty line before each map. */
export const yamlText = (parts: { readonly [key: string]: Yaml | undefined }): string =>
  membersOf(parts)
    .map(([key, value], index) => {
      const space = index > 0 && typeof value === 'object' ? '\n' : '';
      return `${space}${block({ [key]: value }, 0).join('\n')}\n`;
    })
    .join('');
