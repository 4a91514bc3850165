/** A scene in the languages of programs that draw by themselves: DOT (Graphviz) and Mermaid's flowcharts. */
import {
  dutyWords,
  machineKey,
  segmentKey,
  type Attachment,
  type Scene,
  type SceneMachine,
  type SceneSegment,
} from './scene.ts';

const idsOf = (scene: Scene): ReadonlyMap<string, string> =>
  new Map([
    ...scene.segments.map(({ name }, index) => [segmentKey(name), `s${index + 1}`] as const),
    ...[...scene.machines.keys()].map((name, index) => [machineKey(name), `m${index + 1}`] as const),
  ]);

const linesOfSegment = ({ name, prefixes, about }: SceneSegment): readonly string[] =>
  [name, prefixes.join(', '), about].filter((line) => line !== '');

const linesOfMachine = ({ name, duties }: SceneMachine): readonly string[] =>
  [name, duties.map((duty) => dutyWords[duty]).join(', ')].filter((line) => line !== '');

const linesOfWay = ({ interface: name, addresses }: Attachment): readonly string[] => [name, ...addresses];

interface Way {
  readonly outer: string;
  readonly inner: string;
  readonly attachment: Attachment;
}

/** From the outside to the inside, so that programs that lay out by direction put the outside first. */
const waysOf = (scene: Scene): readonly Way[] => {
  const ids = idsOf(scene);
  return [...scene.machines.values()].flatMap((machine) =>
    machine.attachments.map((attachment): Way => {
      const [segment, own] = [segmentKey(attachment.segment), machineKey(machine.name)];
      const isInner = (scene.depths.get(own) ?? 0) > (scene.depths.get(segment) ?? 0);
      const [outer, inner] = isInner ? [segment, own] : [own, segment];
      return { outer: ids.get(outer) ?? '', inner: ids.get(inner) ?? '', attachment };
    }),
  );
};

const dotText = (lines: readonly string[]): string =>
  `"${lines.map((line) => line.replaceAll(/["\\]/g, (sign) => `\\${sign}`)).join('\\n')}"`;

export const printDot = (scene: Scene): string => {
  const ids = idsOf(scene);
  const shapes = {
    host: 'box, style=bold',
    guest: 'box, style=rounded',
    outside: 'box, style=dashed',
    internet: 'box',
  };
  return [
    `graph ${dotText([scene.title])} {`,
    '  graph [rankdir=TB, fontname="sans-serif"]; node [fontname="sans-serif"]; edge [fontname="monospace", fontsize=9];',
    ...scene.segments.map(
      (segment) =>
        `  ${ids.get(segmentKey(segment.name)) ?? ''} [shape=${segment.isInternet ? 'ellipse, peripheries=2' : 'ellipse'}, label=${dotText(linesOfSegment(segment))}];`,
    ),
    ...[...scene.machines.values()].map(
      (machine) =>
        `  ${ids.get(machineKey(machine.name)) ?? ''} [shape=${shapes[machine.role]}, label=${dotText(linesOfMachine(machine))}];`,
    ),
    ...waysOf(scene).map(
      ({ outer, inner, attachment }) => `  ${outer} -- ${inner} [label=${dotText(linesOfWay(attachment))}];`,
    ),
    '}\n',
  ].join('\n');
};

/** Mermaid knows HTML's entities by their names between `#` and `;`. */
const mermaidText = (lines: readonly string[]): string =>
  `"${lines.map((line) => line.replaceAll('#', '#35;').replaceAll('"', '#quot;').replaceAll('<', '#lt;').replaceAll('>', '#gt;')).join('<br/>')}"`;

export const printMermaid = (scene: Scene): string => {
  const ids = idsOf(scene);
  return [
    'flowchart TB',
    ...scene.segments.map(
      (segment) => `  ${ids.get(segmentKey(segment.name)) ?? ''}([${mermaidText(linesOfSegment(segment))}])`,
    ),
    ...[...scene.machines.values()].map(
      (machine) => `  ${ids.get(machineKey(machine.name)) ?? ''}[${mermaidText(linesOfMachine(machine))}]`,
    ),
    ...waysOf(scene).map(
      ({ outer, inner, attachment }) => `  ${outer} ---|${mermaidText(linesOfWay(attachment))}| ${inner}`,
    ),
    '',
  ].join('\n');
};
