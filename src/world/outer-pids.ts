/** Process ids of a world as the rest of the machine sees them: in the world, which has a PID namespace, they are others. */
import { readdirSync, readFileSync } from 'node:fs';

interface Seen {
  readonly outer: number;
  readonly parent: number;
  readonly inner: number;
}

const read = (outer: number): Seen | undefined => {
  try {
    const text = readFileSync(`/proc/${outer}/status`, 'utf8');
    const parent = Number(/^PPid:\s+(\d+)$/m.exec(text)?.[1] ?? 0);
    // Outermost first: pid_namespaces(7), proc_pid_status(5).
    const inner = Number(/^NSpid:.*?(\d+)$/m.exec(text)?.[1] ?? 0);
    return { outer, parent, inner };
  } catch {
    return undefined;
  }
};

/** Keys: ids inside the namespace whose first process is `supervisor`; values: the same processes' ids outside. */
export const outerPids = (supervisor: number): ReadonlyMap<number, number> => {
  const all = readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name))
    .flatMap((name) => read(Number(name)) ?? []);
  const children = new Map<number, Seen[]>();
  for (const seen of all) {
    const siblings = children.get(seen.parent);
    if (siblings === undefined) children.set(seen.parent, [seen]);
    else siblings.push(seen);
  }
  const below = (pid: number): readonly Seen[] =>
    (children.get(pid) ?? []).flatMap((child) => [child, ...below(child.outer)]);
  return new Map(below(supervisor).map(({ inner, outer }) => [inner, outer]));
};
