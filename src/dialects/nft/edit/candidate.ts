/**
 * Ways to bring texts of nft(8) nearer to what is wanted. Whether one does is found out by reading what it makes of them: a
 * way that changes more than it should is not taken.
 */
import { type FilesReading } from '../read-files.ts';
import { type Site } from '../text/sites.ts';
import { type Splice } from './layout.ts';

/** Splices of one or several texts that belong together. */
export type Candidate = readonly Splice[];

/** The texts as they stand, and as they are read. */
export interface Standing {
  readonly reading: FilesReading;
  readonly textOf: (path: string) => string;
  /** Where what no text speaks of is put. */
  readonly main: string | undefined;
}

export type SiteOf<K extends Site['kind']> = Extract<Site, { readonly kind: K }>;

/** What is thrown where nft has no words is no way. */
export const wordsOr = <T>(say: () => T): T | undefined => {
  try {
    return say();
  } catch {
    return undefined;
  }
};
