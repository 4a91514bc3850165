/** The rows of a matrix for one service: what is answered of all that a sender can ask, by destination. */
import { type Family } from '../../net/address.ts';
import { NOTHING, type PacketSet } from './bdd.ts';
import { type Field } from './pieces.ts';
import { emptyRow, spread, type Placed, type Row } from './rows.ts';
import { type Seed } from './seeds.ts';
import { onAxis, protocolCodes, type Space } from './space.ts';
import { defaultLength, defaultSourcePort, type AskedService, type World } from './world.ts';

/** Requests for one service with all else as it is usually: sets of sources, destinations and what nobody knows. */
export const usual = (space: Space, set: PacketSet, family: Family, { protocol, port }: AskedService): PacketSet => {
  const { bdd, fields, axes } = space;
  const isWhole = family === 6 || protocol === 'tcp';
  const codes: readonly (readonly [field: Field, code: number])[] = [
    [fields.bound, 0],
    [fields.protocol, protocolCodes[protocol]],
    [fields.destinationPort, axes.port.codeOf(BigInt(port ?? 0))],
    [fields.sourcePort, axes.port.codeOf(BigInt(defaultSourcePort))],
    [fields.length, axes.length.codeOf(BigInt(defaultLength(family, protocol)))],
    [fields.fragment, isWhole ? 1 : 0],
  ];
  const values = new Int8Array(space.headerEnd).fill(-1);
  for (const [{ first, bits }, code] of codes)
    for (let bit = 0; bit < bits; bit += 1) values[first + bit] = (code >>> (bits - 1 - bit)) & 1;
  return bdd.fix(set, values);
};

const rowOf = ({ bdd, headerEnd, end }: Space, byDestination: PacketSet): Row => ({
  ever: bdd.exists(byDestination, headerEnd, end),
  always: bdd.forAll(byDestination, headerEnd, end),
});

/**
 * Rows of members of groups, by ascending codes: what is known of each one's address as source. `requests` are `usual`
 * ones; `rows` are put in at the members' places, as the numbers that `numberOf` has for them.
 */
export const rowsOfMembers = (
  space: Space,
  requests: PacketSet,
  members: readonly Placed[],
  numberOf: (row: Row) => number,
  rows: Int32Array,
): void => {
  const { bdd, fields } = space;
  const { origin, source } = fields;
  const known = new Map<PacketSet, number>();
  // Members share their addresses with nobody, so it does not matter who is taken for their origin.
  const ofAnyone = bdd.restrict(requests, origin.first, origin.bits, 0);
  const none = numberOf(emptyRow);
  for (const { place } of members) rows[place] = none;
  spread(bdd, source, ofAnyone, members, (below, from, to) => {
    const number = known.get(below) ?? numberOf(rowOf(space, below));
    known.set(below, number);
    for (let index = from; index < to; index += 1) rows[members[index]!.place] = number;
  });
};

/** The row of a stack that is followed on its own: by the sources that its kernel chooses. */
export const rowOfStack = (space: Space, requests: PacketSet, asked: PacketSet): Row => {
  const { bdd, fields } = space;
  return rowOf(space, bdd.exists(bdd.and(requests, asked), 0, fields.destination.first));
};

/** Destinations of a sender of which only the walker can tell. `unclear` are `usual` requests. */
export const destinationsIn = (
  { space, model }: World,
  { node, family, unbound, unclear: unsent }: Seed,
  name: string,
  service: AskedService,
  unclear: PacketSet,
): PacketSet => {
  const { bdd, fields } = space;
  let asked = usual(space, unbound, family, service);
  if (node.group !== undefined) {
    const it = model.stacks.get(name)?.interfaces.get(node.group.dev);
    const own = it?.addresses.find((address) => address.family === family && address.scope === 'global');
    const { first, last } = space.axes.address.spanOf(space.axes.address.codeOf(onAxis(family, own?.value ?? 0n)));
    asked = own === undefined ? NOTHING : bdd.and(asked, space.codes('source', first, last));
  }
  const open = bdd.or(bdd.and(unclear, asked), usual(space, unsent, family, service));
  return bdd.exists(bdd.exists(open, space.headerEnd, space.end), 0, fields.destination.first);
};
