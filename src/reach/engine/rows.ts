/** Rows of bits, one bit a target, each row once; and the rows of requests, cut from sets by who asks. */
import { NOTHING, type Bdd, type PacketSet } from './bdd.ts';
import { type Field } from './pieces.ts';
import { type Space } from './space.ts';

/** Something at a code of a field. */
export interface Placed {
  readonly code: number;
  readonly place: number;
}

export const byCode = (a: Placed, b: Placed): number => a.code - b.code;

/**
 * Takes a set apart by a field: `found` gets, for stretches of ascending codes, what the set knows below the field. Codes
 * where that is nothing are left out.
 */
export const spread = (
  bdd: Bdd,
  field: Field,
  set: PacketSet,
  placed: readonly Placed[],
  found: (below: PacketSet, from: number, to: number) => void,
): void => {
  const end = field.first + field.bits;
  const go = (at: PacketSet, level: number, base: number, from: number, to: number): void => {
    if (at === NOTHING || from >= to) return;
    if (bdd.levelOf(at) >= end) {
      found(at, from, to);
      return;
    }
    const middle = base + 2 ** (end - 1 - level);
    let [least, most] = [from, to];
    while (least < most) {
      const guess = (least + most) >> 1;
      if (placed[guess]!.code < middle) least = guess + 1;
      else most = guess;
    }
    const isHere = bdd.levelOf(at) === level;
    go(isHere ? bdd.low(at) : at, level + 1, base, from, least);
    go(isHere ? bdd.high(at) : at, level + 1, middle, least, to);
  };
  go(set, field.first, 0, 0, placed.length);
};

/** One sender's requests by destination, as sets of these and of what nobody knows. */
export interface Row {
  readonly always: PacketSet;
  readonly ever: PacketSet;
}

export const emptyRow: Row = { always: NOTHING, ever: NOTHING };

/** Grows only: a row stays at its place. */
export class Rows {
  readonly yes: Uint32Array[] = [];
  readonly perhaps: Uint32Array[] = [];
  private readonly known = new Map<string, number>();
  private readonly space: Space;
  private readonly columns: readonly Placed[];
  private readonly words: number;

  constructor(space: Space, columns: readonly Placed[]) {
    this.space = space;
    this.columns = [...columns].sort(byCode);
    this.words = (columns.length + 31) >> 5;
  }

  /** The columns whose destination is in a set of these. */
  bits(set: PacketSet): Uint32Array {
    const bits = new Uint32Array(this.words);
    const { bdd, fields } = this.space;
    spread(bdd, fields.destination, set, this.columns, (_, from, to) => {
      for (let index = from; index < to; index += 1) {
        const { place } = this.columns[index]!;
        bits[place >> 5]! |= 1 << (place & 31);
      }
    });
    return bits;
  }

  of({ always, ever }: Row): number {
    const key = `${always} ${ever}`;
    const before = this.known.get(key);
    if (before !== undefined) return before;
    const place = this.add(this.bits(always), this.bits(this.space.bdd.minus(ever, always)));
    this.known.set(key, place);
    return place;
  }

  private add(yes: Uint32Array, perhaps: Uint32Array): number {
    this.perhaps.push(perhaps);
    return this.yes.push(yes) - 1;
  }

  /** The row with some verdicts put in; a row of its own unless they were there. */
  with(row: number, verdicts: ReadonlyMap<number, 'yes' | 'no' | 'perhaps'>): number {
    const yes = Uint32Array.from(this.yes[row]!);
    const perhaps = Uint32Array.from(this.perhaps[row]!);
    const put = (bits: Uint32Array, place: number, holds: boolean): void => {
      const bit = 1 << (place & 31);
      bits[place >> 5] = holds ? bits[place >> 5]! | bit : bits[place >> 5]! & ~bit;
    };
    for (const [place, verdict] of verdicts) {
      put(yes, place, verdict === 'yes');
      put(perhaps, place, verdict === 'perhaps');
    }
    const isSame = (a: Uint32Array, b: Uint32Array): boolean => a.every((word, index) => word === b[index]);
    return isSame(yes, this.yes[row]!) && isSame(perhaps, this.perhaps[row]!) ? row : this.add(yes, perhaps);
  }
}
