/** A scene as an outline for a terminal: from the outermost segment inwards, each machine below its segment. */
import { dutyWords, machineKey, segmentKey, type Attachment, type Scene, type SceneMachine } from './scene.ts';

interface Node {
  readonly text: string;
  readonly children: readonly Node[];
}

const dutiesText = ({ duties }: SceneMachine): string =>
  duties.length === 0 ? '' : `  (${duties.map((duty) => dutyWords[duty]).join(', ')})`;

const wayText = ({ interface: name, addresses }: Attachment): string => [name, ...addresses].join(' ');

/** Segments and machines that a line was printed for already are named again, but not opened again. */
const outline = (scene: Scene): readonly Node[] => {
  const shown = new Set<string>();
  const segmentNode = (name: string, by: readonly Attachment[], from: string | undefined): Node => {
    const segment = scene.segments.find((each) => each.name === name);
    const way = by.length === 0 ? '' : `${by.map(wayText).join(', ')} → `;
    if (segment === undefined || shown.has(segmentKey(name))) return { text: `${way}${name} (above)`, children: [] };
    shown.add(segmentKey(name));
    const about = [...segment.prefixes, segment.about].filter((text) => text !== '').join('  ');
    const on = [...segment.leaves, ...scene.joints].filter(
      (machine) =>
        machine !== from && scene.machines.get(machine)?.attachments.some((own) => own.segment === name) === true,
    );
    return { text: `${way}${name}  ${about}`.trimEnd(), children: on.map((machine) => machineNode(machine, name)) };
  };
  const machineNode = (name: string, on: string): Node => {
    const machine = scene.machines.get(name);
    if (machine === undefined) return { text: name, children: [] };
    const here = machine.attachments.filter(({ segment }) => segment === on);
    const head = `${name}  ${here.map(wayText).join(', ')}`.trimEnd();
    if (shown.has(machineKey(name))) return { text: `${head}  (above)`, children: [] };
    shown.add(machineKey(name));
    const further = [...new Set(machine.attachments.map(({ segment }) => segment))].filter((segment) => segment !== on);
    return {
      text: `${head}${dutiesText(machine)}`,
      children: further.map((segment) =>
        segmentNode(
          segment,
          machine.attachments.filter((own) => own.segment === segment),
          name,
        ),
      ),
    };
  };
  const roots = scene.segments.flatMap(({ name }) =>
    shown.has(segmentKey(name)) ? [] : [segmentNode(name, [], undefined)],
  );
  const alone = scene.joints.filter((name) => !shown.has(machineKey(name)));
  return [...roots, ...alone.map((name) => machineNode(name, ''))];
};

const linesOf = ({ text, children }: Node, lead: string, branch: string, rest: string): readonly string[] => [
  `${lead}${branch}${text}`,
  ...children.flatMap((child, index) =>
    index + 1 === children.length
      ? linesOf(child, `${lead}${rest}`, '└ ', '  ')
      : linesOf(child, `${lead}${rest}`, '├ ', '│ '),
  ),
];

export const printText = (scene: Scene): string => {
  const lines = outline(scene).flatMap((root) => linesOf(root, '', '', ''));
  return `${lines.length === 0 ? `${scene.title}: nothing to draw` : lines.join('\n')}\n`;
};
