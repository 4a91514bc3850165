/** An inspection as text for people: a table of interfaces, then what stands above them all. */
import { type Inspection, type InterfaceInspection } from '../inspect/inspect-host.ts';
import { type FilterOwner } from '../inspect/filter-tables.ts';
import { type OutsideAnswer } from '../inspect/outside.ts';
import { printTable, type Cell, type TableOptions } from './table.ts';
import { wrap } from './wrap.ts';

/** Lines of a cell are broken where they are longer. */
const cellWidth = 38;

const lines = (texts: readonly string[], width = cellWidth): readonly string[] =>
  texts.flatMap((text) => wrap(text, width, '  ').split('\n'));

const ownerLines = ({ owner: { madeBy, runBy, isCertain } }: InterfaceInspection): readonly string[] => [
  `${madeBy}${isCertain ? '' : ' ?'}`,
  ...(runBy === null || runBy === madeBy ? [] : [`run by ${runBy}`]),
];

/** Without those that every link has of its own, unless it has no other. */
const addressLines = ({ addresses }: InterfaceInspection): readonly string[] => {
  const told = addresses.filter((address) => !address.startsWith('fe80:'));
  return told.length === 0 ? addresses : told;
};

const answerText = ({ byDefault, why, hindrance, withRoute }: OutsideAnswer): string => {
  if (byDefault === 'yes') return 'yes';
  if (byDefault === 'unknown') return `unknown: ${why}`;
  if (withRoute === 'yes') return 'only with a route to it';
  const reason = hindrance ?? why;
  return withRoute === 'unknown' ? `no; with a route, unknown: ${reason}` : `no: ${reason}`;
};

/** One line for both families where they are alike. */
const linesFor = (answers: readonly OutsideAnswer[], lead: string): readonly string[] => {
  const texts = answers.map(answerText);
  if (new Set(texts).size < 2) return texts.slice(0, 1).map((text) => lead + text);
  return answers.map(({ address }, at) => `${lead}IPv${address.includes(':') ? 6 : 4} ${texts[at] ?? ''}`);
};

const outsideLines = ({ outside, master }: InterfaceInspection): readonly string[] =>
  outside.length === 0 && master !== null
    ? [`as ${master}`]
    : [
        ...linesFor(
          outside.filter(({ whose }) => whose === 'this machine'),
          '',
        ),
        ...linesFor(
          outside.filter(({ whose }) => whose === 'a guest'),
          'guests: ',
        ),
      ];

const headings = ['INTERFACE', 'MADE BY', 'IS', 'ADDRESSES', 'FROM OUTSIDE'].map((heading) => ({ heading }));

const rowOf = (it: InterfaceInspection): readonly Cell[] => [
  lines([it.interface, ...it.altnames.map((name) => `= ${name}`), ...(it.alias === null ? [] : [`"${it.alias}"`])]),
  ownerLines(it),
  lines([it.is.join(', ')]),
  addressLines(it),
  lines(outsideLines(it)),
];

const tableText = ({ table, by, programs, rules }: FilterOwner): string => {
  const who = programs.length === 0 ? '' : `: ${programs.join(', ')}`;
  return `${table}${by === 'iptables' ? ' (iptables)' : ''}${who}, ${rules} ${rules === 1 ? 'rule' : 'rules'}`;
};

const filterTexts = ({ filter }: Inspection): readonly string[] => {
  const { isSeen, tables, legacyTables, frontEnds } = filter;
  return [
    ...(isSeen
      ? tables.length === 0
        ? ['no rules of nftables']
        : tables.map(tableText)
      : ['cannot be read by this user']),
    ...legacyTables.map((table) => `${table} (iptables-legacy, beside nftables)`),
    ...frontEnds.map((program) => `${program} is switched on`),
  ];
};

const programTexts = ({ charge }: Inspection): readonly string[] => [
  `${charge.inCharge ?? 'nobody known'}: ${charge.because}`,
  ...charge.programs.map(
    ({ program, state, interfaces }) =>
      `${program} (${state})${interfaces.length === 0 ? '' : ` runs ${interfaces.join(', ')}`}`,
  ),
  ...charge.contested.map(({ interface: name, programs }) => `${name} is run by ${programs.join(' and ')} at once`),
];

const unseenTexts = ({ unseen }: Inspection): readonly string[] => {
  const byWhy = new Map<string, string[]>();
  for (const { what, why } of unseen) byWhy.set(why, [...(byWhy.get(why) ?? []), what]);
  return [...byWhy].map(([why, whats]) => `${whats.join(', ')}: ${why}`);
};

const section = (title: string, texts: readonly string[], { paint, width }: TableOptions): string =>
  texts.length === 0 ? '' : [paint('bold', title), ...texts.map((text) => wrap(`  ${text}`, width, '    '))].join('\n');

export const printInspection = (found: Inspection, options: TableOptions): string => {
  const { kvm, interfaces } = found;
  const isUnsure = interfaces.some(({ owner }) => !owner.isCertain);
  return [
    printTable(headings, interfaces.map(rowOf), options),
    isUnsure
      ? wrap('? by its name alone, or as far as this user sees (`--json` tells the evidence)', options.width, '  ')
      : '',
    section('Networking', programTexts(found), options),
    section('Packet filter', filterTexts(found), options),
    section('KVM', [`${kvm.usable}: ${kvm.why}`, ...(kvm.help === null ? [] : [`help: ${kvm.help}`])], options),
    section('Not seen', unseenTexts(found), options),
  ]
    .filter((part) => part !== '')
    .join('\n\n');
};
