/** Which stanza inherits from which (interfaces(5), INHERITING): found in one walk over all of them. */
import { type Option, type Stanza } from './parse.ts';

/** By the stanza that inherits; what inherits from nothing that stands in front of it is not in it. */
export type Parents = ReadonlyMap<Stanza, Stanza>;

const wordsOf = ({ head }: Stanza): readonly string[] => head.value.split(/\s+/);

export const inheritsOf = (stanza: Stanza): string | undefined => {
  const words = wordsOf(stanza);
  const at = words.indexOf('inherits', 1);
  return at < 0 ? undefined : words[at + 1];
};

/** The last `iface` of that name in front: of the stanza's own family, where it says one. */
export const parentsIn = (all: readonly Stanza[]): Parents => {
  const parents = new Map<Stanza, Stanza>();
  const inFront = new Map<string, Stanza[]>();
  for (const stanza of all) {
    if (stanza.head.name !== 'iface') continue;
    const [name = '', family] = wordsOf(stanza);
    const from = inheritsOf(stanza);
    const parent = inFront.get(from ?? '')?.findLast((candidate) => {
      const [, own] = wordsOf(candidate);
      return family === 'inherits' || own === family || own === 'inherits';
    });
    if (parent !== undefined) parents.set(stanza, parent);
    const known = inFront.get(name);
    if (known === undefined) inFront.set(name, [stanza]);
    else known.push(stanza);
  }
  return parents;
};

/** The options of a stanza that says `inherits`, behind those of what it inherits. */
export const inheritedOptions = (stanza: Stanza, parents: Parents, depth = 0): readonly Option[] => {
  const parent = depth > 8 ? undefined : parents.get(stanza);
  return parent === undefined ? stanza.options : [...inheritedOptions(parent, parents, depth + 1), ...stanza.options];
};
