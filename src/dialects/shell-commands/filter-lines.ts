/**
 * Command lines of iptables(8) and ip6tables(8), carried out on texts of rules: appended, inserted, replaced, deleted
 * and flushed, then read as what iptables-save(8) would print.
 */
import { type Family } from '../../net/address.ts';
import { type FilterTable } from '../../state/packet-filter.ts';
import { priorities } from '../iptables/classic-tables.ts';
import { type LineNote, readIptables } from '../iptables/read.ts';
import { type Place } from '../dialect.ts';
import { done, type Effect, ignored, unsaid, wrong } from './effect.ts';
import { ownEntry } from '../plain-values.ts';

interface RuleLine {
  readonly text: string;
  readonly at: Place;
}

interface ChainLines {
  policy: string;
  rules: RuleLine[];
}

/** By `4 filter`, then by chain. */
export type FilterLines = Map<string, Map<string, ChainLines>>;

export const noFilterLines = (): FilterLines => new Map();

const builtIn: Readonly<Record<string, string>> = {
  prerouting: 'PREROUTING',
  input: 'INPUT',
  forward: 'FORWARD',
  output: 'OUTPUT',
  postrouting: 'POSTROUTING',
};

/** The chains that the kernel has in a table as soon as it is there. */
const bornChains = (table: string): Map<string, ChainLines> =>
  new Map(Object.keys(priorities[table] ?? {}).map((hook) => [builtIn[hook] ?? hook, { policy: 'ACCEPT', rules: [] }]));

const tableOf = (lines: FilterLines, family: Family, table: string): Map<string, ChainLines> => {
  const key = `${family} ${table}`;
  const known = lines.get(key) ?? bornChains(table);
  lines.set(key, known);
  return known;
};

const isBuiltIn = (chain: string): boolean => Object.values(builtIn).includes(chain);

const quoted = (word: string): string =>
  /^[^\s"\\]+$/.test(word) ? word : `"${word.replaceAll(/["\\]/g, (character) => `\\${character}`)}"`;

interface Command {
  readonly letter: string;
  readonly chain: string | undefined;
  readonly rest: readonly string[];
}

const letters: Readonly<Record<string, string>> = {
  '--append': '-A',
  '--insert': '-I',
  '--delete': '-D',
  '--replace': '-R',
  '--flush': '-F',
  '--zero': '-Z',
  '--new-chain': '-N',
  '--new': '-N',
  '--delete-chain': '-X',
  '--policy': '-P',
  '--rename-chain': '-E',
  '--list': '-L',
  '--check': '-C',
  '--list-rules': '-S',
};

/** The table, the one command word with what follows it, and words for the program itself taken away. */
const commandIn = (words: readonly string[]): { table: string; command: Command | undefined } => {
  let table = 'filter';
  const rest: string[] = [];
  let letter: string | undefined;
  for (let index = 0; index < words.length; index += 1) {
    const word = words[index] ?? '';
    const spelled = ownEntry(letters, word) ?? word;
    if (word === '-t' || word === '--table') table = words[(index += 1)] ?? '';
    else if (word.startsWith('--table=')) table = word.slice(8);
    else if (word === '-w' || word === '--wait') {
      if (/^\d+$/.test(words[index + 1] ?? '')) index += 1;
    } else if (/^-[46nv]$|^--(?:ipv[46]|numeric|verbose|modprobe=.*)$/.test(word)) continue;
    else if (letter === undefined && /^-[AIDRFZNXPELCS]$/.test(spelled)) letter = spelled;
    else rest.push(word);
  }
  if (letter === undefined) return { table, command: undefined };
  // `iptables -s 10.0.0.1 -A INPUT` puts options first: the name of the chain is the first word that belongs to none.
  const chain = rest[0]?.startsWith('-') === true || rest[0] === '!' ? undefined : rest.shift();
  return { table, command: { letter, chain, rest } };
};

const placeIn = (rest: string[]): number | undefined =>
  /^\d+$/.test(rest[0] ?? '') ? Number(rest.shift()) : undefined;

const carryOut = (chains: Map<string, ChainLines>, { letter, chain, rest: words }: Command, at: Place): Effect => {
  const rest = [...words];
  if (letter === '-Z' || letter === '-L' || letter === '-S' || letter === '-C')
    return ignored('this only looks or counts');
  if (letter === '-F') {
    for (const [name, lines] of chains) if (chain === undefined || name === chain) lines.rules = [];
    return done;
  }
  if (letter === '-X') {
    for (const name of [...chains.keys()]) if (!isBuiltIn(name) && (chain ?? name) === name) chains.delete(name);
    return done;
  }
  if (chain === undefined) return wrong('it names no chain');
  const lines = chains.get(chain);
  if (letter === '-N') {
    if (lines !== undefined) return wrong(`the chain \`${chain}\` is there already`);
    chains.set(chain, { policy: '-', rules: [] });
    return done;
  }
  if (lines === undefined) return wrong(`there is no chain \`${chain}\` in this table`);
  switch (letter) {
    case '-P':
      if (!/^(?:ACCEPT|DROP)$/.test(rest[0] ?? '') || !isBuiltIn(chain)) return wrong('a policy is ACCEPT or DROP');
      lines.policy = rest[0] ?? 'ACCEPT';
      return done;
    case '-A':
      lines.rules.push({ text: rest.map(quoted).join(' '), at });
      return done;
    case '-I': {
      const index = (placeIn(rest) ?? 1) - 1;
      if (index > lines.rules.length || index < 0) return wrong('there are not as many rules');
      lines.rules.splice(index, 0, { text: rest.map(quoted).join(' '), at });
      return done;
    }
    case '-R': {
      const index = (placeIn(rest) ?? 0) - 1;
      if (lines.rules[index] === undefined) return wrong('there is no such rule');
      lines.rules[index] = { text: rest.map(quoted).join(' '), at };
      return done;
    }
    case '-D': {
      const number = placeIn(rest);
      const text = rest.map(quoted).join(' ');
      const index = number === undefined ? lines.rules.findIndex((rule) => rule.text === text) : number - 1;
      if (lines.rules[index] === undefined) return ignored('there is no such rule');
      lines.rules.splice(index, 1);
      return done;
    }
    default:
      return unsaid('renamed chains are not followed');
  }
};

/** `words`: what stands behind the name of the program. */
export const runIptables = (lines: FilterLines, family: Family, words: readonly string[], at: Place): Effect => {
  const { table, command } = commandIn(words);
  if (command === undefined) return wrong('it does nothing');
  if (!Object.hasOwn(priorities, table)) return wrong(`there is no table \`${table}\``);
  return carryOut(tableOf(lines, family, table), command, at);
};

/** One table as iptables-save prints it, with the place of each line. */
const savedTable = (table: string, chains: ReadonlyMap<string, ChainLines>): { lines: string[]; places: Place[] } => {
  const lines = [`*${table}`];
  const places: Place[] = [];
  // A chain that was never touched does nothing, and iptables-nft makes none.
  const used = [...chains].filter(
    ([name, { policy, rules }]) => !isBuiltIn(name) || policy !== 'ACCEPT' || rules.length > 0,
  );
  for (const [name, { policy }] of used) lines.push(`:${name} ${policy} [0:0]`);
  for (const [name, { rules }] of used)
    for (const { text, at } of rules) {
      places[lines.length] = at;
      lines.push(`-A ${name} ${text}`);
    }
  return { lines: [...lines, 'COMMIT'], places };
};

export interface FilterNote {
  readonly text: string;
  readonly at: Place;
}

export interface FilterReading {
  readonly tables: readonly FilterTable[];
  readonly errors: readonly FilterNote[];
  readonly unknown: readonly FilterNote[];
  /** By `<family> <table> <chain> <index>`. */
  readonly places: readonly (readonly [rule: string, at: Place])[];
}

/** All that the commands left, in normal form. */
export const readFilterLines = (all: FilterLines): FilterReading => {
  const readings = [...all].flatMap(([key, chains]) => {
    const { lines, places } = savedTable(key.slice(2), chains);
    if (lines.length === 2) return [];
    const reading = readIptables(lines.join('\n'), key.startsWith('6') ? 6 : 4);
    const placed = (notes: readonly LineNote[]): FilterNote[] =>
      notes.flatMap(({ line, text }) => {
        const at = places[line - 1];
        return at === undefined ? [] : [{ text, at }];
      });
    return {
      tables: reading.tables,
      errors: placed(reading.errors),
      unknown: placed(reading.unknown),
      places: Object.entries(reading.lines).flatMap(([rule, line]): [string, Place][] => {
        const at = places[line - 1];
        return at === undefined ? [] : [[rule, at]];
      }),
    };
  });
  return {
    tables: readings.flatMap(({ tables }) => tables),
    errors: readings.flatMap(({ errors }) => errors),
    unknown: readings.flatMap(({ unknown }) => unknown),
    places: readings.flatMap(({ places }) => places),
  };
};
