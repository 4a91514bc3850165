/**
 * Packets that go round in circles: what comes to a place where it was before, without a stack having learned anything of
 * it since, takes the same ways until its hop limit ends it. It is not followed again.
 */
import { type Bdd, NOTHING, type PacketSet } from './bdd.ts';

export class Circles {
  private readonly bdd: Bdd;
  /** Headers that have been at a place, of which nothing was learned since. */
  private readonly been = new Map<string, PacketSet>();
  private changed: PacketSet = NOTHING;
  private stations: string | undefined;

  constructor(bdd: Bdd) {
    this.bdd = bdd;
  }

  /** Stacks have learned something of these headers. */
  change(set: PacketSet): void {
    this.changed = this.bdd.or(this.changed, set);
  }

  /** Tells what stations are known: with any other, packets may take other ways. */
  know(stations: string): void {
    if (stations !== this.stations) this.been.clear();
    this.stations = stations;
  }

  /** Begins a round: what was learned in the one before counts from now on. */
  turn(): void {
    if (this.changed === NOTHING) return;
    for (const [place, set] of this.been) this.been.set(place, this.bdd.minus(set, this.changed));
    this.changed = NOTHING;
  }

  /** The headers that are not in a circle of those that come to a place. */
  follow(place: string, set: PacketSet): PacketSet {
    const before = this.been.get(place) ?? NOTHING;
    this.been.set(place, this.bdd.or(before, set));
    return this.bdd.minus(set, before);
  }
}
