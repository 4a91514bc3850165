/** Names of parts of a state, and where files say them. */
import { type Origins, type Place } from '../dialects/dialect.ts';
import { type Route } from '../state/network-state.ts';
import { type FilterTable } from '../state/packet-filter.ts';
import { type Subject } from './finding.ts';

export const stackSubject = (stack: string): Subject => ({ stack, kind: 'stack', key: '' });

export const interfaceSubject = (stack: string, name: string): Subject => ({ stack, kind: 'interface', key: name });

export const addressSubject = (stack: string, name: string, address: string): Subject => ({
  ...{ stack, kind: 'address', key: `${name} ${address}` },
});

export const routeSubject = (stack: string, { to, via, dev }: Route): Subject => ({
  ...{ stack, kind: 'route' },
  key: `${to}${via === undefined ? '' : ` via ${via}`}${dev === undefined ? '' : ` dev ${dev}`}`,
});

export const ruleSubject = (
  stack: string,
  { family, name }: Pick<FilterTable, 'family' | 'name'>,
  chain: string,
  index: number,
): Subject => ({ stack, kind: 'filter-rule', key: `${family} ${name} ${chain} ${index}` });

export const sysctlSubject = (stack: string, key: string): Subject => ({ stack, kind: 'sysctl', key });

export const serviceSubject = (stack: string, kind: string, name: string): Subject => ({
  ...{ stack, kind: 'service', key: `${kind} ${name}` },
});

/** Keys of `Origins` that may speak of it, the closest first. */
const keysOf = ({ stack, kind, key }: Subject): readonly string[] => {
  const [first = '', second = ''] = key.split(' ');
  const ofInterface = `${stack}/interfaces/${first}`;
  switch (kind) {
    case 'stack':
      return [];
    case 'interface':
      return [ofInterface];
    case 'address':
      return [`${ofInterface}/addresses/${second}`, ofInterface];
    case 'route': {
      const dev = / dev (\S+)/.exec(key)?.[1];
      return [`${stack}/routes/${key}`, ...(dev === undefined ? [] : [`${stack}/interfaces/${dev}`])];
    }
    case 'filter-rule':
      return [`${stack}/filter/${key}`];
    case 'sysctl':
      return [`${stack}/sysctls/${key}`];
    case 'service':
      return [`${stack}/services/${key}`, `${stack}/interfaces/${second}`];
  }
};

/** The part of a key that names it however its way is spelt: a route's prefix, an address without its length. */
const beginningOf = ({ stack, kind, key }: Subject): string | undefined => {
  const [first = '', second = ''] = key.split(' ');
  if (kind === 'route') return `${stack}/routes/${first}`;
  if (kind === 'address') return `${stack}/interfaces/${first}/addresses/${second}`;
  return undefined;
};

export const placeOfSubject = (origins: Origins, subject: Subject): Place | undefined => {
  const [exact, ...others] = keysOf(subject);
  const found = exact === undefined ? undefined : origins[exact];
  if (found !== undefined) return found;
  const beginning = beginningOf(subject);
  const alike = Object.keys(origins).find(
    (key) => beginning !== undefined && (key.startsWith(`${beginning} `) || key.startsWith(`${beginning}/`)),
  );
  if (alike !== undefined) return origins[alike];
  for (const key of others) if (origins[key] !== undefined) return origins[key];
  return undefined;
};
