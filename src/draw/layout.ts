/**
 * Boxes to places: the Eclipse Layout Kernel puts segments and the machines between them into layers from the outside to
 * the inside, and routes the lines around them. Same scene, same picture.
 */
import elk, { type ElkNode } from 'elkjs/lib/elk.bundled.js';
import { crowdBox, jointBox, labelWidth, segmentBox, widthForLabels, type Box, type SegmentBox } from './boxes.ts';
import { gatherJoints, type Joint } from './joints.ts';
import { segmentKey, type Scene, type SceneMachine, type SceneSegment } from './scene.ts';

interface Placed<B extends Box> {
  readonly x: number;
  readonly y: number;
  readonly box: B;
}

export interface PlacedSegment extends Placed<SegmentBox> {
  readonly segment: SceneSegment;
}

export interface PlacedMachine extends Placed<Box> {
  readonly machine: SceneMachine;
}

/** Machines that are on the same segments. */
export type PlacedCrowd = Placed<SegmentBox>;

export interface Point {
  readonly x: number;
  readonly y: number;
}

export interface Wire {
  /** From the outer end to the inner. */
  readonly points: readonly Point[];
  readonly label: { readonly text: string; readonly x: number; readonly y: number };
}

/** Pixels. */
export interface Layout {
  readonly width: number;
  readonly height: number;
  readonly segments: readonly PlacedSegment[];
  readonly machines: readonly PlacedMachine[];
  readonly crowds: readonly PlacedCrowd[];
  readonly wires: readonly Wire[];
}

const settings: Readonly<Record<string, string>> = {
  'elk.algorithm': 'layered',
  'elk.direction': 'DOWN',
  'elk.edgeRouting': 'ORTHOGONAL',
  'elk.aspectRatio': '1.6',
  'elk.padding': '[top=16,left=16,bottom=16,right=16]',
  'elk.spacing.nodeNode': '32',
  'elk.spacing.edgeNode': '20',
  'elk.spacing.edgeEdge': '14',
  'elk.spacing.edgeLabel': '4',
  'elk.spacing.componentComponent': '48',
  'elk.layered.spacing.nodeNodeBetweenLayers': '44',
  'elk.layered.spacing.edgeNodeBetweenLayers': '20',
  'elk.layered.nodePlacement.strategy': 'NETWORK_SIMPLEX',
  'elk.layered.considerModelOrder.strategy': 'NODES_AND_EDGES',
};

const labelHeight = 14;

interface Line {
  readonly id: string;
  readonly text: string;
  readonly outer: string;
  readonly inner: string;
  /** The end that the machine is at, where the interface is named. */
  readonly machineEnd: 'HEAD' | 'TAIL';
}

const isAbove = (scene: Scene, { depth }: Joint, segment: string): boolean =>
  depth > (scene.depths.get(segmentKey(segment)) ?? 0);

/** The lines of either side stand so far apart that their labels have room. */
const wideEnough = (scene: Scene, joint: Joint, box: Box): Box => {
  const labels = (above: boolean): readonly string[] =>
    joint.ways.filter(({ segment }) => isAbove(scene, joint, segment) === above).map(({ label }) => label);
  return {
    ...box,
    width: Math.max(box.width, ...[labels(true), labels(false)].filter((side) => side.length > 1).map(widthForLabels)),
  };
};

const linesOf = (scene: Scene, joints: readonly Joint[]): readonly Line[] =>
  joints.flatMap((joint) =>
    joint.ways.map(({ segment, label }, index): Line => {
      const [key, other] = [joint.key, segmentKey(segment)];
      const isInner = isAbove(scene, joint, segment);
      const [outer, inner] = isInner ? [other, key] : [key, other];
      return { id: `${key} ${index}`, text: label, outer, inner, machineEnd: isInner ? 'HEAD' : 'TAIL' };
    }),
  );

const graphOf = (lines: readonly Line[], boxes: ReadonlyMap<string, Box>): ElkNode => ({
  id: 'root',
  layoutOptions: { ...settings },
  children: [...boxes].map(([id, { width, height }]) => ({ id, width, height })),
  edges: lines.map(({ id, text, outer, inner, machineEnd }) => ({
    id,
    sources: [outer],
    targets: [inner],
    labels: [
      {
        text,
        width: labelWidth(text),
        height: labelHeight,
        layoutOptions: { 'elk.edgeLabels.placement': machineEnd },
      },
    ],
  })),
});

const segmentsAtDepth = (scene: Scene, { name }: SceneSegment): number => {
  const depth = scene.depths.get(segmentKey(name));
  return scene.segments.filter((other) => scene.depths.get(segmentKey(other.name)) === depth).length;
};

const rounded = (value: number | undefined): number => Math.round(value ?? 0);

export const layOut = async (scene: Scene): Promise<Layout> => {
  const segments = scene.segments.map(
    (segment) => [segment, segmentBox(scene, segment, segmentsAtDepth(scene, segment))] as const,
  );
  const joints = gatherJoints(scene);
  const single = joints.flatMap((joint) => {
    const [machine, ...others] = joint.machines;
    if (machine === undefined || others.length > 0) return [];
    return [{ key: joint.key, machine, box: wideEnough(scene, joint, jointBox(machine)) }];
  });
  const several = joints.filter(({ machines }) => machines.length > 1);
  const crowds = several.map(({ key, machines }) => ({ key, box: crowdBox(machines, several.length) }));
  const boxes = new Map<string, Box>([
    ...segments.map(([{ name }, box]) => [segmentKey(name), box] as const),
    ...[...single, ...crowds].map(({ key, box }) => [key, box] as const),
  ]);
  const placed = await new elk.default().layout(graphOf(linesOf(scene, joints), boxes));
  const nodes = new Map((placed.children ?? []).map((node) => [node.id, node]));
  const at = (id: string): Point => ({ x: rounded(nodes.get(id)?.x), y: rounded(nodes.get(id)?.y) });
  return {
    width: rounded(placed.width),
    height: rounded(placed.height),
    segments: segments.map(([segment, box]) => ({ segment, box, ...at(segmentKey(segment.name)) })),
    machines: single.map(({ key, machine, box }) => ({ machine, box, ...at(key) })),
    crowds: crowds.map(({ key, box }) => ({ box, ...at(key) })),
    wires: (placed.edges ?? []).flatMap((edge): Wire[] => {
      const [section] = edge.sections ?? [];
      const [label] = edge.labels ?? [];
      if (section === undefined) return [];
      const points = [section.startPoint, ...(section.bendPoints ?? []), section.endPoint];
      return [
        {
          points: points.map(({ x, y }) => ({ x: rounded(x), y: rounded(y) })),
          label: { text: label?.text ?? '', x: rounded(label?.x), y: rounded(label?.y) },
        },
      ];
    }),
  };
};
