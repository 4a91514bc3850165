/**
 * A base chain as sets: which packets it accepts, drops, rejects or translates, and with what marks, for one pair of
 * interfaces and one view. Rules that cannot match there are left out first, so that chains with the same rules left, of
 * whatever stack, are compiled once.
 */
import { type FilterMatch, type FilterRule, type FilterVerdict } from '../../state/packet-filter.ts';
import { type HookChain } from '../model/model.ts';
import { isMeant, type Passing } from '../walker/filter-match.ts';
import { setBits } from '../walker/hook.ts';
import { NOTHING, type PacketSet } from './bdd.ts';
import { type Space } from './space.ts';
import { MatchSets, never, sampleHeader, varying, type Marks } from './match-sets.ts';
import { packetOf, viewKey, withMark, type View } from './view.ts';

export interface ChainOutcome {
  readonly set: PacketSet;
  /** `accept`, `drop`, `reject`, or a translation. */
  readonly verdict: FilterVerdict;
  readonly marks: Marks;
}

/** Where a chain is read: all that is known of the packet but its header and marks. */
export type Place = Omit<Passing, 'packet'>;

interface PrunedRule {
  readonly matches: readonly FilterMatch[];
  readonly verdict: FilterVerdict;
  /** The chain that is jumped to. */
  readonly target: Pruned | undefined;
}

/** A chain without what cannot match at a place. */
interface Pruned {
  readonly key: string;
  readonly rules: readonly PrunedRule[];
}

const deepest = 16;

const noMatches: ReadonlySet<string> = new Set();

const ruleKeys = new WeakMap<FilterRule, string>();
const matchKeys = new WeakMap<FilterMatch, string>();

const keyOfRule = (rule: FilterRule): string => {
  const known = ruleKeys.get(rule);
  if (known !== undefined) return known;
  const key = JSON.stringify([rule.matches.filter(({ kind }) => varying.has(kind)), rule.verdict]);
  ruleKeys.set(rule, key);
  return key;
};

const keyOfMatch = (match: FilterMatch): string => {
  const known = matchKeys.get(match) ?? JSON.stringify(match);
  matchKeys.set(match, known);
  return known;
};

/** Matches in a chain, and in all that it may jump to, which look at no more than the place; each once. */
const fixedMatches = ({ chain, subchains }: HookChain): readonly FilterMatch[] => {
  const found = new Map<string, FilterMatch>();
  for (const { rules } of [chain, ...subchains.values()])
    for (const { matches } of rules)
      for (const match of matches) if (!varying.has(match.kind)) found.set(keyOfMatch(match), match);
  return [...found.values()];
};

const withVerdict = (marks: Marks, verdict: FilterVerdict): Marks | undefined => {
  switch (verdict.kind) {
    case 'set-mark':
      return { ...marks, mark: setBits(marks.mark, verdict) };
    case 'restore-mark':
      return { ...marks, mark: marks.connection ?? 0 };
    case 'set-connection-mark':
      return marks.connection === undefined ? marks : { ...marks, connection: setBits(marks.connection, verdict) };
    case 'save-mark':
      return marks.connection === undefined ? marks : { ...marks, connection: marks.mark };
    case 'notrack':
      return { ...marks, isUntracked: true };
    case 'continue':
      return marks;
    default:
      return undefined;
  }
};

const marksKey = ({ mark, connection, isUntracked }: Marks): string =>
  `${mark} ${connection ?? ''} ${isUntracked ? 'u' : ''}`;

interface Branch {
  readonly set: PacketSet;
  readonly marks: Marks;
}

interface Read {
  readonly outcomes: readonly ChainOutcome[];
  /** What came to the end of the chain, and what a `return` or `goto` ended. */
  readonly fell: readonly Branch[];
  readonly returned: readonly Branch[];
  readonly ended: readonly Branch[];
}

export class FilterSets {
  private readonly space: Space;
  private readonly asked: PacketSet;
  private readonly matches: MatchSets;
  private readonly reads = new Map<string, Read>();
  private readonly chains = new Map<string, readonly ChainOutcome[]>();
  private readonly interned = new Map<string, string>();
  /** What is left of chains, by the matches of the place that hold there. */
  private readonly places = new WeakMap<HookChain, { fixed: readonly FilterMatch[]; byBits: Map<string, Pruned> }>();

  /** `asked`: headers that will come by; chains say nothing about others. */
  constructor(space: Space, asked: PacketSet) {
    this.space = space;
    this.asked = asked;
    this.matches = new MatchSets(space);
  }

  /** What becomes of all packets that are asked about at a chain; the mark of `view` is that of `marks`, whatever it says. */
  chain(stack: string, at: HookChain, place: Place, view: View, marks: Marks): readonly ChainOutcome[] {
    const pruned = this.prune(stack, at, place, view);
    const plain = withMark(view, 0);
    const key = `${pruned.key} ${at.chain.policy} ${viewKey(plain)} ${marksKey(marks)}`;
    const known = this.chains.get(key);
    if (known !== undefined) return known;
    const read = this.read(stack, pruned, plain, marks);
    const policy: FilterVerdict = { kind: at.chain.policy };
    const rest = [...read.fell, ...read.returned, ...read.ended].map((branch) => ({ ...branch, verdict: policy }));
    const made = this.merged([...read.outcomes, ...rest]);
    this.chains.set(key, made);
    return made;
  }

  private prune(stack: string, at: HookChain, place: Place, view: View): Pruned {
    let known = this.places.get(at);
    if (known === undefined) this.places.set(at, (known = { fixed: fixedMatches(at), byBits: new Map() }));
    let holding = noMatches;
    if (known.fixed.length > 0) {
      // The family too: whatever else of the packet is looked at, is in the set.
      const passing: Passing = { ...place, packet: packetOf(view, sampleHeader('tcp')) };
      holding = new Set(known.fixed.filter((match) => isMeant(match, passing, never)).map(keyOfMatch));
    }
    const bits = holding.size === 0 ? '' : [...holding].join(' ');
    const before = known.byBits.get(bits);
    if (before !== undefined) return before;
    const made = this.pruned(stack, at, at.chain.rules, holding, 0);
    known.byBits.set(bits, made);
    return made;
  }

  /** The rules whose matches of the place are all among the `holding` ones. */
  private pruned(
    stack: string,
    at: HookChain,
    rules: readonly FilterRule[],
    holding: ReadonlySet<string>,
    depth: number,
  ): Pruned {
    const kept: PrunedRule[] = [];
    const keys: string[] = [];
    for (const rule of rules) {
      if (!rule.matches.every((match) => varying.has(match.kind) || holding.has(keyOfMatch(match)))) continue;
      const { verdict } = rule;
      let target: Pruned | undefined;
      if (verdict.kind === 'jump' || verdict.kind === 'goto') {
        const chain = at.subchains.get(verdict.chain);
        if (chain === undefined || depth >= deepest) continue;
        target = this.pruned(stack, at, chain.rules, holding, depth + 1);
      }
      const matches = rule.matches.filter(({ kind }) => varying.has(kind));
      kept.push({ matches, verdict, target });
      const isOther = verdict.kind === 'other' || matches.some(({ kind }) => kind === 'other');
      keys.push(`${keyOfRule(rule)}${target?.key ?? ''}${isOther ? stack : ''}`);
    }
    return { key: this.intern(keys.join('\n')), rules: kept };
  }

  private intern(key: string): string {
    const known = this.interned.get(key);
    if (known !== undefined) return known;
    const made = `#${this.interned.size}`;
    this.interned.set(key, made);
    return made;
  }

  private read(stack: string, chain: Pruned, view: View, marks: Marks): Read {
    const key = `${chain.key} ${viewKey(view)} ${marksKey(marks)}`;
    const known = this.reads.get(key);
    if (known !== undefined) return known;
    const { bdd } = this.space;
    const outcomes: ChainOutcome[] = [];
    const returned: Branch[] = [];
    const ended: Branch[] = [];
    let live: readonly Branch[] = [{ set: this.asked, marks }];
    for (let index = 0; index < chain.rules.length && live.length > 0; index += 1) {
      // Rules in a row with one and the same end are one rule with the union of their matches.
      const first = chain.rules[index]!;
      const end = isFinal(first.verdict) ? lastAlike(chain.rules, index) : index;
      const next: Branch[] = [];
      for (const branch of live) {
        const sets: PacketSet[] = [];
        for (let at = index; at <= end; at += 1) sets.push(this.matching(stack, chain.rules[at]!, view, branch.marks));
        const taken = bdd.and(branch.set, bdd.union(sets));
        const left = bdd.minus(branch.set, taken);
        if (left !== NOTHING) next.push({ ...branch, set: left });
        if (taken === NOTHING) continue;
        this.act(stack, first, view, { set: taken, marks: branch.marks }, { outcomes, returned, ended, next });
      }
      live = this.joined(next);
      index = end;
    }
    const made: Read = {
      outcomes: this.merged(outcomes),
      fell: live,
      returned: this.joined(returned),
      ended: this.joined(ended),
    };
    this.reads.set(key, made);
    return made;
  }

  private act(
    stack: string,
    rule: PrunedRule,
    view: View,
    taken: Branch,
    to: { outcomes: ChainOutcome[]; returned: Branch[]; ended: Branch[]; next: Branch[] },
  ): void {
    const { verdict, target } = rule;
    const after = withVerdict(taken.marks, verdict);
    if (after !== undefined) to.next.push({ set: taken.set, marks: after });
    else if (verdict.kind === 'return') to.returned.push(taken);
    else if (target !== undefined) {
      const inner = this.read(stack, target, view, taken.marks);
      const { bdd } = this.space;
      const within = <T extends Branch>(branches: readonly T[]): T[] =>
        branches
          .map((branch) => ({ ...branch, set: bdd.and(branch.set, taken.set) }))
          .filter(({ set }) => set !== NOTHING);
      to.outcomes.push(...within(inner.outcomes));
      // A goto does not come back to this chain; whatever ended below a jump goes on here.
      const back = [...within(inner.fell), ...within(inner.returned), ...within(inner.ended)];
      (verdict.kind === 'goto' ? to.ended : to.next).push(...back);
    } else to.outcomes.push({ ...taken, verdict: verdict.kind === 'other' ? { kind: 'drop' } : verdict });
  }

  private joined(branches: readonly Branch[]): readonly Branch[] {
    if (branches.length < 2) return branches;
    const byMarks = new Map<string, Branch>();
    for (const branch of branches) {
      const key = marksKey(branch.marks);
      const before = byMarks.get(key);
      byMarks.set(key, before === undefined ? branch : { ...before, set: this.space.bdd.or(before.set, branch.set) });
    }
    return [...byMarks.values()];
  }

  private merged(outcomes: readonly ChainOutcome[]): readonly ChainOutcome[] {
    const byKey = new Map<string, { outcome: ChainOutcome; sets: PacketSet[] }>();
    for (const outcome of outcomes) {
      const key = `${JSON.stringify(outcome.verdict)} ${marksKey(outcome.marks)}`;
      const before = byKey.get(key);
      if (before === undefined) byKey.set(key, { outcome, sets: [outcome.set] });
      else before.sets.push(outcome.set);
    }
    return [...byKey.values()].map(({ outcome, sets }) => ({ ...outcome, set: this.space.bdd.union(sets) }));
  }

  private matching(stack: string, rule: PrunedRule, view: View, marks: Marks): PacketSet {
    const { bdd } = this.space;
    let set = this.asked;
    if (rule.verdict.kind === 'reject' && rule.verdict.with === 'tcp-reset')
      set = bdd.and(set, this.space.protocol('tcp'));
    if (rule.verdict.kind === 'other')
      set = bdd.and(set, this.space.unknown(`unknown ${stack}: ${rule.verdict.text}`, 2, 1));
    for (let index = rule.matches.length - 1; index >= 0; index -= 1) {
      if (set === NOTHING) return NOTHING;
      set = bdd.and(set, this.matches.of(stack, rule.matches[index]!, view, marks));
    }
    return set;
  }
}

const finals = new Set<FilterVerdict['kind']>(['accept', 'drop', 'reject']);

const isFinal = ({ kind }: FilterVerdict): boolean => finals.has(kind);

/** The last of the rules from `index` on that end alike. */
const lastAlike = (rules: readonly PrunedRule[], index: number): number => {
  const { verdict } = rules[index]!;
  const kind = verdict.kind;
  let last = index;
  for (let next = rules[last + 1]; next?.verdict.kind === kind; next = rules[last + 1]) {
    if (next.verdict.kind === 'reject' && verdict.kind === 'reject' && next.verdict.with !== verdict.with) break;
    last += 1;
  }
  return last;
};
