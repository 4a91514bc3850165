/**
 * Sets and chains that rules of a listing name, and that their table does not have, or only by a later command: nft(8)
 * refuses the whole file then.
 */
type Json = Readonly<Record<string, unknown>>;

export interface MissingReference {
  /** The handle of the rule. */
  readonly handle: number;
  readonly message: string;
}

interface Names {
  readonly sets: Set<string>;
  readonly chains: Set<string>;
}

const isRecord = (value: unknown): value is Json =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

/** Sets that are written with `@`, and chains that are gone to. */
const namesIn = (value: unknown, names: Names): void => {
  if (typeof value === 'string') {
    if (/^@[A-Za-z_]/.test(value)) names.sets.add(value.slice(1));
  } else if (Array.isArray(value)) for (const member of value) namesIn(member, names);
  else if (isRecord(value))
    for (const [key, member] of Object.entries(value)) {
      if ((key === 'jump' || key === 'goto') && isRecord(member) && typeof member['target'] === 'string')
        names.chains.add(member['target']);
      else namesIn(member, names);
    }
};

const keyOf = (kind: string, { family, table }: Json, name: string): string =>
  `${kind} ${String(family)} ${String(table)} ${name}`;

/** `items`: objects of the listing, as `{ chain: … }` or `{ rule: … }`, with the number of the command that has them. */
export const missingReferences = (items: readonly Json[]): readonly MissingReference[] => {
  const known = new Map<string, number>();
  for (const item of items)
    for (const [kind, body] of Object.entries(item))
      if (isRecord(body) && typeof body['name'] === 'string')
        known.set(keyOf(kind === 'map' ? 'set' : kind, body, body['name']), Number(body['command'] ?? 0));
  return items.flatMap(({ rule }) => {
    if (!isRecord(rule)) return [];
    const names: Names = { sets: new Set(), chains: new Set() };
    namesIn(rule['expr'], names);
    const missing = (kind: string, wanted: ReadonlySet<string>): readonly MissingReference[] =>
      [...wanted].flatMap((name) => {
        const declared = known.get(keyOf(kind, rule, name));
        if (declared !== undefined && declared <= Number(rule['command'])) return [];
        const isLate = declared !== undefined;
        return {
          handle: Number(rule['handle']),
          message: `the table \`${String(rule['table'])}\` has no ${kind} \`${name}\`${isLate ? ' up to here' : ''}`,
        };
      });
    return [...missing('set', names.sets), ...missing('chain', names.chains)];
  });
};
