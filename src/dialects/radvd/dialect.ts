/**
 * radvd.conf(5): router advertisements by interface. A prefix counts that hosts may make an address in; lifetimes of the
 * router say whether it is a default router.
 */
import { parseInterfaceAddress, prefixOf, printPrefix, type Prefix } from '../../net/prefix.ts';
import { type RouterAdvertiser } from '../../state/service.ts';
import { type Stack } from '../../state/network-state.ts';
import { type Dialect, type Place, type Remark } from '../dialect.ts';
import { nothingRead, readingOf, stackIn } from '../reading.ts';
import { placeOfOffset, remarksOn } from '../text.ts';
import { ownEntry } from '../plain-values.ts';

const path = 'etc/radvd.conf';

interface Token {
  readonly text: string;
  readonly offset: number;
}

const tokensOf = (text: string): readonly Token[] =>
  [...text.matchAll(/#[^\n]*|[{};]|"[^"\n]*"|[^\s{};#"]+/g)]
    .filter(([word]) => !word.startsWith('#'))
    .map((found) => ({ text: found[0].replaceAll('"', ''), offset: found.index }));

interface Statement {
  readonly words: readonly Token[];
  readonly block?: readonly Statement[];
}

/** Statements up to the closing brace, and the place behind it; `faults` are what stands where nothing can. */
const parse = (
  tokens: readonly Token[],
  begin: number,
  depth: number,
  faults: Token[],
): readonly [readonly Statement[], number] => {
  const statements: Statement[] = [];
  let words: Token[] = [];
  let at = begin;
  for (; at < tokens.length; at += 1) {
    const token = tokens[at];
    if (token === undefined) break;
    if (token.text === '}') {
      if (depth === 0) {
        faults.push(token);
        continue;
      }
      if (words.length > 0) faults.push(token);
      return [statements, at];
    }
    if (token.text === ';') {
      if (words.length > 0) statements.push({ words });
      words = [];
    } else if (token.text === '{') {
      if (words.length === 0 || depth > 8) faults.push(token);
      const [block, end] = parse(tokens, at + 1, depth + 1, faults);
      statements.push({ words, block });
      words = [];
      at = end;
    } else words.push(token);
  }
  const last = tokens.at(-1);
  if ((depth > 0 || words.length > 0) && last !== undefined && !faults.includes(last)) faults.push(last);
  return [statements, at];
};

const valueIn = (block: readonly Statement[], name: string): string | undefined =>
  block.findLast(({ words }) => words[0]?.text.toLowerCase() === name.toLowerCase())?.words[1]?.text;

const isOn = (value: string | undefined, usual: boolean): boolean =>
  value === undefined ? usual : value.toLowerCase() === 'on';

const resembles = (text: string): number =>
  /^[ \t]*interface[ \t]+[^\s{]+\s*\{/m.test(text) && /\bAdvSendAdvert\b|\bprefix\s+\S+\s*\{/.test(text) ? 0.98 : 0;

const said = new Set(['prefix', 'advsendadvert', 'advdefaultlifetime', 'ignoreifmissing']);
/** How often, and what decides nothing about who reaches whom here. */
const timing =
  /^(?:M(?:ax|in)|AdvReachableTime|AdvRetransTimer|AdvCurHopLimit|UnicastOnly|AdvSourceLLAddress|AdvRASrcAddress)/i;

/** radvd takes bits behind the length, and hosts leave them out. */
const readPrefix = (text: string): Prefix | undefined => {
  const parsed = parseInterfaceAddress(text);
  return parsed && prefixOf(parsed.address, parsed.length);
};

/** What radvd advertises where nothing is said (radvd.conf(5)). */
const usual: Readonly<Record<string, string>> = {
  advmanagedflag: 'off',
  advotherconfigflag: 'off',
  advhomeagentflag: 'off',
  advintervalopt: 'off',
  advlinkmtu: '0',
  advdefaultpreference: 'medium',
};

const isUsual = ([first, value]: Statement['words']): boolean =>
  first !== undefined && value !== undefined && ownEntry(usual, first.text.toLowerCase()) === value.text.toLowerCase();

/** A line of this kind is 64 bits long: another prefix is advertised, and nobody makes an address in it. */
const readPrefixes = (
  block: readonly Statement[],
  tell: (kind: Remark['kind'], code: string, message: string, at: Token) => void,
): readonly string[] =>
  block.flatMap(({ words: [first, value], block: settings = [] }) => {
    if (first?.text.toLowerCase() !== 'prefix') return [];
    const parsed = readPrefix(value?.text ?? '');
    if (parsed?.family !== 6) {
      tell('error', 'not-a-prefix', `\`${value?.text ?? ''}\` is not an IPv6 prefix`, value ?? first);
      return [];
    }
    if (printPrefix(parsed) === '::/64') {
      tell(
        'not-said',
        'prefix-of-interface',
        '`::/64` stands for the prefixes of the interface, whatever they are',
        value ?? first,
      );
      return [];
    }
    if (!isOn(valueIn(settings, 'AdvAutonomous'), true)) {
      tell(
        'not-said',
        'not-autonomous',
        `\`${printPrefix(parsed)}\` is on the link, but not for addresses that hosts give themselves`,
        first,
      );
      return [];
    }
    if (parsed.length !== 64)
      tell(
        'not-said',
        'length',
        `hosts give themselves addresses in prefixes of 64 bits only, not ${parsed.length}`,
        value ?? first,
      );
    if (!isOn(valueIn(settings, 'AdvOnLink'), true))
      tell('not-said', 'not-on-link', `\`${printPrefix(parsed)}\` is not said to be on the link`, first);
    return [printPrefix(parsed)];
  });

const read: Dialect['read'] = (texts, { stack }) => {
  const remarks: Remark[] = [];
  const origins: Record<string, Place> = {};
  const services: RouterAdvertiser[] = [];
  for (const it of texts) {
    const add = remarksOn(it.path, remarks);
    const tell = (kind: Remark['kind'], code: string, message: string, at: Token): void =>
      add(kind, code, message, placeOfOffset(it.path, it.text, at.offset));
    const faults: Token[] = [];
    const [statements] = parse(tokensOf(it.text), 0, 0, faults);
    for (const fault of faults)
      tell(
        'error',
        'not-radvd',
        `\`${fault.text}\` cannot stand here: radvd loads nothing of a file with a fault`,
        fault,
      );
    for (const { words, block } of statements) {
      const [keyword, name] = words;
      if (keyword?.text.toLowerCase() !== 'interface' || name === undefined || block === undefined) {
        if (keyword !== undefined) tell('error', 'not-radvd', `\`${keyword.text}\` begins no block of radvd`, keyword);
        continue;
      }
      for (const { words: inner } of block) {
        const [first] = inner;
        if (first !== undefined && !said.has(first.text.toLowerCase()) && !timing.test(first.text) && !isUsual(inner))
          tell('not-said', 'unsaid-option', `\`${first.text}\` is advertised, and not modelled`, first);
      }
      const prefixes = readPrefixes(block, tell);
      // AdvSendAdvert is off unless it is said.
      if (!isOn(valueIn(block, 'AdvSendAdvert'), false)) {
        tell('ignored', 'silent', `nothing is advertised on \`${name.text}\`: AdvSendAdvert is off`, keyword);
        continue;
      }
      const lifetime = valueIn(block, 'AdvDefaultLifetime');
      services.push({
        kind: 'router-advertiser',
        interface: name.text,
        prefixes,
        isDefaultRouter: lifetime === undefined || Number(lifetime) !== 0,
      });
      origins[`${stack}/services/router-advertiser ${name.text}`] = placeOfOffset(it.path, it.text, keyword.offset);
    }
  }
  return services.length === 0 ? nothingRead(remarks) : readingOf(stack, { services }, remarks, origins);
};

const advertisersOf = ({ services }: Stack): readonly RouterAdvertiser[] =>
  services.filter((service): service is RouterAdvertiser => service.kind === 'router-advertiser');

const blockText = ({ interface: name, prefixes, isDefaultRouter }: RouterAdvertiser): string =>
  [
    `interface ${name} {`,
    '  AdvSendAdvert on;',
    ...(isDefaultRouter ? [] : ['  AdvDefaultLifetime 0;']),
    ...prefixes.map((prefix) => `  prefix ${prefix} { AdvOnLink on; AdvAutonomous on; };`),
    '};',
    '',
  ].join('\n');

const write: NonNullable<Dialect['write']> = (state, stack) => {
  const text = advertisersOf(stackIn(state, stack)).map(blockText).join('\n');
  return { files: text === '' ? [] : [{ path, text }], omissions: [] };
};

/** Blocks of interfaces that say the same stay; others are written anew in their place. */
const edit: NonNullable<Dialect['edit']> = (texts, state, stack) => {
  const wanted = advertisersOf(stackIn(state, stack));
  const before = (read(texts, { stack }).stacks[stack]?.services ?? []) as readonly RouterAdvertiser[];
  const isSame = (a: RouterAdvertiser): boolean => before.some((b) => JSON.stringify(a) === JSON.stringify(b));
  const left = new Set(wanted.filter((one) => !isSame(one)));
  const files = texts.map((it) => ({
    path: it.path,
    text: it.text.replaceAll(
      /^[ \t]*interface[ \t]+([^\s{]+)\s*\{(?:[^{}]|\{[^{}]*\})*\}[ \t]*;?[ \t]*\n?/gm,
      (whole, name: string) => {
        const fresh = wanted.find((one) => one.interface === name);
        if (fresh === undefined) return before.some((one) => one.interface === name) ? '' : whole;
        if (isSame(fresh)) return whole;
        left.delete(fresh);
        return blockText(fresh);
      },
    ),
  }));
  const [first, ...others] = files;
  const added = [...left].map(blockText).join('\n');
  if (first === undefined) return write(state, stack);
  return {
    files: [
      { path: first.path, text: `${first.text}${added === '' ? '' : `${first.text === '' ? '' : '\n'}${added}`}` },
      ...others,
    ],
    omissions: [],
  };
};

export const radvd: Dialect = { name: 'radvd', owns: (it) => it === path, resembles, read, write, edit };
