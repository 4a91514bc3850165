/** Runs of the address axis as sets of headers, kept for as long as their lists are. */
import { NOTHING, type PacketSet } from './bdd.ts';
import { listsMet, partitionOf, type Partition } from './partition.ts';
import { inRuns, type Run } from './route-classes.ts';
import { type Space } from './space.ts';
import { type Term } from './view.ts';

/** Each with the values that it stands for. */
type Lists = readonly { readonly runs: readonly Run[] }[];

export class RunSets {
  private readonly space: Space;
  private readonly sets = new WeakMap<readonly Run[], Map<Term, PacketSet>>();
  private readonly partitions = new WeakMap<Lists, Partition>();

  constructor(space: Space) {
    this.space = space;
  }

  /** The set of headers whose term is in runs; kept for the list. */
  of(runs: readonly Run[], term: Term): PacketSet {
    if (typeof term === 'bigint') return inRuns(this.space, term, runs);
    let byTerm = this.sets.get(runs);
    if (byTerm === undefined) this.sets.set(runs, (byTerm = new Map<Term, PacketSet>()));
    const known = byTerm.get(term);
    if (known !== undefined) return known;
    const made = inRuns(this.space, term, runs);
    byTerm.set(term, made);
    return made;
  }

  /** The places of those lists of runs that some member of a set has its address in; lists have no value in common. */
  met(lists: Lists, set: PacketSet, term: Term): readonly number[] {
    if (typeof term === 'bigint') {
      const place = lists.findIndex(({ runs }) => inRuns(this.space, term, runs) !== NOTHING);
      return place < 0 ? [] : [place];
    }
    let partition = this.partitions.get(lists);
    if (partition === undefined) {
      partition = partitionOf(this.space.axes.address, lists);
      this.partitions.set(lists, partition);
    }
    return listsMet(this.space.bdd, this.space.fields[term], this.space.shadow(set, term), partition);
  }
}
