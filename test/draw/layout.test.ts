/** Pictures are readable: nothing lies on anything else, no line runs through a box, no text leaves its box. */
import { readdirSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { describe, expect, it } from 'vitest';
import { faces, labelWidth, margin, widthOfLine } from '../../src/draw/boxes.ts';
import { layOut, type Layout } from '../../src/draw/layout.ts';
import { printSvg } from '../../src/draw/print-svg.ts';
import { type Scene } from '../../src/draw/scene.ts';
import { hundred, sceneOfFile, sceneOfText } from './drawn.ts';

interface Area {
  readonly what: string;
  readonly left: number;
  readonly top: number;
  readonly right: number;
  readonly bottom: number;
}

const area = (what: string, x: number, y: number, width: number, height: number): Area => ({
  what,
  left: x,
  top: y,
  right: x + width,
  bottom: y + height,
});

/** Edges may touch. */
const overlap = (a: Area, b: Area): boolean =>
  a.left < b.right - 1 && b.left < a.right - 1 && a.top < b.bottom - 1 && b.top < a.bottom - 1;

const boxesOf = ({ segments, machines, crowds }: Layout): readonly Area[] => [
  ...segments.map(({ segment, x, y, box }) => area(`segment ${segment.name}`, x, y, box.width, box.height)),
  ...machines.map(({ machine, x, y, box }) => area(`machine ${machine.name}`, x, y, box.width, box.height)),
  ...crowds.map(({ x, y, box }, index) => area(`crowd ${index}`, x, y, box.width, box.height)),
];

const linesOf = ({ wires }: Layout): readonly Area[] =>
  wires.flatMap(({ points, label }) =>
    points.slice(1).map((to, index) => {
      const from = points[index] ?? to;
      const [x, y] = [Math.min(from.x, to.x), Math.min(from.y, to.y)];
      return area(`line ${label.text}`, x - 1, y - 1, Math.abs(to.x - from.x) + 2, Math.abs(to.y - from.y) + 2);
    }),
  );

const labelsOf = ({ wires }: Layout): readonly Area[] =>
  wires
    .filter(({ label }) => label.text !== '')
    .map(({ label }) => area(`label ${label.text}`, label.x, label.y, labelWidth(label.text), faces.address.size));

const collisions = (some: readonly Area[], others: readonly Area[]): readonly string[] =>
  some.flatMap((one) =>
    others.flatMap((other) => (one !== other && overlap(one, other) ? [`${one.what} on ${other.what}`] : [])),
  );

/** A line ends at the edge of a box; what is deeper within is through it. */
const shrunk = ({ what, left, top, right, bottom }: Area): Area =>
  area(what, left + 3, top + 3, right - left - 6, bottom - top - 6);

const tooWide = ({ segments, machines, crowds }: Layout): readonly string[] =>
  [...segments, ...machines, ...crowds]
    .flatMap(({ box }) => [box, ...('cards' in box ? box.cards.map((card) => card.box) : [])])
    .flatMap(({ lines, width }) =>
      lines.filter((line) => widthOfLine(line) + 2 * margin > width).map(({ text }) => `${text} in ${width}`),
    );

const examples = resolve(import.meta.dirname, '../../examples');
const scenes: readonly (readonly [string, () => Scene])[] = [
  ...readdirSync(examples)
    .filter((file) =>
      /^(?:quickstart|guide-network|guide-stages-5|xen-routed|suse-proxied|ubuntu-second-nic|ubuntu-bridge)\.yaml$/.test(
        file,
      ),
    )
    .map((file) => [file, (): Scene => sceneOfFile(join(examples, file))] as const),
  ['a hundred machines', (): Scene => sceneOfText('hundred.yaml', hundred())],
];

describe.each(scenes)('%s', (_, make) => {
  it('has nothing lie on anything else', async () => {
    const layout = await layOut(make());
    const [boxes, lines, labels] = [boxesOf(layout), linesOf(layout), labelsOf(layout)];
    expect(collisions(boxes, boxes)).toEqual([]);
    expect(collisions(lines, boxes.map(shrunk))).toEqual([]);
    expect(collisions(labels, boxes)).toEqual([]);
    expect(collisions(labels, labels)).toEqual([]);
    expect(collisions(labels, lines)).toEqual([]);
    expect(tooWide(layout)).toEqual([]);
    const page = area('page', 0, 0, layout.width, layout.height);
    expect(
      [...boxes, ...labels].filter(
        ({ left, top, right, bottom }) => left < 0 || top < 0 || right > page.right || bottom > page.bottom,
      ),
    ).toEqual([]);
  });
});

describe('the same network', () => {
  it('gives the same bytes', async () => {
    const draw = async (): Promise<string> => {
      const scene = sceneOfFile(join(examples, 'guide-network.yaml'));
      return printSvg(scene, await layOut(scene), 'auto');
    };
    expect(await draw()).toBe(await draw());
  });
});
