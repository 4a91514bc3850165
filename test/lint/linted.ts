/** Networks as the files of their machines, and what lint says of them. */
import { type Wiring } from '../../src/dialects/plug.ts';
import { readNetwork, type ReadNetwork } from '../../src/dialects/read-network.ts';
import { consequenceText } from '../../src/lint/consequence.ts';
import { type Finding } from '../../src/lint/finding.ts';
import { lint } from '../../src/lint/lint.ts';
import { type Outside } from '../../src/lint/rule.ts';
import { isInternet } from '../../src/recognise/lab-of-state.ts';

/** By machine, and by path on it. */
export type Machines = Readonly<Record<string, Readonly<Record<string, string>>>>;
export type Segments = Readonly<Record<string, readonly string[]>>;

const nowhere = { path: 'wiring.yaml', line: 1, column: 1 };

const wiringOf = (segments: Segments): Wiring =>
  Object.fromEntries(
    Object.entries(segments).map(([segment, ends]) => [
      segment,
      ends.map((end) => {
        const at = end.indexOf(':');
        return { stack: end.slice(0, at), interface: end.slice(at + 1), at: nowhere };
      }),
    ]),
  );

/** `segments`: each a list as in `host:eth0`; absent where nobody says what is plugged where. */
export const readAll = (machines: Machines, segments?: Segments): ReadNetwork =>
  readNetwork(
    Object.entries(machines).map(([name, files]) => ({
      name,
      texts: Object.entries(files).map(([path, text]) => ({ path, file: `${name}/${path}`, text })),
    })),
    segments === undefined ? {} : { wiring: wiringOf(segments) },
  );

const known = new Map<string, readonly Finding[]>();

/** Asked once for each network. */
export const linted = (machines: Machines, segments?: Segments, outside: Partial<Outside> = {}): readonly Finding[] => {
  const key = JSON.stringify([machines, segments, Object.entries(outside).map(([name, set]) => [name, [...set]])]);
  const before = known.get(key);
  if (before !== undefined) return before;
  const { state, remarks, origins, dialectOf } = readAll(machines, segments);
  const fixed = new Set(Object.entries(state.stacks).flatMap(([name, stack]) => (isInternet(stack) ? [name] : [])));
  const found = lint({ state, remarks, origins, dialectOf, outside: { fixed, ...outside } });
  known.set(key, found);
  return found;
};

/** `code stack: message`, with what comes of it in further lines. */
export const told = (finding: Finding): readonly string[] => [
  `${finding.code}: ${finding.message}`,
  ...(finding.consequence === undefined ? [] : consequenceText(finding.consequence)),
];

export const codesOf = (findings: readonly Finding[]): readonly string[] =>
  [...new Set(findings.map(({ code }) => code))].sort();

export const findingsOfCode = (findings: readonly Finding[], code: string): readonly Finding[] =>
  findings.filter((finding) => finding.code === code);

/** interfaces(5): a static interface, with more options in further lines. */
export const static4 = (name: string, address: string, ...more: readonly string[]): string =>
  [`auto ${name}`, `iface ${name} inet static`, `  address ${address}`, ...more.map((line) => `  ${line}`), ''].join(
    '\n',
  );

export const dhcp = (name: string, ...more: readonly string[]): string =>
  [`auto ${name}`, `iface ${name} inet dhcp`, ...more.map((line) => `  ${line}`), ''].join('\n');

export const manual = (name: string): string => `auto ${name}\niface ${name} inet manual\n`;

export const interfaces = 'etc/network/interfaces';
