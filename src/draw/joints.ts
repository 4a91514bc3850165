/** Machines between segments, those that are on the same ones and only use them together: a picture of each would say nothing more. */
import { machineKey, segmentKey, type Scene, type SceneMachine } from './scene.ts';

export interface Joint {
  readonly key: string;
  /** One, or at least `leastCrowd`. */
  readonly machines: readonly SceneMachine[];
  readonly depth: number;
  /** Its lines; a label where all its machines call the interface the same. */
  readonly ways: readonly { readonly segment: string; readonly label: string }[];
}

const leastCrowd = 3;

const segmentsOf = ({ attachments }: SceneMachine): readonly string[] =>
  [...new Set(attachments.map(({ segment }) => segment))].sort();

const single = (scene: Scene, machine: SceneMachine): Joint => ({
  key: machineKey(machine.name),
  machines: [machine],
  depth: scene.depths.get(machineKey(machine.name)) ?? 0,
  ways: machine.attachments.map(({ segment, interface: label }) => ({ segment, label })),
});

const crowd = (scene: Scene, machines: readonly SceneMachine[]): Joint => {
  const [first] = machines;
  const segments = first === undefined ? [] : segmentsOf(first);
  const labelOf = (segment: string): string => {
    const names = new Set(
      machines.flatMap(({ attachments }) =>
        attachments.filter((own) => own.segment === segment).map((own) => own.interface),
      ),
    );
    return names.size === 1 ? [...names].join('') : '';
  };
  return {
    key: `crowd ${segments.join(' ')}`,
    machines,
    // Inside of all its segments: nothing passes through it.
    depth: Math.max(0, ...segments.map((segment) => scene.depths.get(segmentKey(segment)) ?? 0)) + 1,
    ways: segments.map((segment) => ({ segment, label: labelOf(segment) })),
  };
};

export const gatherJoints = (scene: Scene): readonly Joint[] => {
  const joints = scene.joints.flatMap((name) => scene.machines.get(name) ?? []);
  const bySegments = new Map<string, SceneMachine[]>();
  for (const machine of joints) {
    const key = machine.duties.includes('forwards') ? machineKey(machine.name) : segmentsOf(machine).join('\n');
    bySegments.set(key, [...(bySegments.get(key) ?? []), machine]);
  }
  return [...bySegments.values()].flatMap((machines) =>
    machines.length < leastCrowd ? machines.map((machine) => single(scene, machine)) : [crowd(scene, machines)],
  );
};
