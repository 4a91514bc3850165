/**
 * Who reaches whom: machines by machines by services, as bits. Machines whose rows are alike share one.
 */
import { ip, printIp, type Family } from '../../net/address.ts';
import { type Verdict } from '../walk.ts';
import { walk } from '../walker/walk.ts';
import { NOTHING, type PacketSet } from './bdd.ts';
import { type Field } from './pieces.ts';
import { type Prediction } from './prediction.ts';
import { type Seed } from './seeds.ts';
import { onAxis, protocolCodes, type Space } from './space.ts';
import { defaultLength, defaultSourcePort, type AskedService } from './world.ts';

/** A column: an address, and the stack that has it. */
export interface Target {
  readonly stack: string;
  readonly address: string;
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
}

export interface MatrixQuestion {
  readonly family: Family;
  readonly services: readonly AskedService[];
  /** Default: the first address of each stack that is good beyond its link. */
  readonly targets?: readonly Target[];
}

const firstTargets = ({ world }: Prediction, family: Family): readonly Target[] => {
  const targets: Target[] = [];
  for (const stack of world.model.stacks.values())
    for (const it of stack.interfaces.values()) {
      const own = it.addresses.find((address) => address.family === family && address.scope === 'global');
      if (own === undefined) continue;
      targets.push({ stack: stack.name, address: printIp(own) });
      break;
    }
  return targets;
};

interface Column {
  readonly code: number;
  readonly index: number;
}

/** Sets the bit of each column whose code is in a set that knows of destinations only. */
const fill = (space: Space, field: Field, set: PacketSet, columns: readonly Column[], bits: Uint32Array): void => {
  const { bdd } = space;
  const go = (at: PacketSet, level: number, base: number, from: number, to: number): void => {
    if (at === NOTHING || from >= to) return;
    if (at === 1) {
      for (let index = from; index < to; index += 1) {
        const place = columns[index]!.index;
        bits[place >> 5]! |= 1 << (place & 31);
      }
      return;
    }
    const middle = base + 2 ** (field.first + field.bits - 1 - level);
    let [least, most] = [from, to];
    while (least < most) {
      const guess = (least + most) >> 1;
      if (columns[guess]!.code < middle) least = guess + 1;
      else most = guess;
    }
    const isHere = bdd.levelOf(at) === level;
    go(isHere ? bdd.low(at) : at, level + 1, base, from, least);
    go(isHere ? bdd.high(at) : at, level + 1, middle, least, to);
  };
  go(set, field.first, 0, 0, columns.length);
};

/** Requests for one service with all else as it is usually. */
const usual = (space: Space, set: PacketSet, family: Family, { protocol, port }: AskedService): PacketSet => {
  const { bdd, fields, axes } = space;
  const at = (now: PacketSet, name: 'destinationPort' | 'sourcePort' | 'length', value: bigint): PacketSet => {
    const { first, bits } = fields[name];
    return bdd.restrict(now, first, bits, space.axisOf(name).codeOf(value));
  };
  let now = bdd.restrict(set, fields.bound.first, 1, 0);
  now = bdd.restrict(now, fields.protocol.first, fields.protocol.bits, protocolCodes[protocol]);
  now = at(now, 'destinationPort', BigInt(port ?? 0));
  now = at(now, 'sourcePort', BigInt(defaultSourcePort));
  now = bdd.restrict(
    now,
    fields.length.first,
    fields.length.bits,
    axes.length.codeOf(BigInt(defaultLength(family, protocol))),
  );
  return bdd.restrict(now, fields.fragment.first, 1, family === 6 || protocol === 'tcp' ? 1 : 0);
};

/** One stack's requests by destination. */
interface Row {
  readonly always: PacketSet;
  readonly ever: PacketSet;
  /** Those that only the walker can answer. */
  readonly unclear: PacketSet;
}

/** What all stacks' rows of a service are cut from. */
interface Service {
  readonly service: AskedService;
  readonly answered: PacketSet;
  readonly unclear: PacketSet;
}

const ofService = ({ world, answered, unclear }: Prediction, family: Family, service: AskedService): Service => ({
  service,
  answered: usual(world.space, answered, family, service),
  unclear: usual(world.space, unclear, family, service),
});

/** A row of a member of a group: what is known of its address as source. */
const rowOfMember = ({ world }: Prediction, family: Family, name: string, dev: string, of: Service): Row => {
  const { space, model } = world;
  const { bdd, fields } = space;
  const it = model.stacks.get(name)?.interfaces.get(dev);
  const own = it?.addresses.find((address) => address.family === family && address.scope === 'global');
  if (own === undefined) return { always: NOTHING, ever: NOTHING, unclear: NOTHING };
  const code = space.axes.address.codeOf(onAxis(family, own.value));
  const at = (set: PacketSet): PacketSet => bdd.restrict(set, fields.source.first, fields.source.bits, code);
  const mine = at(of.answered);
  return {
    ever: bdd.exists(mine, space.headerEnd, space.end),
    always: bdd.forAll(mine, space.headerEnd, space.end),
    unclear: bdd.exists(at(of.unclear), space.headerEnd, space.end),
  };
};

/** A row of a stack that is followed on its own: by the sources that its kernel chooses. */
const rowOfStack = ({ world }: Prediction, family: Family, seed: Seed, of: Service): Row => {
  const { space } = world;
  const { bdd, fields } = space;
  const byDestination = (set: PacketSet): PacketSet => bdd.exists(set, 0, fields.destination.first);
  const asked = usual(space, seed.unbound, family, of.service);
  const some = byDestination(bdd.and(of.answered, asked));
  const open = bdd.or(bdd.and(of.unclear, asked), usual(space, seed.unclear, family, of.service));
  return {
    ever: bdd.exists(some, space.headerEnd, space.end),
    always: bdd.forAll(some, space.headerEnd, space.end),
    unclear: bdd.exists(byDestination(open), space.headerEnd, space.end),
  };
};

/** Rows of bits, each once. */
class Rows {
  readonly yes: Uint32Array[] = [];
  readonly perhaps: Uint32Array[] = [];
  private readonly known = new Map<string, number>();
  private readonly space: Space;
  private readonly columns: readonly Column[];
  private readonly words: number;

  constructor(space: Space, columns: readonly Column[], count: number) {
    this.space = space;
    this.columns = columns;
    this.words = (count + 31) >> 5;
  }

  bits(set: PacketSet): Uint32Array {
    const bits = new Uint32Array(this.words);
    fill(this.space, this.space.fields.destination, set, this.columns, bits);
    return bits;
  }

  of({ always, ever }: Row): number {
    const key = `${always} ${ever}`;
    const before = this.known.get(key);
    if (before !== undefined) return before;
    this.yes.push(this.bits(always));
    this.perhaps.push(this.bits(this.space.bdd.minus(ever, always)));
    this.known.set(key, this.yes.length - 1);
    return this.yes.length - 1;
  }

  /** The row with some verdicts put in; a row of its own unless they were there. */
  with(row: number, verdicts: ReadonlyMap<number, Verdict>): number {
    const yes = Uint32Array.from(this.yes[row]!);
    const perhaps = Uint32Array.from(this.perhaps[row]!);
    const put = (bits: Uint32Array, place: number, holds: boolean): void => {
      const bit = 1 << (place & 31);
      bits[place >> 5] = holds ? bits[place >> 5]! | bit : bits[place >> 5]! & ~bit;
    };
    for (const [place, verdict] of verdicts) {
      put(yes, place, verdict === 'yes');
      put(perhaps, place, verdict === 'sometimes' || verdict === 'unknown');
    }
    const isSame = (a: Uint32Array, b: Uint32Array): boolean => a.every((word, index) => word === b[index]);
    if (isSame(yes, this.yes[row]!) && isSame(perhaps, this.perhaps[row]!)) return row;
    this.yes.push(yes);
    this.perhaps.push(perhaps);
    return this.yes.length - 1;
  }
}

export const predictMatrix = (prediction: Prediction, question: MatrixQuestion): ReachMatrix => {
  const { world, seeds } = prediction;
  const { space, model } = world;
  const { family, services } = question;
  const targets = question.targets ?? firstTargets(prediction, family);
  const columns = targets
    .map(({ address }, index) => ({ code: space.axes.address.codeOf(onAxis(family, ip(address).value)), index }))
    .sort((a, b) => a.code - b.code);
  const ownTargets = new Map<string, number[]>();
  for (const [index, { stack }] of targets.entries()) ownTargets.set(stack, [...(ownTargets.get(stack) ?? []), index]);
  const rows = new Rows(space, columns, targets.length);
  const from = [...model.stacks.keys()];
  const selves = new Map<string, Verdict>();
  const walked = (name: string, target: number, { protocol, port }: AskedService): Verdict =>
    walk(model, { from: name, family, destination: targets[target]!.address, protocol, port }, { isTraced: false })
      .verdict;
  const selfOf: Uint8Array[] = [];
  const rowOf = services.map((service) => {
    const of = ofService(prediction, family, service);
    const self = new Uint8Array(from.length).fill(3);
    selfOf.push(self);
    return Int32Array.from(from, (name, stack) => {
      const node = world.nodeOf(name);
      const seed = seeds.get(node)?.find((it) => it.family === family);
      const row =
        node.group !== undefined
          ? rowOfMember(prediction, family, name, node.group.dev, of)
          : seed === undefined
            ? { always: NOTHING, ever: NOTHING, unclear: NOTHING }
            : rowOfStack(prediction, family, seed, of);
      const place = rows.of(row);
      const verdicts = new Map<number, Verdict>();
      if (row.unclear !== NOTHING)
        for (const [word, bits] of rows.bits(row.unclear).entries())
          for (let bit = 0; bits >>> bit !== 0 && bit < 32; bit += 1)
            if ((bits >>> bit) & 1) verdicts.set(word * 32 + bit, walked(name, word * 32 + bit, service));
      // A group does not know a member from its neighbours; what one of them gets from itself, all get.
      const [target] = node.group === undefined ? [] : (ownTargets.get(name) ?? []);
      if (target !== undefined) {
        const key = `${node.id} ${service.protocol} ${service.port ?? ''}`;
        const verdict = selves.get(key) ?? walked(name, target, service);
        selves.set(key, verdict);
        self[stack] = verdict === 'yes' ? 1 : verdict === 'no' ? 0 : 2;
      }
      return verdicts.size === 0 ? place : rows.with(place, verdicts);
    });
  });
  return { family, from, targets, services, rowOf, yes: rows.yes, perhaps: rows.perhaps, self: selfOf };
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
