/**
 * The language to its reference documentation, `docs/spec.md`: a table for every map of the language, from the schema,
 * between the hand-written parts.
 */
import { labJsonSchema, type JsonSchema } from './json-schema.ts';
import { closing, introduction } from './reference-text.ts';
import { expectedAt, shapesAt } from './shape.ts';
import { type Path } from './spec.ts';

interface Section {
  readonly title: string;
  /** Where a map of this kind stands; any name will do where names are free. */
  readonly path: Path;
  readonly about: string;
}

const firewall = ['machines', 'web', 'services', 0, 'firewall'] as const;

const sections: readonly Section[] = [
  { title: 'The file', path: [], about: 'The keys at the left margin.' },
  { title: '`addressing`', path: ['addressing'], about: 'Where planned values come from.' },
  { title: '`outside`', path: ['outside'], about: 'What exists already.' },
  { title: 'An outside network', path: ['outside', 'networks', 'office'], about: 'Under `outside`, `networks`.' },
  {
    title: 'A machine',
    path: ['machines', 'web'],
    about: 'Under `machines`, `hosts`, and `outside`, `machines`. `{}` is a machine without interfaces.',
  },
  {
    title: 'An interface',
    path: ['machines', 'web', 'nics', 'eth0'],
    about: 'Under `nics`. The name of a network alone means `{ network: … }`.',
  },
  {
    title: '`bond`, in full',
    path: ['machines', 'web', 'nics', 'eth0', 'bond'],
    about: 'Of an interface. A list alone means `{ members: … }`.',
  },
  { title: 'A route', path: ['machines', 'web', 'routes', 0], about: 'An item of `routes`.' },
  {
    title: '`routing`, in full',
    path: ['machines', 'web', 'routing'],
    about: 'Of a machine. `ospf` alone is OSPF without BGP.',
  },
  { title: '`bgp`', path: ['machines', 'web', 'routing', 'bgp'], about: 'Of `routing`.' },
  {
    title: 'A service',
    path: ['machines', 'web', 'services', 0],
    about:
      'An item of `services`: `router`, which forwards what is not for itself, `web`, `time`, `mail`, `files`, or a map with one of these.',
  },
  { title: '`firewall`', path: firewall, about: 'A service: a packet filter on the machine, for both families.' },
  {
    title: 'An exception of a firewall',
    path: [...firewall, 'allow', 0],
    about:
      'An item of `allow`, `reject` and `deny`: `ping`, `ssh`, `dns`, `http`, `https`, `smtp`, `dhcp`, `ntp`, `smb`, or a map.',
  },
  {
    title: '`dhcp`, the service',
    path: ['machines', 'web', 'services', 0, 'dhcp'],
    about: 'A machine that serves DHCP.',
  },
  {
    title: '`web`, the service',
    path: ['machines', 'web', 'services', 0, 'web'],
    about: 'A machine that serves web pages.',
  },
  {
    title: '`time`, the service',
    path: ['machines', 'web', 'services', 0, 'time'],
    about: 'A machine that tells the time.',
  },
  {
    title: '`mail`, the service',
    path: ['machines', 'web', 'services', 0, 'mail'],
    about: 'A machine that takes mail for the lab, and sends it to others.',
  },
  {
    title: '`files`, the service',
    path: ['machines', 'web', 'services', 0, 'files'],
    about: 'A machine that shares a folder.',
  },
  { title: '`image`, in full', path: ['machines', 'web', 'image'], about: 'A system built from packages.' },
  { title: 'A disk', path: ['machines', 'web', 'disks', 0], about: 'An item of `disks`.' },
  { title: 'A network', path: ['networks', 'lan'], about: 'Under `networks`.' },
  { title: '`dhcp` of a network', path: ['networks', 'lan', 'dhcp'], about: 'Who gives out addresses, in full.' },
  {
    title: 'A shared address',
    path: ['networks', 'lan', 'shared', 0],
    about: 'An item of `shared`, of a network or an outside one.',
  },
  { title: 'What is published', path: ['networks', 'lan', 'publish', 0], about: 'An item of `publish`.' },
  {
    title: '`dns`',
    path: ['dns'],
    about: 'The names of the machines, forward and reverse, and who answers for them.',
  },
  { title: '`watch`', path: ['watch'], about: 'Who watches whether the machines are there.' },
  { title: '`alert`', path: ['watch', 'alert'], about: 'Of `watch`: one of the two.' },
  { title: 'A rule', path: ['policy', 0], about: 'An item of `policy`.' },
  { title: 'An expectation', path: ['expect', 0], about: 'An item of `expect`.' },
];

/** The map among the shapes that may stand at a section's place, with all its keys. */
const keysOf = (schema: JsonSchema, path: Path): readonly (readonly [string, JsonSchema, boolean])[] =>
  shapesAt(schema, path).flatMap(({ properties, required }) =>
    Object.entries(properties ?? {}).map(
      ([key, value]) =>
        [
          key,
          value,
          required?.includes(key) === true && path.at(-2) !== 'services' && path.at(-1) !== 'alert',
        ] as const,
    ),
  );

const cell = (text: string): string => text.replaceAll('|', '\\|');

const limits = ({ minimum, maximum }: JsonSchema): string => {
  if (minimum === undefined || minimum === 0) return '';
  return maximum === undefined ? `, at least ${minimum}` : `, ${minimum} to ${maximum}`;
};

const row = (schema: JsonSchema, path: Path, key: string, value: JsonSchema, isRequired: boolean): string => {
  const words = `${expectedAt(schema, [...path, key])}${limits(value)}`;
  return `| \`${key}\`${isRequired ? ' (required)' : ''} | ${cell(words)} | ${cell(value.description ?? '')} |`;
};

const printSection = (schema: JsonSchema, { title, path, about }: Section): string => {
  const rows = keysOf(schema, path).map(([key, value, isRequired]) => row(schema, path, key, value, isRequired));
  return [`### ${title}`, '', about, '', '| Key | Value | Meaning |', '| --- | --- | --- |', ...rows, ''].join('\n');
};

/** The text of `docs/spec.md`. */
export const specReference = (): string => {
  const schema = labJsonSchema();
  const tables = sections.map((section) => printSection(schema, section)).join('\n');
  return `${introduction}\n## The keys\n\n${tables}\n${closing}`;
};
