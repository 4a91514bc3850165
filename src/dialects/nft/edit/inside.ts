/** The places between the braces of tables and chains. */
import { type Phrase, type Site } from '../text/sites.ts';
import { type Inside } from './layout.ts';

/** Undefined where the braces are in two files. */
export const insideOf = ({ tokens }: Phrase): Inside | undefined => {
  const open = tokens.find(({ kind, text }) => kind === 'sign' && text === '{');
  const close = tokens.at(-1);
  if (open === undefined || close?.text !== '}' || close.path !== open.path) return undefined;
  return { path: open.path, open: open.offset + open.length, close: close.offset };
};

export const chainInside = (site: Extract<Site, { readonly hasBlock: boolean }>): Inside | undefined =>
  site.hasBlock ? insideOf(site.whole) : undefined;
