/**
 * Best-first search over edited networks: the walk says where the packet stops, the proposals for that place are tried,
 * and so on until the answer comes back. Cheapest first; bounded in depth and in walks.
 */
import { type Model } from '../model/model.ts';
import { type Flow, type Walk } from '../walk.ts';
import { walk } from '../walker/walk.ts';
import { collateralOf, holds, sampleOf, type Sample } from './collateral.ts';
import { commandsOf } from './commands.ts';
import { applyEdit } from './apply-edit.ts';
import { editedModel } from './edited.ts';
import { type Command, type Edit } from './edit.ts';
import { costsOf, type Costs } from './costs.ts';
import { propose } from './propose.ts';
import { type Proposal } from './proposal.ts';
import { type Repair, type RepairOptions } from './contract.ts';
import { situationOf } from './situation.ts';

const deepest = 4;
const mostWalksByDefault = 240;
const mostRepairs = 3;
/** Complete repairs that are compared with each other. */
const mostComplete = 8;
/** What costs this much more than the best is not worth reading. */
const worthReading = 16;

interface Attempt {
  readonly model: Model;
  readonly proposals: readonly Proposal[];
  readonly walk: Walk;
  readonly cost: number;
}

interface Complete extends Attempt {
  readonly sideEffects: readonly string[];
}

interface Search {
  readonly flow: Flow;
  readonly start: Attempt;
  readonly costs: Costs;
  readonly options: RepairOptions;
  readonly samples: () => readonly Sample[];
  walksLeft: number;
}

const editsOf = (proposals: readonly Proposal[]): readonly Edit[] => proposals.flatMap(({ edits }) => edits);

/** The same edits in another order are the same repair. */
const keyOf = (proposals: readonly Proposal[]): string =>
  editsOf(proposals)
    .map((edit) => JSON.stringify(edit))
    .sort()
    .join('\n');

const attempt = (search: Search, proposals: readonly Proposal[], from: Attempt): Attempt => {
  search.walksLeft -= 1;
  const added = proposals.slice(from.proposals.length);
  const model = editedModel(from.model, editsOf(added));
  const cost = added.reduce((sum, proposal) => sum + search.costs.of(proposal), from.cost);
  return { model, proposals, walk: walk(model, search.flow), cost };
};

const stopText = ({ walk: { stop, verdict, alternatives } }: Attempt): string =>
  JSON.stringify([stop, verdict, alternatives.map((other) => [other.verdict, other.stop])]);

/** Without proposals that turn out not to be needed. */
const leanest = (search: Search, found: Attempt): Attempt => {
  for (const superfluous of found.proposals.slice(0, -1)) {
    const fewer = found.proposals.filter((other) => other !== superfluous);
    const tried = attempt(search, fewer, search.start);
    if (tried.walk.verdict === 'yes') return leanest(search, tried);
  }
  return found;
};

const completed = (search: Search, found: Attempt): Complete | undefined => {
  const { options, samples, start } = search;
  const kept = (options.mustHold ?? []).every((must) => holds(found.model, must) || !holds(start.model, must));
  if (!kept) return undefined;
  const collateral = collateralOf(found.model, samples(), { before: start.walk, after: found.walk });
  const byNature = found.proposals
    // Who sees whom has been measured already.
    .filter(({ kind }) => kind !== 'translation' || !collateral.isSeenDifferently)
    .flatMap((proposal) => proposal.sideEffects);
  return { ...found, cost: found.cost + collateral.cost, sideEffects: [...collateral.sentences, ...new Set(byNature)] };
};

const expand = (search: Search, from: Attempt, tried: Set<string>): readonly Attempt[] => {
  const situation = situationOf(from.model, search.flow, from.walk);
  if (situation === undefined) return [];
  const stopped = stopText(from);
  const next: Attempt[] = [];
  for (const proposal of propose(situation)) {
    if (search.walksLeft <= 0) break;
    const proposals = [...from.proposals, proposal];
    const key = keyOf(proposals);
    if (tried.has(key) || proposal.edits.some((edit) => search.costs.isFixed(edit.stack))) continue;
    tried.add(key);
    const reached = attempt(search, proposals, from);
    // What changes nothing about where the packet stops is no step towards a repair.
    if (reached.walk.verdict === 'yes' || stopText(reached) !== stopped) next.push(reached);
  }
  return next;
};

const allComplete = (search: Search): readonly Complete[] => {
  const open: Attempt[] = [search.start];
  const tried = new Set<string>();
  const told = new Set<string>();
  const complete: Complete[] = [];
  while (open.length > 0 && search.walksLeft > 0 && complete.length < mostComplete) {
    open.sort((a, b) => a.cost - b.cost || a.proposals.length - b.proposals.length);
    const best = open.shift();
    if (best === undefined) break;
    const enough = complete.toSorted((a, b) => a.cost - b.cost)[mostRepairs - 1];
    if (enough !== undefined && best.cost > enough.cost) break;
    if (best.walk.verdict === 'yes') {
      const lean = leanest(search, best);
      const key = keyOf(lean.proposals);
      const found = told.has(key) ? undefined : completed(search, lean);
      told.add(key);
      if (found !== undefined) complete.push(found);
    } else if (best.proposals.length < deepest) open.push(...expand(search, best, tried));
  }
  return complete.sort((a, b) => a.cost - b.cost);
};

const kindsOf = ({ proposals }: Complete): string => proposals.map(({ kind }) => kind).join(' ');

/** Ways of different kinds first, for the user to choose between; then the next best of the same kind. */
const chosen = (complete: readonly Complete[]): readonly Complete[] => {
  const [best] = complete;
  if (best === undefined) return [];
  const worth = complete.filter(({ cost }) => cost <= best.cost + worthReading);
  const firstOfKind = worth.filter(
    (one, index) => worth.findIndex((other) => kindsOf(other) === kindsOf(one)) === index,
  );
  const others = worth.filter((one) => !firstOfKind.includes(one));
  return [...firstOfKind, ...others].slice(0, mostRepairs).sort((a, b) => a.cost - b.cost);
};

const commandsInOrder = (model: Model, edits: readonly Edit[]): readonly Command[] => {
  let { state } = model;
  return edits.flatMap((edit) => {
    const commands = commandsOf(state, edit);
    state = applyEdit(state, edit);
    return commands;
  });
};

const round = (cost: number): number => Math.round(cost * 100) / 100;

export const searchRepairs = (model: Model, flow: Flow, before: Walk, options: RepairOptions): readonly Repair[] => {
  let samples: readonly Sample[] | undefined;
  const search: Search = {
    flow,
    start: { model, proposals: [], walk: before, cost: 0 },
    costs: costsOf(model, options),
    options,
    samples: () => (samples ??= sampleOf(model, options.others ?? [])),
    walksLeft: options.mostWalks ?? mostWalksByDefault,
  };
  return chosen(allComplete(search)).map((found) => {
    const edits = editsOf(found.proposals);
    const machine = edits[0]?.stack ?? flow.from;
    return {
      edits,
      machine,
      change: found.proposals.map(({ change }) => change).join('; then '),
      commands: commandsInOrder(model, edits),
      owner: search.costs.ownerOf(machine),
      sideEffects: found.sideEffects,
      cost: round(found.cost),
    };
  });
};
