/** Values as netplan takes them; what it refuses is told, and counts as not given. */
import { type Tell } from '../draft.ts';
import { readInteger } from '../plain-values.ts';
import { textOf, type Tree } from '../yaml-tree/tree.ts';

/** Whether NetworkManager makes of a device what netplan says. */
export const isManaged = (renderer: string | undefined): boolean => renderer === 'NetworkManager';

export const booleanOf = (tree: Tree | undefined, tell: Tell): boolean | undefined => {
  if (tree === undefined) return undefined;
  const text = textOf(tree)?.toLowerCase();
  if (text === 'true' || text === 'yes' || text === 'y' || text === 'on') return true;
  if (text === 'false' || text === 'no' || text === 'n' || text === 'off') return false;
  tell('error', 'bad-value', `\`${textOf(tree) ?? ''}\` is neither true nor false`, tree.at);
  return undefined;
};

export const numberOf = (
  tree: Tree | undefined,
  what: string,
  least: number,
  most: number,
  tell: Tell,
): number | undefined => {
  if (tree === undefined) return undefined;
  const value = readInteger(textOf(tree) ?? '', least, most);
  if (value === undefined) tell('error', 'bad-value', `\`${textOf(tree) ?? ''}\` is not ${what}`, tree.at);
  return value;
};

export const valueOf = <T>(
  tree: Tree | undefined,
  what: string,
  reader: (text: string) => T | undefined,
  tell: Tell,
): T | undefined => {
  if (tree === undefined) return undefined;
  const value = reader(textOf(tree) ?? '');
  if (value === undefined) tell('error', 'bad-value', `\`${textOf(tree) ?? ''}\` is not ${what}`, tree.at);
  return value;
};
