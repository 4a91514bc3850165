/**
 * What sets know of the source and the destination, each for itself: a set's shadow on a field. Sets that come to a stack
 * hold thousands of senders, and most questions there are about destinations: the shadow answers them, and tells where
 * a cut would leave the set as it is.
 */
import { NOTHING, type Bdd, type PacketSet } from './bdd.ts';
import { type Field } from './pieces.ts';

export class Shadows {
  private readonly bdd: Bdd;
  private readonly field: Field;
  private readonly known = new Map<PacketSet, PacketSet>();

  constructor(bdd: Bdd, field: Field) {
    this.bdd = bdd;
    this.field = field;
  }

  /** Values of the field that some member of the set has. */
  of(set: PacketSet): PacketSet {
    const known = this.known.get(set);
    if (known !== undefined) return known;
    const { first, bits } = this.field;
    const made = this.bdd.shadow(set, first, first + bits);
    this.known.set(set, made);
    return made;
  }

  /** Members whose field has one of the values, which are a set that knows of the field only. */
  cut(set: PacketSet, values: PacketSet): PacketSet {
    if (set === NOTHING || values < 2) return values === NOTHING ? NOTHING : set;
    const shadow = this.of(set);
    const both = this.bdd.and(shadow, values);
    if (both === NOTHING || both === shadow) return both === NOTHING ? NOTHING : set;
    const made = this.bdd.and(set, values);
    this.known.set(made, both);
    return made;
  }
}
