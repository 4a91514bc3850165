/**
 * Names with patterns in them (sysctl.d(5)): which parameters they set depends on the interfaces of the machine, but two
 * names are on each: `all`, and `default`, from which an interface takes what nobody sets for it.
 */
import { type Place } from '../dialect.ts';

export interface Pattern {
  /** With slashes between its parts. */
  readonly key: string;
  readonly value: string;
  readonly at: Place;
}

export const isPattern = (key: string): boolean => /[*?[\]]/.test(key);

/** Parameters of interfaces whose name alone is a pattern. */
const ofInterfaces = /^(net\/ipv[46]\/(?:conf|neigh))\/([^/]*)\/([^/*?[\]]+)$/;

const globbed = (pattern: string): RegExp | undefined => {
  try {
    const escaped = pattern.replaceAll(/[\\^$.|+(){}]/g, '\\$&');
    return new RegExp(`^${escaped.replaceAll('*', '.*').replaceAll('?', '.').replaceAll('[!', '[^')}$`);
  } catch {
    return undefined;
  }
};

/** Those of `all` and `default` that a pattern sets. */
export const keysOf = (key: string): readonly string[] => {
  const [, folder = '', name = '', leaf = ''] = ofInterfaces.exec(key) ?? [];
  const wanted = name === '' ? undefined : globbed(name);
  return ['all', 'default'].filter((each) => wanted?.test(each) === true).map((each) => `${folder}/${each}/${leaf}`);
};
