/**
 * radvd.conf(5): router advertisements by interface. A prefix counts that hosts may make an address in; lifetimes of the
 * router say whether it is a default router.
 */
import { type RouterAdvertiser } from '../../state/service.ts';
import { type Stack } from '../../state/network-state.ts';
import { normalPart } from '../differences.ts';
import { type ConfigText, type Dialect } from '../dialect.ts';
import { withLinesAdded } from '../line-edits.ts';
import { stackIn } from '../reading.ts';
import { blockSplices, inThrees, prefixText, routeText } from './edit-block.ts';
import { parseRadvd } from './parse.ts';
import { withSplices, type Splice } from './splices.ts';
import { read } from './read.ts';

const path = 'etc/radvd.conf';

const resembles = (text: string): number =>
  /^[ \t]*interface[ \t]+[^\s{]+\s*\{/m.test(text) && /\bAdvSendAdvert\b|\bprefix\s+\S+\s*\{/.test(text) ? 0.98 : 0;

const advertisersOf = ({ services }: Stack): readonly RouterAdvertiser[] =>
  services.filter((service): service is RouterAdvertiser => service.kind === 'router-advertiser');

const blockText = ({
  interface: name,
  prefixes,
  isDefaultRouter,
  isManaged,
  isOnLinkOnly,
  resolver,
  preference,
  routes,
  mtuBytes,
}: RouterAdvertiser): string =>
  [
    `interface ${name} {`,
    '  AdvSendAdvert on;',
    ...(isDefaultRouter ? [] : ['  AdvDefaultLifetime 0;']),
    ...(preference === undefined ? [] : [`  AdvDefaultPreference ${preference};`]),
    ...(mtuBytes === undefined ? [] : [`  AdvLinkMTU ${mtuBytes};`]),
    ...(isManaged === true ? ['  AdvManagedFlag on;'] : []),
    ...prefixes.map((prefix) => `  ${prefixText(prefix, isOnLinkOnly === true)}`),
    ...(routes ?? []).map((to) => `  ${routeText(to)}`),
    ...inThrees(resolver?.nameservers ?? []).map((addresses) => `  RDNSS ${addresses.join(' ')} { };`),
    ...(resolver === undefined || resolver.search.length === 0 ? [] : [`  DNSSL ${resolver.search.join(' ')} { };`]),
    '};',
    '',
  ].join('\n');

const write: NonNullable<Dialect['write']> = (state, stack) => {
  const text = advertisersOf(stackIn(state, stack)).map(blockText).join('\n');
  return { files: text === '' ? [] : [{ path, text }], omissions: [] };
};

const advertisersSaid = (texts: readonly ConfigText[], stack: string): readonly RouterAdvertiser[] =>
  advertisersOf(normalPart(read(texts, { stack }).stacks[stack]));

const isSame = (a: RouterAdvertiser, b: RouterAdvertiser | undefined): boolean =>
  JSON.stringify(a) === JSON.stringify(b);

/** A block with its line's end, for one that is not to be there any more. */
const withEndOfLine = (text: string, end: number): number => {
  const rest = /^[ \t]*\r?\n/.exec(text.slice(end))?.[0] ?? '';
  return end + rest.length;
};

const withLineEnds = (like: string, text: string): string => (/\r\n/.test(like) ? text.replaceAll('\n', '\r\n') : text);

/** What of the text changes for the blocks of some interfaces; undefined: single statements cannot say it. */
const splicesOf = (
  { text }: ConfigText,
  before: readonly RouterAdvertiser[],
  wanted: readonly RouterAdvertiser[],
  isWhole: boolean,
): readonly Splice[] | undefined => {
  const splices: Splice[] = [];
  for (const { words, block = [], end } of parseRadvd(text).statements) {
    const from = words[0]?.offset ?? end;
    const was = before.find((one) => one.interface === words[1]?.text);
    const is = wanted.find((one) => one.interface === words[1]?.text);
    if (words[0]?.text !== 'interface' || (was === undefined && is === undefined)) continue;
    if (is === undefined) splices.push({ from, to: withEndOfLine(text, end), text: '' });
    else if (isWhole || was === undefined)
      splices.push(...(isSame(is, was) ? [] : [{ from, to: end, text: withLineEnds(text, blockText(is).trimEnd()) }]));
    else {
      const own = blockSplices(text, block, was, is);
      if (own === undefined) return undefined;
      splices.push(...own);
    }
  }
  return splices;
};

const interfacesIn = (texts: readonly ConfigText[]): ReadonlySet<string | undefined> =>
  new Set(texts.flatMap(({ text }) => parseRadvd(text).statements.map(({ words }) => words[1]?.text)));

/** Statements that say what changed where reading them proves it, else whole blocks; those of new interfaces at the end. */
const edit: NonNullable<Dialect['edit']> = (texts, state, stack) => {
  const wanted = advertisersOf(normalPart(stackIn(state, stack)));
  const before = advertisersSaid(texts, stack);
  if (texts.length === 0) return write(state, stack);
  if (JSON.stringify(before) === JSON.stringify(wanted)) return { files: texts, omissions: [] };
  const there = interfacesIn(texts);
  const fresh = wanted.filter((one) => !there.has(one.interface)).map(blockText);
  const edited = (isWhole: boolean): readonly ConfigText[] | undefined => {
    const all = texts.map((it) => ({ ...it, splices: splicesOf(it, before, wanted, isWhole) }));
    if (all.some(({ splices }) => splices === undefined)) return undefined;
    return all.map(({ path: its, text, splices = [] }, index) => {
      const whole = withSplices(text, splices);
      const lines =
        index > 0 ? [] : fresh.flatMap((block) => [...(whole === '' ? [] : ['']), ...block.trimEnd().split('\n')]);
      return { path: its, text: withLinesAdded(whole, lines) };
    });
  };
  const byStatement = edited(false);
  const isSaid =
    byStatement !== undefined && JSON.stringify(advertisersSaid(byStatement, stack)) === JSON.stringify(wanted);
  return { files: isSaid ? byStatement : (edited(true) ?? texts), omissions: [] };
};

export const radvd: Dialect = { name: 'radvd', owns: (it) => it === path, resembles, read, write, edit };
