/**
 * Broadcast domains of a NetworkState: which interfaces hear each other's broadcasts, by cables, bridges, bonds,
 * macvlans and 802.1Q tags.
 */
import { type NetworkState, type Stack } from './network-state.ts';

const keyOf = (stack: string, name: string): string => `${stack}\n${name}`;

/** The VLAN that untagged frames belong to at a port of a bridge that filters, where that is not the bridge's own. */
const accessVlan = (interfaces: Stack['interfaces'], name: string): number | undefined => {
  const { master, port } = interfaces[name] ?? {};
  if (master === undefined || interfaces[master]?.bridge?.vlanFiltering !== true) return undefined;
  const id = port?.vlans?.find(({ pvid }) => pvid === true)?.id;
  return id === 1 ? undefined : id;
};

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
      if (master !== undefined && accessVlan(interfaces, name) === undefined)
        join(keyOf(stack, name), keyOf(stack, master));
      if (macvlan !== undefined) join(keyOf(stack, name), keyOf(stack, macvlan.link));
    }
  }
  // What one tag is on one wire hears each other; the wires have to be known before.
  for (const [stack, { interfaces }] of Object.entries(state.stacks))
    for (const [name, { vlan, master = '' }] of Object.entries(interfaces)) {
      const access = accessVlan(interfaces, name);
      if (vlan !== undefined) join(keyOf(stack, name), `${find(keyOf(stack, vlan.link))}\n${vlan.id}`);
      if (access !== undefined) join(keyOf(stack, name), `${find(keyOf(stack, master))}\n${access}`);
    }
  return (stack, name) => find(keyOf(stack, name));
};
