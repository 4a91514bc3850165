/**
 * What changed of an advertiser, as changes of single statements in its block. Whether the result says what is wanted is
 * for the caller to read.
 */
import { type RouterAdvertiser } from '../../state/service.ts';
import { networkOf, parseInterfaceAddress, printPrefix } from '../../net/prefix.ts';
import { printIp } from '../../net/address.ts';
import { type Statement } from './parse.ts';
import { mostAddresses } from './read-resolver.ts';
import { insertion, removal, replacement, type Splice } from './splices.ts';

/** As many as `RDNSS` takes. */
export const inThrees = (addresses: readonly string[]): readonly (readonly string[])[] =>
  Array.from({ length: Math.ceil(addresses.length / mostAddresses) }, (_, index) =>
    addresses.slice(index * mostAddresses, (index + 1) * mostAddresses),
  );

export const prefixText = (prefix: string, isOnLinkOnly: boolean): string =>
  `prefix ${prefix} { AdvOnLink on; AdvAutonomous ${isOnLinkOnly ? 'off' : 'on'}; };`;

export const routeText = (to: string): string => `route ${to} { };`;

const named = (block: readonly Statement[], name: string): readonly Statement[] =>
  block.filter(({ words }) => words[0]?.text === name);

const spelled = (text: string): string => {
  const parsed = parseInterfaceAddress(text);
  return parsed === undefined ? text : printPrefix(networkOf(printIp(parsed.address), parsed.length));
};

interface Draft {
  readonly text: string;
  readonly block: readonly Statement[];
  readonly splices: Splice[];
}

/** Behind the last statement of its kind, else behind the first of all. */
const add = ({ text, block, splices }: Draft, kind: string, words: string): boolean => {
  const anchor = named(block, kind).at(-1) ?? block[0];
  if (anchor !== undefined) splices.push(insertion(text, anchor, words));
  return anchor !== undefined;
};

const remove = ({ text, splices }: Draft, statements: readonly Statement[]): void => {
  splices.push(...statements.map((statement) => removal(text, statement)));
};

const put = ({ splices }: Draft, words: Statement['words'], text: string): void => {
  const splice = replacement(words, text);
  if (splice !== undefined) splices.push(splice);
};

/** Prefixes that go make place for those that come, with what is said of them. */
const editPrefixes = (draft: Draft, before: RouterAdvertiser, wanted: RouterAdvertiser): boolean => {
  const gone = before.prefixes.filter((prefix) => !wanted.prefixes.includes(prefix));
  const fresh = wanted.prefixes.filter((prefix) => !before.prefixes.includes(prefix));
  for (const [index, prefix] of gone.entries()) {
    const statements = named(draft.block, 'prefix').filter(({ words }) => spelled(words[1]?.text ?? '') === prefix);
    const [statement, ...others] = statements;
    const next = fresh[index];
    if (statement === undefined || others.length > 0) return false;
    if (next === undefined) remove(draft, [statement]);
    else put(draft, statement.words.slice(1, 2), next);
  }
  return fresh
    .slice(gone.length)
    .every((prefix) => add(draft, 'prefix', prefixText(prefix, wanted.isOnLinkOnly === true)));
};

const editRoutes = (draft: Draft, before: readonly string[] = [], wanted: readonly string[] = []): void => {
  const isGone = ({ words }: Statement): boolean => {
    const to = spelled(words[1]?.text ?? '');
    return before.includes(to) && !wanted.includes(to);
  };
  remove(draft, named(draft.block, 'route').filter(isGone));
  for (const to of wanted.filter((one) => !before.includes(one))) add(draft, 'route', routeText(to));
};

/** `usual`: what holds where nothing is said. */
const setValue = (draft: Draft, name: string, value: string, usual: string): void => {
  const statements = named(draft.block, name);
  if (value === usual) remove(draft, statements);
  else if (statements.length === 0) add(draft, name, `${name} ${value};`);
  else for (const { words } of statements) put(draft, words.slice(1), value);
};

/** One statement keeps what is said of it; of several none is sure to be the one that is meant. */
const editNames = (draft: Draft, kind: 'RDNSS' | 'DNSSL', wanted: readonly string[]): void => {
  const statements = named(draft.block, kind);
  const [only, ...others] = statements;
  const [first = [], ...rest] = kind === 'RDNSS' ? inThrees(wanted) : [wanted];
  if (only !== undefined && others.length === 0 && rest.length === 0 && first.length > 0) {
    put(draft, only.words.slice(1), first.join(' '));
    return;
  }
  remove(draft, statements);
  const anchor = draft.block.find((statement) => !statements.includes(statement));
  for (const names of [first, ...rest])
    if (anchor !== undefined && names.length > 0)
      draft.splices.push(insertion(draft.text, anchor, `${kind} ${names.join(' ')} { };`));
};

const isEqual = (a: readonly string[] = [], b: readonly string[] = []): boolean => a.join() === b.join();

/** Undefined: single statements cannot say it. */
export const blockSplices = (
  text: string,
  block: readonly Statement[],
  before: RouterAdvertiser,
  wanted: RouterAdvertiser,
): readonly Splice[] | undefined => {
  const draft: Draft = { text, block, splices: [] };
  if (before.isOnLinkOnly !== wanted.isOnLinkOnly) return undefined;
  if (!editPrefixes(draft, before, wanted)) return undefined;
  if (before.isDefaultRouter !== wanted.isDefaultRouter)
    setValue(draft, 'AdvDefaultLifetime', wanted.isDefaultRouter ? '' : '0', '');
  if (before.isManaged !== wanted.isManaged)
    setValue(draft, 'AdvManagedFlag', wanted.isManaged === true ? 'on' : 'off', 'off');
  if (before.preference !== wanted.preference)
    setValue(draft, 'AdvDefaultPreference', wanted.preference ?? 'medium', 'medium');
  if (before.mtuBytes !== wanted.mtuBytes) setValue(draft, 'AdvLinkMTU', String(wanted.mtuBytes ?? 0), '0');
  editRoutes(draft, before.routes, wanted.routes);
  if (!isEqual(before.resolver?.nameservers, wanted.resolver?.nameservers))
    editNames(draft, 'RDNSS', wanted.resolver?.nameservers ?? []);
  if (!isEqual(before.resolver?.search, wanted.resolver?.search))
    editNames(draft, 'DNSSL', wanted.resolver?.search ?? []);
  return draft.splices;
};
