/**
 * resolv.conf(5): whom a machine asks for names. The resolver of the C library takes the first three servers, and of
 * several `domain` and `search` lines the last one.
 */
import { parseIp, printIp, type Ip } from '../../net/address.ts';
import { type Resolver } from '../../state/network-state.ts';
import { type ConfigText, type Dialect, type Place, type Reading, type Remark, type Writing } from '../dialect.ts';
import { listSteps, plainLines, withLineEdits, withLinesAdded } from '../line-edits.ts';
import { nothingRead, readingOf, stackIn } from '../reading.ts';
import { linesOf, placeIn, remarksOn, wordsIn, type Line, type Remarks, type Word } from '../text.ts';

/** MAXNS of <resolv.h>. */
const mostServers = 3;

const path = 'etc/resolv.conf';
const keyword = /^(?:nameserver|domain|search|options|sortlist)(?=[ \t]|$)/;
const isComment = (text: string): boolean => /^[#;]/.test(text) || text.trim() === '';

const resembles = (text: string): number => {
  const lines = linesOf(text).filter((line) => !isComment(line.text));
  const like = lines.filter((line) => keyword.test(line.text));
  return lines.length === 0 ? 0 : like.length / lines.length;
};

interface Found {
  readonly nameservers: string[];
  search: readonly string[];
}

/** One to four numbers, the last of which fills what is left; `0x` and `0` before them are bases (inet(3)). */
const parseClassic = (text: string): Ip | undefined => {
  const numbers = text
    .split('.')
    .map((part) => (/^(?:0x[0-9a-f]+|0[0-7]*|[1-9]\d*)$/i.test(part) ? Number(part.replace(/^0(?=\d)/, '0o')) : -1));
  const last = numbers.pop() ?? -1;
  const room = 256 ** (4 - numbers.length);
  if (numbers.length > 3 || last < 0 || last >= room || numbers.some((one) => one < 0 || one > 255)) return undefined;
  return { family: 4, value: BigInt(numbers.reduce((sum, one, at) => sum + one * 256 ** (3 - at), last)) };
};

const readServer = (line: Line, found: Found, tell: Remarks): boolean => {
  const [, word, further] = wordsIn(line);
  // An address may say its link: fe80::1%eth0.
  const text = word?.text.replace(/%.*$/, '') ?? '';
  const address = text.includes(':') ? parseIp(text) : parseClassic(text);
  if (word === undefined || address === undefined) {
    tell('error', 'not-an-address', `\`${word?.text ?? ''}\` is not an IP address`, word ?? { line: line.number });
    return false;
  }
  if (further !== undefined && !/^[#;]/.test(further.text))
    tell('ignored', 'further-words', `\`${further.text}\` is never asked: a line names one server`, further);
  if (word.text.includes('%'))
    tell('not-said', 'scope', `\`${word.text}\` names its link, which the model has no words for`, word);
  if (found.nameservers.length >= mostServers) {
    tell('ignored', 'too-many-servers', `\`${word.text}\` is never asked: three servers are the most`, word);
    return false;
  }
  found.nameservers.push(printIp(address));
  return true;
};

/** A line without domains changes nothing. */
const readDomains = (name: Word, values: readonly Word[], found: Found, tell: Remarks): boolean => {
  const domains = name.text === 'domain' ? values.slice(0, 1) : values;
  const sign = domains.find(({ text }) => /^[#;]/.test(text));
  if (sign !== undefined)
    tell(
      'error',
      'no-comment',
      'here it begins no comment: what follows is taken for domains',
      sign,
      'give it a line of its own',
    );
  if (domains.length === 0) return false;
  found.search = domains.map(({ text }) => text);
  return true;
};

const readLine = (line: Line, found: Found, tell: Remarks): boolean => {
  const [first, ...values] = wordsIn(line);
  if (first === undefined) return false;
  if (!keyword.test(line.text)) {
    tell('ignored', 'unknown-option', `\`${first.text}\` is no keyword of resolv.conf`, first);
    return false;
  }
  switch (first.text) {
    case 'nameserver':
      return readServer(line, found, tell);
    case 'domain':
    case 'search':
      return readDomains(first, values, found, tell);
    default:
      tell('not-said', 'unsaid-option', `\`${first.text}\` says how names are asked for, not whom`, first);
      return false;
  }
};

const read = (texts: readonly ConfigText[], { stack }: { readonly stack: string }): Reading => {
  const remarks: Remark[] = [];
  const found: Found = { nameservers: [], search: [] };
  let first: Place | undefined;
  for (const text of texts) {
    const tell = remarksOn(text.path, remarks);
    for (const line of linesOf(text.text)) {
      if (isComment(line.text)) continue;
      if (readLine(line, found, tell)) first ??= placeIn(text.path, { line: line.number });
    }
  }
  if (first === undefined) return nothingRead(remarks);
  if (found.nameservers.length === 0)
    remarks.push({
      ...{ kind: 'assumed', code: 'no-server', at: first },
      message: 'no server is named here: the C library asks 127.0.0.1',
    });
  const resolver: Resolver = { nameservers: found.nameservers, search: found.search };
  return readingOf(stack, { resolver }, remarks, { [`${stack}/resolver`]: first });
};

const serverLine = (server: string): string => `nameserver ${server}`;
const searchLines = ({ search }: Resolver): readonly string[] =>
  search.length === 0 ? [] : [`search ${search.join(' ')}`];

const omissionsOf = (stack: string, { nameservers }: Resolver): Writing['omissions'] =>
  nameservers.slice(mostServers).map((server) => ({
    stack,
    what: `resolver/nameservers/${server}`,
    why: 'the C library asks three servers at most',
  }));

const noResolver: Resolver = { nameservers: [], search: [] };

const write: NonNullable<Dialect['write']> = (state, stack) => {
  const resolver = stackIn(state, stack).resolver ?? noResolver;
  const kept = { ...resolver, nameservers: resolver.nameservers.slice(0, mostServers) };
  const lines = [...kept.nameservers.map(serverLine), ...searchLines(kept)];
  return {
    files: lines.length === 0 ? [] : [{ path, text: `${lines.join('\n')}\n` }],
    omissions: omissionsOf(stack, resolver),
  };
};

const isEqual = (a: readonly string[], b: readonly string[]): boolean =>
  a.length === b.length && a.every((value, index) => value === b[index]);

/** Servers that are asked, each with its line, counted from 0. */
const askedIn = (text: string): readonly { readonly at: number; readonly server: string }[] => {
  const found: Found = { nameservers: [], search: [] };
  return plainLines(text).flatMap((line, at) => {
    const isServer =
      /^nameserver(?=[ \t])/.test(line) && readServer({ number: at + 1, text: line }, found, () => undefined);
    return isServer ? [{ at, server: found.nameservers.at(-1) ?? '' }] : [];
  });
};

/** Lines of servers that stay keep what is written behind these. */
const withServers = (text: string, wanted: readonly string[]): string => {
  const asked = askedIn(text);
  if (asked.length === 0) return withLinesAdded(text, wanted.map(serverLine));
  const lines = plainLines(text);
  const instead = new Map<number, readonly string[]>();
  const behind = new Map<number, readonly string[]>();
  const lineOf = (index: number): number => asked[index]?.at ?? -1;
  const before = asked.map(({ server }) => server);
  for (const step of listSteps(before, wanted)) {
    if (step.kind === 'gone') instead.set(lineOf(step.at), []);
    if (step.kind === 'changed')
      instead.set(lineOf(step.at), [
        (lines[lineOf(step.at)] ?? '').replace(
          /^(nameserver[ \t]+)\S+/,
          (_, head: string) => head + (wanted[step.to] ?? ''),
        ),
      ]);
    if (step.kind === 'new') {
      const place = step.behind < 0 ? lineOf(0) - 1 : lineOf(step.behind);
      behind.set(place, [...(behind.get(place) ?? []), serverLine(wanted[step.to] ?? '')]);
    }
  }
  return withLineEdits(text, { instead, behind });
};

/** One line in place of the first about domains; the others would count after it, and go. */
const withDomains = (text: string, wanted: Resolver): string => {
  const isAbout = (line: string): boolean => /^(?:search|domain)(?=[ \t]|$)/.test(line);
  const about = plainLines(text).flatMap((line, at) => (isAbout(line) ? [at] : []));
  const [first, ...others] = about;
  if (first === undefined) return withLinesAdded(text, searchLines(wanted));
  const instead = new Map(others.map((at): [number, readonly string[]] => [at, []])).set(first, searchLines(wanted));
  return withLineEdits(text, { instead, behind: new Map() });
};

/** The last text is the one that is edited: there is one file of this name. */
const edit: NonNullable<Dialect['edit']> = (texts, state, stack) => {
  const wanted = stackIn(state, stack).resolver ?? noResolver;
  const before = read(texts, { stack }).stacks[stack]?.resolver ?? noResolver;
  const last = texts.at(-1);
  if (last === undefined) return write(state, stack);
  let { text } = last;
  if (!isEqual(before.nameservers, wanted.nameservers))
    text = withServers(text, wanted.nameservers.slice(0, mostServers));
  if (!isEqual(before.search, wanted.search)) text = withDomains(text, wanted);
  return { files: [...texts.slice(0, -1), { path: last.path, text }], omissions: omissionsOf(stack, wanted) };
};

export const resolvConf: Dialect = {
  name: 'resolv.conf',
  owns: (it) => it === path,
  resembles,
  read,
  write,
  edit,
};
