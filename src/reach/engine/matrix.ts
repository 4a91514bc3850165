/**
 * Who reaches whom: machines by machines by services, as bits. Machines whose rows are alike share one.
 */
import { ip, printIp, type Family } from '../../net/address.ts';
import { walk } from '../walker/walk.ts';
import { NOTHING, type PacketSet } from './bdd.ts';
import { type Node } from './nodes.ts';
import { type Prediction } from './prediction.ts';
import { destinationsIn, rowOfStack, rowsOfMembers, usual } from './requests.ts';
import { byCode, emptyRow, Rows, spread, type Placed } from './rows.ts';
import { type Seed } from './seeds.ts';
import { onAxis, type Space } from './space.ts';
import { type AskedService } from './world.ts';

/** A column: an address, and the stack that has it. */
export interface Target {
  readonly stack: string;
  readonly address: string;
}

export interface MatrixQuestion {
  readonly family: Family;
  readonly services: readonly AskedService[];
  /** Default: the first address of each stack that is good beyond its link. */
  readonly targets?: readonly Target[];
}

export interface ReachMatrix {
  readonly family: Family;
  /** Rows of each service: every stack of the model, in its order. */
  readonly from: readonly string[];
  readonly targets: readonly Target[];
  readonly services: readonly AskedService[];
  /** By service, then by stack: the place of its row in `yes` and `perhaps`. */
  readonly rowOf: readonly Int32Array[];
  /** Bit `t & 31` of word `t >> 5`: target `t` answers. */
  readonly yes: readonly Uint32Array[];
  /** It depends on chance, or on what is not modelled. */
  readonly perhaps: readonly Uint32Array[];
  /** By service, then by stack: what a stack gets from itself, where its row does not say: 0 no, 1 yes, 2 perhaps, 3 see its row. */
  readonly self: readonly Uint8Array[];
  /** What it was made of, for the next one. */
  readonly edition: object;
  readonly rows: Rows;
  readonly senders: Senders;
}

/** Who asks: members of groups by their addresses, and stacks that are followed on their own. */
interface Senders {
  readonly members: readonly Placed[];
  /** Members without an address, which ask nothing. */
  readonly mute: readonly number[];
  readonly alone: readonly { readonly place: number; readonly name: string }[];
}

const sendersOf = ({ world }: Prediction, family: Family, from: readonly string[]): Senders => {
  const { model, space, nodeOf } = world;
  const members: Placed[] = [];
  const mute: number[] = [];
  const alone: { place: number; name: string }[] = [];
  for (const [place, name] of from.entries()) {
    const { group } = nodeOf(name);
    if (group === undefined) {
      alone.push({ place, name });
      continue;
    }
    const it = model.stacks.get(name)?.interfaces.get(group.dev);
    const own = it?.addresses.find((address) => address.family === family && address.scope === 'global');
    if (own === undefined) mute.push(place);
    else members.push({ code: space.axes.address.codeOf(onAxis(family, own.value)), place });
  }
  return { members: members.sort(byCode), mute, alone };
};

/** The first address of each stack that is good beyond its link, and its code. */
const firstTargets = (
  { world }: Prediction,
  family: Family,
): { readonly targets: readonly Target[]; readonly columns: readonly Placed[] } => {
  const { address: axis } = world.space.axes;
  const targets: Target[] = [];
  const columns: Placed[] = [];
  for (const stack of world.model.stacks.values())
    for (const it of stack.interfaces.values()) {
      const own = it.addresses.find((address) => address.family === family && address.scope === 'global');
      if (own === undefined) continue;
      columns.push({ code: axis.codeOf(onAxis(family, own.value)), place: targets.length });
      targets.push({ stack: stack.name, address: printIp(own) });
      break;
    }
  return { targets, columns };
};

const seedOf = ({ world, seeds }: Prediction, family: Family, name: string): Seed | undefined =>
  seeds.get(world.nodeOf(name))?.find((seed) => seed.family === family);

const codes = { no: 0, yes: 1, perhaps: 2 } as const;

type Verdict = keyof typeof codes;

const walked = (
  { world }: Prediction,
  family: Family,
  from: string,
  destination: string,
  service: AskedService,
): Verdict => {
  const { verdict } = walk(world.model, { from, family, destination, ...service }, { isTraced: false });
  return verdict === 'yes' || verdict === 'no' ? verdict : 'perhaps';
};

/** What matters of a member of a group to what it gets from itself, which never leaves it. */
const lookOfSelf = ({ stack: { stack } }: Node): string => {
  const interfaces = Object.values(stack.interfaces).map(({ mac: _mac, addresses: _addresses, ...rest }) => rest);
  return JSON.stringify([stack.sysctls, interfaces]);
};

/** A group does not know a member from its neighbours; what one of them gets from itself, all get. By service. */
const selvesOf = (
  prediction: Prediction,
  { family, from, targets, services }: Pick<ReachMatrix, 'family' | 'from' | 'targets' | 'services'>,
): readonly Uint8Array[] => {
  const targetOf = new Map<string, Target>();
  for (const target of targets) if (!targetOf.has(target.stack)) targetOf.set(target.stack, target);
  const made = services.map(() => new Uint8Array(from.length).fill(3));
  const byLook = new Map<string, readonly number[]>();
  const selves = new Map<Node, readonly number[]>();
  for (const [place, name] of from.entries()) {
    const node = prediction.world.nodeOf(name);
    const target = node.group && targetOf.get(name);
    if (target === undefined) continue;
    let self = selves.get(node);
    if (self === undefined) {
      const look = lookOfSelf(node);
      self = byLook.get(look);
      self ??= services.map((service) => codes[walked(prediction, family, name, target.address, service)]);
      byLook.set(look, self);
      selves.set(node, self);
    }
    for (const [number, code] of self.entries()) made[number]![place] = code;
  }
  return made;
};

/** Whether the walker has to be asked nothing. */
const isClear = ({ unclear, seeds }: Prediction): boolean =>
  unclear === NOTHING && [...seeds.values()].every((list) => list.every((seed) => seed.unclear === NOTHING));

/** Puts in what only the walker knows. */
const clear = (prediction: Prediction, matrix: ReachMatrix): void => {
  const { world } = prediction;
  const { family, services, targets, from, rows } = matrix;
  for (const [number, service] of services.entries()) {
    const unclear = usual(world.space, prediction.unclear, family, service);
    for (const [place, name] of from.entries()) {
      const seed = seedOf(prediction, family, name);
      const open = seed === undefined ? NOTHING : destinationsIn(world, seed, name, service, unclear);
      if (open === NOTHING) continue;
      const verdicts = new Map<number, Verdict>();
      const bits = rows.bits(open);
      for (let target = 0; target < targets.length; target += 1)
        if ((bits[target >> 5]! >>> (target & 31)) & 1)
          verdicts.set(target, walked(prediction, family, name, targets[target]!.address, service));
      matrix.rowOf[number]![place] = rows.with(matrix.rowOf[number]![place]!, verdicts);
    }
  }
};

/** Cuts the rows of some senders anew, from the answered requests of all sources that they have. */
const cutRows = (
  prediction: Prediction,
  matrix: ReachMatrix,
  { members, mute, alone }: Senders,
  answered: PacketSet,
): void => {
  const { space } = prediction.world;
  const { family, rows } = matrix;
  for (const [number, service] of matrix.services.entries()) {
    const rowOf = matrix.rowOf[number]!;
    const requests = usual(space, answered, family, service);
    rowsOfMembers(space, requests, members, (row) => rows.of(row), rowOf);
    for (const place of mute) rowOf[place] = rows.of(emptyRow);
    for (const { place, name } of alone) {
      const seed = seedOf(prediction, family, name);
      const asked = seed === undefined ? NOTHING : usual(space, seed.unbound, family, service);
      rowOf[place] = rows.of(rowOfStack(space, requests, asked));
    }
  }
};

const placed = (space: Space, family: Family, targets: readonly Target[]): ReturnType<typeof firstTargets> => ({
  targets,
  columns: targets.map(({ address }, place) => ({
    code: space.axes.address.codeOf(onAxis(family, ip(address).value)),
    place,
  })),
});

export const predictMatrix = (prediction: Prediction, question: MatrixQuestion): ReachMatrix => {
  const { space, model } = prediction.world;
  const { family, services } = question;
  const { targets, columns } =
    question.targets === undefined ? firstTargets(prediction, family) : placed(space, family, question.targets);
  const rows = new Rows(space, columns);
  const from = [...model.stacks.keys()];
  const senders = sendersOf(prediction, family, from);
  const matrix: ReachMatrix = {
    family,
    from,
    targets,
    services,
    rowOf: services.map(() => new Int32Array(from.length)),
    yes: rows.yes,
    perhaps: rows.perhaps,
    self: selvesOf(prediction, { family, from, targets, services }),
    edition: prediction.edition,
    rows,
    senders,
  };
  cutRows(prediction, matrix, senders, prediction.answered);
  if (!isClear(prediction)) clear(prediction, matrix);
  return matrix;
};

/** The matrix after an edit: where the prediction was made from the one before, only touched rows are cut again. */
export const matrixAgain = (before: ReachMatrix, prediction: Prediction): ReachMatrix => {
  const { since, edition, answered, world } = prediction;
  const { family, senders } = before;
  if (since?.edition !== before.edition || !isClear(prediction)) return predictMatrix(prediction, before);
  const { bdd, fields, shadows } = world.space;
  const matrix = { ...before, edition, rowOf: before.rowOf.map((rowOf) => rowOf.slice()) };
  if (since.touched === NOTHING) return matrix;
  const sources = shadows.source.of(since.touched);
  const members: Placed[] = [];
  spread(bdd, fields.source, sources, senders.members, (_, from, to) => {
    for (let index = from; index < to; index += 1) members.push(senders.members[index]!);
  });
  const seedsOf = senders.alone.map((it) => ({ ...it, all: seedOf(prediction, family, it.name)?.all ?? NOTHING }));
  const alone = seedsOf.filter(({ all }) => bdd.meets(all, since.touched));
  const every = bdd.union([sources, ...alone.map(({ all }) => shadows.source.of(all))]);
  cutRows(prediction, matrix, { members, mute: [], alone }, bdd.and(answered, every));
  return matrix;
};

/** One cell: by the places of service, stack and target. */
export const cellOf = (
  matrix: ReachMatrix,
  service: number,
  from: number,
  target: number,
): 'yes' | 'no' | 'perhaps' => {
  if (matrix.targets[target]!.stack === matrix.from[from]) {
    const self = (['no', 'yes', 'perhaps'] as const)[matrix.self[service]![from]!];
    if (self !== undefined) return self;
  }
  const row = matrix.rowOf[service]![from]!;
  const has = (rows: readonly Uint32Array[]): boolean => ((rows[row]![target >> 5]! >>> (target & 31)) & 1) === 1;
  return has(matrix.yes) ? 'yes' : has(matrix.perhaps) ? 'perhaps' : 'no';
};
