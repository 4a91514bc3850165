/**
 * Values as JSON for programs: whole documents, with every element of a top-level list on a line of its own, so that
 * line tools (`grep`, `diff`) see one machine or one pair a line.
 */
const list = (values: readonly unknown[], indent: string): string =>
  values.length === 0
    ? '[]'
    : `[\n${values.map((value) => `${indent}  ${JSON.stringify(value)}`).join(',\n')}\n${indent}]`;

/** One JSON document with a last line break. */
export const printJson = (value: object): string => {
  if (Array.isArray(value)) return `${list(value, '')}\n`;
  const members = Object.entries(value)
    .filter(([, member]) => member !== undefined)
    .map(
      ([key, member]) =>
        `  ${JSON.stringify(key)}: ${Array.isArray(member) ? list(member, '  ') : JSON.stringify(member)}`,
    );
  return `{\n${members.join(',\n')}\n}\n`;
};

/** The same document in pieces, for one list `name` that is too long to be held: `batches` of its elements are asked for one by one. */
export function* jsonInPieces(
  before: object,
  name: string,
  batches: Iterable<readonly object[]>,
  after: object,
): Generator<string> {
  const head = printJson(before).replace(/\n\}\n$/, ',\n');
  yield `${head}  ${JSON.stringify(name)}: [`;
  let separator = '\n';
  for (const batch of batches) {
    if (batch.length === 0) continue;
    yield separator + batch.map((value) => `    ${JSON.stringify(value)}`).join(',\n');
    separator = ',\n';
  }
  yield `${separator === '\n' ? ']' : '\n  ]'},\n${printJson(after).slice(2)}`;
}

/** A list in batches of this many. */
export function* inBatches<T>(values: readonly T[], size: number): Generator<readonly T[]> {
  for (let first = 0; first < values.length; first += size) yield values.slice(first, first + size);
}
