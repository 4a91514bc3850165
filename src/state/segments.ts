/**
 * Broadcast domains of a NetworkState: which interfaces hear each other's broadcasts, by cables, bridges
 * and macvlans.
 */
import { type NetworkState } from './network-state.ts';

const keyOf = (stack: string, name: string): string => `${stack}\n${name}`;

/** For each interface (`stack`, `name`) the name of its segment; interfaces of one segment share it. */
export const segmentsOf = (state: NetworkState): ((stack: string, name: string) => string) => {
  const parent = new Map<string, string>();
  const find = (key: string): string => {
    let root = key;
    for (let next = parent.get(root); next !== undefined; next = parent.get(root)) root = next;
    if (root !== key) parent.set(key, root);
    return root;
  };
  const join = (a: string, b: string): void => {
    const [first, second] = [find(a), find(b)];
    if (first !== second) parent.set(first, second);
  };
  for (const { a, b } of state.cables) join(keyOf(a.stack, a.interface), keyOf(b.stack, b.interface));
  for (const [stack, { interfaces }] of Object.entries(state.stacks)) {
    for (const [name, { master, macvlan }] of Object.entries(interfaces)) {
      if (master !== undefined) join(keyOf(stack, name), keyOf(stack, master));
      if (macvlan !== undefined) join(keyOf(stack, name), keyOf(stack, macvlan.link));
    }
  }
  return (stack, name) => find(keyOf(stack, name));
};
