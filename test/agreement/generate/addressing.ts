/** Subnets of segments, addresses of their members, and the many ways to get them wrong. */
import { type Family } from '../../../src/net/address.ts';
import { interfaceOf, shifted, single, stackOf, type Draft, type Member, type Segment } from './draft.ts';
import { realInterfaces } from './wiring.ts';

interface Subnet {
  readonly family: Family;
  /** The first address. */
  readonly base: string;
  readonly prefixLength: number;
}

const subnet4 = (draft: Draft, number: number, prefixLength: number): Subnet => ({
  family: 4,
  base: `10.${draft.universe}.${number}.0`,
  prefixLength,
});

const subnet6 = (draft: Draft, number: number): Subnet => ({
  family: 6,
  base: `fd00:${draft.universe.toString(16)}:${number.toString(16)}::`,
  prefixLength: 64,
});

const give = (draft: Draft, member: Member, { family, base, prefixLength }: Subnet, host: number): void => {
  const { addresses } = interfaceOf(draft, member);
  const address = shifted(base, host);
  if (addresses.some((present) => present.address === address)) return;
  addresses.push({ family, address, prefixLength });
};

const lengthOf = (draft: Draft, { members }: Segment): number => {
  if (draft.has('slash-31') && members.length === 2 && draft.chance.flip(0.7)) return 31;
  return draft.chance.pick([24, 24, 25, 28, members.length <= 2 ? 30 : 27]);
};

/** With `overlap`, a segment may lie inside of another one's subnet, or have the same. */
const numberOf = (draft: Draft, { id }: Segment): number =>
  draft.has('overlap') && id > 0 && draft.chance.flip(0.5) ? 16 * draft.chance.below(id) : 16 * id;

const addressSegment = (draft: Draft, segment: Segment): void => {
  const { chance } = draft;
  const number = numberOf(draft, segment);
  const subnets = [subnet4(draft, number, lengthOf(draft, segment)), subnet6(draft, number)];
  for (const [index, member] of segment.members.entries()) {
    for (const subnet of subnets) {
      if (chance.flip(subnet.family === 4 ? 0.03 : 0.15)) continue;
      const host = subnet.prefixLength === 31 ? index : index + 1;
      give(draft, member, subnet, host);
      if (draft.has('secondary') && subnet.prefixLength < 28 && chance.flip(0.4))
        give(draft, member, subnet, host + 40);
    }
    if (draft.has('extra-subnet') && chance.flip(0.6)) {
      give(draft, member, subnet4(draft, number + 1, 24), index + 1);
      if (chance.flip(0.5)) give(draft, member, subnet6(draft, number + 1), index + 1);
    }
  }
  for (const { family, base, prefixLength } of subnets) {
    const host = prefixLength === 31 ? 1 : segment.members.length + 1;
    // The last address of a subnet of four is its broadcast address.
    if (chance.flip(prefixLength === 30 ? 0.05 : 0.5))
      draft.others.push({ stack: null, family, address: shifted(base, host) });
  }
};

const change = (draft: Draft, alter: (address: { prefixLength: number; family: Family }) => number): void => {
  const it = draft.chance.maybe(realInterfaces(draft).filter(({ addresses }) => addresses.length > 0));
  if (it === undefined) return;
  const index = draft.chance.below(it.addresses.length);
  const address = it.addresses[index];
  if (address !== undefined) it.addresses[index] = { ...address, prefixLength: alter(address) };
};

const duplicate = (draft: Draft): void => {
  const [one, two] = draft.chance.shuffle(realInterfaces(draft).filter(({ addresses }) => addresses.length > 0));
  const address = one === undefined ? undefined : draft.chance.maybe(one.addresses);
  if (
    address !== undefined &&
    two !== undefined &&
    !two.addresses.some((present) => present.address === address.address)
  )
    two.addresses.push(address);
};

/** An address that was left on an interface when it became a port. */
const leaveOnPort = (draft: Draft): void => {
  for (const { bridges } of draft.segments) {
    const bridge = draft.chance.maybe(bridges);
    if (bridge === undefined) continue;
    const { interfaces } = stackOf(draft, bridge.stack);
    const port = draft.chance.maybe(Object.entries(interfaces).filter(([, { master }]) => master === bridge.interface));
    const number = 16 * (draft.segments.find((segment) => segment.bridges === bridges)?.id ?? 0);
    if (port === undefined) continue;
    const member = { stack: bridge.stack, interface: port[0] };
    give(draft, member, subnet4(draft, number, 24), 30);
    give(draft, member, subnet6(draft, number), 30);
  }
};

const giveLoopback = (draft: Draft): void => {
  for (const { name } of draft.chance.shuffle(draft.stacks).slice(0, 2)) {
    const lo = { stack: name, interface: 'lo' };
    const number = 200 + draft.chance.below(20);
    const prefixLength = draft.chance.pick([32, 32, 24]);
    give(draft, lo, subnet4(draft, number, prefixLength), 1);
    if (prefixLength === 24)
      draft.others.push({ stack: name, family: 4, address: `10.${draft.universe}.${number}.77` });
    if (draft.chance.flip(0.6)) give(draft, lo, { ...subnet6(draft, number), prefixLength: 128 }, 1);
  }
};

/** A host that knows nothing on its link but a way to one gateway. */
const narrowToOne = (draft: Draft): void => {
  const segment = draft.chance.maybe(draft.segments.filter(({ members }) => members.length > 1));
  if (segment === undefined) return;
  const [host, gateway] = draft.chance.shuffle(segment.members);
  if (host === undefined || gateway === undefined) return;
  const it = interfaceOf(draft, host);
  const via = interfaceOf(draft, gateway).addresses.find(({ family }) => family === 4);
  it.addresses = it.addresses.map((address) => (address.family === 4 ? { ...address, prefixLength: 32 } : address));
  if (via === undefined || !draft.chance.flip(0.8)) return;
  stackOf(draft, host.stack).routes.push({
    family: 4,
    to: single(via.address),
    type: 'unicast',
    dev: host.interface,
    metric: 0,
    table: 254,
  });
};

export const address = (draft: Draft): void => {
  for (const segment of draft.segments) addressSegment(draft, segment);
  if (draft.has('lo-address')) giveLoopback(draft);
  if (draft.has('port-address')) leaveOnPort(draft);
  if (draft.has('duplicate-address')) duplicate(draft);
  if (draft.has('slash-32')) narrowToOne(draft);
  if (draft.has('off-by-one'))
    change(draft, ({ prefixLength }) => Math.min(Math.max(8, prefixLength + draft.chance.pick([-1, 1])), 31));
};
