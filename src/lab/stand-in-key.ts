/**
 * Public keys for labs of which nothing is made: each end has one of its own, which is always the same, and to which
 * there is no private key.
 */
import { type PublicKeyOf } from './context.ts';

const keyBytes = 32;

/** FNV-1a, 32 bits. */
const hashOf = (text: string): number => {
  let hash = 0x811c9dc5;
  for (const char of text) hash = Math.imul(hash ^ (char.codePointAt(0) ?? 0), 0x01000193);
  return hash >>> 0;
};

export const standInKey: PublicKeyOf = ({ machine, name }) => {
  const bytes = Array.from({ length: keyBytes }, (_, index) => (hashOf(`${machine}/${name} ${index}`) >>> 8) & 0xff);
  return btoa(String.fromCharCode(...bytes));
};
