/**
 * Sizes: every machine and segment of a scene to a box with lines of text in it, and the machines of a segment to a grid
 * of cards. Widths of letters are those of common fonts, rounded up, so that no text leaves its box.
 */
import { dutyWords, type Scene, type SceneMachine, type SceneSegment } from './scene.ts';

export type Style = 'name' | 'plain' | 'address';

export interface Line {
  readonly text: string;
  readonly style: Style;
}

export interface Box {
  readonly lines: readonly Line[];
  readonly width: number;
  readonly height: number;
}

export interface Card {
  readonly machine: SceneMachine | undefined;
  readonly box: Box;
  /** Of its upper left corner within the segment's box. */
  readonly x: number;
  readonly y: number;
}

export interface SegmentBox extends Box {
  readonly cards: readonly Card[];
}

/** Pixels: the font's size, a letter's width, a line's height. */
export const faces: Readonly<
  Record<Style, { readonly size: number; readonly letter: number; readonly height: number }>
> = {
  name: { size: 13, letter: 8.4, height: 19 },
  plain: { size: 11, letter: 6.8, height: 15 },
  address: { size: 11, letter: 6.7, height: 15 },
};

export const margin = 10;
const gap = 8;
/** More machines than this on a segment are shown by name and first address only. */
const mostInFull = 24;
/** More than this, and the rest is only counted. */
const mostShown = 160;
/** What boxes side by side should not exceed, so that the picture fits a page. */
const pageWidth = 1500;

const name = (text: string): Line => ({ text, style: 'name' });
const plain = (text: string): Line => ({ text, style: 'plain' });
const address = (text: string): Line => ({ text, style: 'address' });

/** Letters beyond the Latin ones may be twice as wide. */
const lettersIn = (text: string): number => text.length + (text.match(/[^\u0020-\u024f·…→]/g)?.length ?? 0);

export const widthOfLine = ({ text, style }: Line): number => Math.ceil(lettersIn(text) * faces[style].letter);

export const heightOfLines = (lines: readonly Line[]): number =>
  lines.reduce((sum, { style }) => sum + faces[style].height, 0);

const boxOf = (lines: readonly Line[]): Box => ({
  lines,
  width: Math.max(60, ...lines.map(widthOfLine)) + 2 * margin,
  height: heightOfLines(lines) + 2 * margin - 4,
});

const dutyLines = ({ duties }: SceneMachine): readonly Line[] => {
  const words = duties.map((duty) => dutyWords[duty]);
  const half = words.length > 3 ? Math.ceil(words.length / 2) : words.length;
  return [words.slice(0, half), words.slice(half)]
    .filter((part) => part.length > 0)
    .map((part) => plain(part.join(' · ')));
};

/** A row for each interface, its further addresses below; addresses stand in a column. */
const wayLines = ({ attachments }: SceneMachine): readonly Line[] => {
  const widest = Math.max(0, ...attachments.map(({ interface: dev }) => dev.length));
  return attachments.flatMap(({ interface: dev, addresses: [first = '', ...more] }) => [
    address(`${dev.padEnd(widest)} ${first}`.trimEnd()),
    ...more.map((text) => address(`${' '.repeat(widest)} ${text}`)),
  ]);
};

/** A machine between segments. */
export const jointBox = (machine: SceneMachine): Box =>
  boxOf([name(machine.name), ...dutyLines(machine), ...wayLines(machine)]);

export const labelWidth = (text: string): number => widthOfLine({ text, style: 'address' });

/** Between a label and the next line. */
const besideLabel = 18;

/** Lines leave a side at equal distances, each with its label to the right: the side is as long as that takes. */
export const widthForLabels = (labels: readonly string[]): number =>
  (labels.length + 1) * (Math.max(0, ...labels.map(labelWidth)) + besideLabel);

const bare = (text: string): string => text.replace(/\/\d+$/, '');

/** Within its segment, whose prefix is said there. */
const leafBox = (machine: SceneMachine, isShort: boolean): Box => {
  const addresses = (machine.attachments[0]?.addresses ?? []).map(bare);
  return boxOf([
    name(machine.name),
    ...(isShort ? [] : dutyLines(machine)),
    ...addresses.slice(0, isShort ? 1 : undefined).map(address),
  ]);
};

const columnsFor = (count: number, cardWidth: number, neighbours: number): number => {
  const room = Math.max(1, Math.floor(pageWidth / neighbours / (cardWidth + gap)));
  return Math.max(1, Math.min(room, Math.ceil(Math.sqrt(count * 1.6))));
};

const headOf = ({ name: text, isInternet, prefixes, about }: SceneSegment): readonly Line[] => [
  name(isInternet ? 'internet' : text),
  ...prefixes.map(address),
  ...(about === '' ? [] : about.split('; ').map(plain)),
];

/** Cards of one size in a grid below some lines. */
const gridBox = (
  head: readonly Line[],
  boxes: readonly { readonly machine: SceneMachine | undefined; readonly box: Box }[],
  neighbours: number,
): SegmentBox => {
  const own = boxOf(head);
  if (boxes.length === 0) return { ...own, cards: [] };
  const [width, height] = [
    Math.max(...boxes.map(({ box }) => box.width)),
    Math.max(...boxes.map(({ box }) => box.height)),
  ];
  const columns = columnsFor(boxes.length, width, neighbours);
  const top = head.length === 0 ? margin : heightOfLines(head) + 2 * margin;
  const cards = boxes.map(({ machine, box }, index): Card => ({
    machine,
    box: { ...box, width, height },
    x: margin + (index % columns) * (width + gap),
    y: top + Math.floor(index / columns) * (height + gap),
  }));
  const rows = Math.ceil(boxes.length / columns);
  const across = Math.min(columns, boxes.length);
  return {
    lines: head,
    cards,
    width: Math.max(head.length === 0 ? 0 : own.width, 2 * margin + across * (width + gap) - gap),
    height: top + rows * (height + gap) - gap + margin,
  };
};

/** `neighbours`: how many segments stand side by side. */
export const segmentBox = (scene: Scene, segment: SceneSegment, neighbours: number): SegmentBox => {
  const head = headOf(segment);
  const shown = segment.leaves.slice(0, mostShown).flatMap((leaf) => scene.machines.get(leaf) ?? []);
  const rest = segment.leaves.length - shown.length;
  const isShort = segment.leaves.length > mostInFull;
  const boxes = [
    ...shown.map((machine) => ({ machine, box: leafBox(machine, isShort) })),
    ...(rest === 0 ? [] : [{ machine: undefined, box: boxOf([plain(`and ${rest} more`)]) }]),
  ];
  return gridBox(head, boxes, neighbours);
};

/** Machines that are on the same segments, several of them, and only use those. */
export const crowdBox = (machines: readonly SceneMachine[], neighbours: number): SegmentBox => {
  const isShort = machines.length > mostInFull;
  const shown = machines.slice(0, mostShown);
  const cards = shown.map((machine) => ({
    machine,
    box: isShort ? leafBox(machine, true) : jointBox(machine),
  }));
  const rest = machines.length - shown.length;
  return gridBox(
    [],
    [...cards, ...(rest === 0 ? [] : [{ machine: undefined, box: boxOf([plain(`and ${rest} more`)]) }])],
    neighbours,
  );
};
