/** A layout as SVG: one file without scripts or references, readable in light and dark, with the details as titles. */
import { faces, margin, type Card, type Line } from './boxes.ts';
import { type Layout, type PlacedCrowd, type PlacedMachine, type PlacedSegment, type Wire } from './layout.ts';
import { dutyWords, type Scene, type SceneMachine } from './scene.ts';

export type Theme = 'auto' | 'light' | 'dark';

type Palette = Readonly<
  Record<
    | 'page'
    | 'text'
    | 'dim'
    | 'wire'
    | 'segment'
    | 'segmentEdge'
    | 'cloud'
    | 'card'
    | 'cardEdge'
    | 'host'
    | 'hostEdge'
    | 'outside',
    string
  >
>;

const light: Palette = {
  ...{ page: '#ffffff', text: '#1b2430', dim: '#556170', wire: '#6b7888' },
  ...{ segment: '#eef3f9', segmentEdge: '#a9bacd', cloud: '#e6ecf3' },
  ...{ card: '#ffffff', cardEdge: '#9fb0c2', host: '#e3f1e6', hostEdge: '#4f8a5b', outside: '#f6f1e4' },
};

const dark: Palette = {
  ...{ page: '#12171d', text: '#e8edf3', dim: '#a9b5c2', wire: '#8694a5' },
  ...{ segment: '#1c2530', segmentEdge: '#43566b', cloud: '#202c3a' },
  ...{ card: '#27323f', cardEdge: '#566a80', host: '#1f3526', hostEdge: '#6fb57e', outside: '#373122' },
};

const rulesOf = (of: Palette): string =>
  [
    `.page{fill:${of.page}}`,
    `text{fill:${of.text}}.plain,.label{fill:${of.dim}}`,
    `.wire{stroke:${of.wire}}`,
    `.segment{fill:${of.segment};stroke:${of.segmentEdge}}.cloud{fill:${of.cloud};stroke:${of.segmentEdge}}`,
    `.machine{fill:${of.card};stroke:${of.cardEdge}}.host{fill:${of.host};stroke:${of.hostEdge}}`,
    `.outside{fill:${of.outside};stroke:${of.cardEdge}}`,
    `.crowd{stroke:${of.cardEdge}}.label{stroke:${of.page}}`,
  ].join('');

const shape = [
  `text{font-family:system-ui,"DejaVu Sans",sans-serif;font-size:${faces.plain.size}px}`,
  `.name{font-size:${faces.name.size}px;font-weight:600}`,
  `.address{font-family:ui-monospace,"DejaVu Sans Mono",monospace}`,
  '.crowd{fill:none;stroke-dasharray:4 4}.wire{fill:none;stroke-width:1.5}.segment,.cloud,.machine,.host,.outside{stroke-width:1}.host{stroke-width:1.5}',
  '.label{font-family:ui-monospace,"DejaVu Sans Mono",monospace;paint-order:stroke;stroke-width:3px;stroke-linejoin:round}',
].join('');

const styleOf = (theme: Theme): string => {
  if (theme === 'auto') return `${shape}${rulesOf(light)}@media (prefers-color-scheme:dark){${rulesOf(dark)}}`;
  return `${shape}${rulesOf(theme === 'light' ? light : dark)}`;
};

const escaped = (text: string): string =>
  text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;').replaceAll('"', '&quot;');

const element = (name: string, attributes: Readonly<Record<string, string | number>>, inner = ''): string => {
  const told = Object.entries(attributes).map(([key, value]) => ` ${key}="${escaped(String(value))}"`);
  return inner === '' ? `<${name}${told.join('')}/>` : `<${name}${told.join('')}>${inner}</${name}>`;
};

/** Blanks at the beginning of a line of addresses are kept by moving it. */
const linesAt = (lines: readonly Line[], x: number, y: number): readonly string[] => {
  let down = y;
  return lines.map(({ text, style }) => {
    const { height, size, letter } = faces[style];
    const baseline = Math.round(down + (height + size) / 2 - 2);
    down += height;
    const lead = text.length - text.trimStart().length;
    const left = Math.round(x + lead * letter);
    // Blanks between a name and a column of addresses would melt into one.
    const kept = style === 'address' ? text.trimStart().replaceAll(' ', '\u00a0') : text.trimStart();
    return element('text', { class: style, x: left, y: baseline }, escaped(kept));
  });
};

const titleOf = ({ name, role, duties, attachments }: SceneMachine): string => {
  const ways = attachments.map(
    ({ interface: dev, segment, addresses }) =>
      `${dev} on ${segment}: ${addresses.length === 0 ? 'no address' : addresses.join(', ')}`,
  );
  const does = duties.length === 0 ? [] : [duties.map((duty) => dutyWords[duty]).join(', ')];
  return element('title', {}, escaped([`${name} (${role})`, ...does, ...ways].join('\n')));
};

const classOf = ({ role }: SceneMachine): string => (role === 'host' || role === 'outside' ? role : 'machine');

const machineAt = (
  machine: SceneMachine,
  lines: readonly Line[],
  x: number,
  y: number,
  width: number,
  height: number,
): string =>
  element(
    'g',
    {},
    [
      titleOf(machine),
      element('rect', { class: classOf(machine), x, y, width, height, rx: 5 }),
      ...linesAt(lines, x + margin, y + margin - 2),
    ].join(''),
  );

const printCards = (cards: readonly Card[], x: number, y: number): readonly string[] =>
  cards.map((card) =>
    card.machine === undefined
      ? linesAt(card.box.lines, x + card.x + margin, y + card.y + margin - 2).join('')
      : machineAt(card.machine, card.box.lines, x + card.x, y + card.y, card.box.width, card.box.height),
  );

const printCrowd = ({ box, x, y }: PlacedCrowd): string =>
  [
    element('rect', { class: 'crowd', x, y, width: box.width, height: box.height, rx: 8 }),
    ...printCards(box.cards, x, y),
  ].join('\n');

const printSegment = ({ segment, box, x, y }: PlacedSegment): string => {
  const { width, height, lines } = box;
  const rx = segment.isInternet ? Math.round(height / 2) : 10;
  return [
    element('rect', { class: segment.isInternet ? 'cloud' : 'segment', x, y, width, height, rx }),
    ...linesAt(lines, x + margin, y + margin - 2),
    ...printCards(box.cards, x, y),
  ].join('\n');
};

const printMachine = ({ machine, box, x, y }: PlacedMachine): string =>
  machineAt(machine, box.lines, x, y, box.width, box.height);

const printWire = ({ points }: Wire): string =>
  element('polyline', { class: 'wire', points: points.map(({ x, y }) => `${x},${y}`).join(' ') });

const printLabel = ({ label }: Wire): string =>
  element('text', { class: 'label', x: label.x, y: label.y + faces.plain.size }, escaped(label.text));

export const printSvg = (
  scene: Scene,
  { width, height, segments, machines, crowds, wires }: Layout,
  theme: Theme,
): string =>
  [
    `<svg xmlns="http://www.w3.org/2000/svg" width="${width}" height="${height}" viewBox="0 0 ${width} ${height}" role="img" aria-label="${escaped(`network ${scene.title}`)}">`,
    `<style>${styleOf(theme)}</style>`,
    element('rect', { class: 'page', width, height }),
    ...wires.map(printWire),
    ...segments.map(printSegment),
    ...crowds.map(printCrowd),
    ...machines.map(printMachine),
    ...wires.map(printLabel),
    '</svg>\n',
  ].join('\n');
