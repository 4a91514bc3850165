/** Interfaces on one wire, or on top of each other, that do not agree how large a packet may be. */
import { type InterfaceModel, type StackModel } from '../../reach/model/model.ts';
import { type Flow } from '../../reach/walk.ts';
import { printIp } from '../../net/address.ts';
import { type Edit } from '../../reach/repair/edit.ts';
import { type RawFinding } from '../finding.ts';
import { type LintInput, type LintRule } from '../rule.ts';
import { interfacesOf, stacksIn } from '../stacks.ts';
import { interfaceSubject } from '../subject.ts';

const setMtu = ({ stack, name }: InterfaceModel, mtuBytes: number): Edit => ({
  kind: 'set-mtu',
  stack,
  interface: name,
  mtuBytes,
});

/** The largest packet of one station to another's address, not to be fragmented. */
const largest = (from: InterfaceModel, to: InterfaceModel): readonly Flow[] =>
  to.addresses
    .filter(({ scope }) => scope === 'global')
    .slice(0, 1)
    .map(({ family, value }): Flow => ({
      ...{ from: from.stack, family, destination: printIp({ family, value }), protocol: 'icmp', port: null },
      ...{ lengthBytes: from.it.mtuBytes, dontFragment: true },
    }));

const onWires = (input: LintInput): readonly RawFinding[] => {
  const own = new Set(stacksIn(input).map(({ name }) => name));
  return [...input.terrain.legs.values()].flatMap((legs): readonly RawFinding[] => {
    const stations = [...new Map(legs.map(({ it }) => [`${it.stack}/${it.name}`, it])).values()];
    const sizes = [...new Set(stations.map(({ it }) => it.mtuBytes))].sort((a, b) => a - b);
    const [least] = sizes;
    const most = sizes.at(-1);
    const small = stations.find(({ it }) => it.mtuBytes === least);
    const large = stations.find(({ it }) => it.mtuBytes === most);
    if (small === undefined || large === undefined || least === undefined || most === undefined || least === most)
      return [];
    // Whoever differs from most is named.
    const count = (size: number): number => stations.filter(({ it }) => it.mtuBytes === size).length;
    const odd = count(least) <= count(most) && own.has(small.stack) ? small : large;
    const other = odd === small ? large : small;
    if (!own.has(odd.stack)) return [];
    return [
      {
        stack: odd.stack,
        message: `\`${odd.name}\` of \`${odd.stack}\` has an MTU of ${odd.it.mtuBytes}, and \`${other.name}\` of \`${other.stack}\` on the same wire ${other.it.mtuBytes}`,
        at: interfaceSubject(odd.stack, odd.name),
        notes: [{ message: 'the other one is said here', at: interfaceSubject(other.stack, other.name) }],
        asks: stations.filter((it) => it !== small).flatMap((it) => largest(it, small)),
        repair: { words: `set it to ${other.it.mtuBytes}`, edits: [setMtu(odd, other.it.mtuBytes)] },
      },
    ];
  });
};

/** What a device may carry of what it stands on. */
const roomOf = (
  stack: StackModel,
  { it }: InterfaceModel,
): readonly [name: string, room: number, why: string] | undefined => {
  const lower = it.vlan?.link ?? it.macvlan?.link;
  const parent = lower === undefined ? undefined : stack.interfaces.get(lower);
  if (parent !== undefined) return [parent.name, parent.it.mtuBytes, 'it stands on'];
  const local = it.tunnel?.local ?? it.vxlan?.local;
  const under =
    local === undefined
      ? undefined
      : interfacesOf(stack).find(({ it: own }) => own.addresses.some(({ address }) => address === local));
  if (under === undefined) return undefined;
  const head = it.vxlan === undefined ? (it.tunnel?.mode === 'gre' ? 24 : 20) : 50;
  return [under.name, under.it.mtuBytes - head, `its packets leave by, less ${head} bytes of outer headers,`];
};

const onTop = (stack: StackModel, it: InterfaceModel): readonly RawFinding[] => {
  const found = roomOf(stack, it);
  if (found === undefined) return [];
  const [name, room, why] = found;
  if (it.it.mtuBytes <= room) return [];
  return [
    {
      stack: stack.name,
      message: `\`${it.name}\` of \`${stack.name}\` has an MTU of ${it.it.mtuBytes}, and \`${name}\`, which ${why} has room for ${room}`,
      at: interfaceSubject(stack.name, it.name),
      notes: [{ message: 'that one is said here', at: interfaceSubject(stack.name, name) }],
      repair: { words: `set it to ${room}, or raise that of \`${name}\``, edits: [setMtu(it, room)] },
    },
  ];
};

/** A bridge has the least MTU of its ports, so that one small port makes the host’s own packets small. */
const inBridge = (stack: StackModel, it: InterfaceModel): readonly RawFinding[] => {
  if (it.it.kind !== 'bridge') return [];
  const ports = it.ports.flatMap((port) => stack.interfaces.get(port) ?? []);
  const small = ports.find((port) => port.it.mtuBytes < it.it.mtuBytes);
  if (small === undefined) return [];
  return [
    {
      stack: stack.name,
      message: `\`${small.name}\`, a port of \`${it.name}\` of \`${stack.name}\`, has an MTU of ${small.it.mtuBytes}, and the bridge ${it.it.mtuBytes}: larger frames are dropped there without a word`,
      at: interfaceSubject(stack.name, small.name),
      repair: { words: `set that of \`${small.name}\` to ${it.it.mtuBytes}`, edits: [setMtu(small, it.it.mtuBytes)] },
    },
  ];
};

export const mtuMismatch: LintRule = {
  code: 'mtu-mismatch',
  severity: 'warning',
  title: 'interfaces of one wire, or on top of each other, with MTUs that do not fit',
  explanation:
    'There is no router between stations of one wire that could say “packet too big”: a frame that is larger than the receiver’s MTU, or than a bridge port’s, is dropped in silence. Small packets and ' +
    'pings pass, downloads and TLS hang. A tunnel takes its outer headers off: 20 bytes for 6in4 and IPIP, 24 for GRE, 50 for VXLAN.',
  find: (input) => [
    ...onWires(input),
    ...stacksIn(input).flatMap((stack) =>
      interfacesOf(stack).flatMap((it) => [...onTop(stack, it), ...inBridge(stack, it)]),
    ),
  ],
};
