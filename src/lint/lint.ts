/** All rules over one network: what they find, with what comes of it. */
import { type Origins, type Remark } from '../dialects/dialect.ts';
import { buildModel } from '../reach/model/build-model.ts';
import { terrainOf } from '../reach/repair/terrain.ts';
import { type Facts } from '../reach/facts.ts';
import { settledFacts } from '../reach/settled.ts';
import { type NetworkState } from '../state/network-state.ts';
import { brokenText, consequenceOf } from './consequence.ts';
import { type Finding, type Mending, type RawFinding } from './finding.ts';
import { mendableIn, type MendablePair } from './mendable.ts';
import { walkPairs, type AskedPair } from './pairs.ts';
import { type LintInput, type LintRule, type Outside } from './rule.ts';
import { lintRules } from './rules.ts';

export interface LintSubject {
  readonly state: NetworkState;
  readonly remarks?: readonly Remark[];
  readonly origins?: Origins;
  readonly dialectOf?: ReadonlyMap<string, string>;
  readonly outside?: Partial<Outside>;
  /** What the kernel of an observed machine has from others. */
  readonly learned?: Pick<Facts, 'addresses' | 'routes'>;
  /** Codes of rules that somebody else looks after. */
  readonly except?: ReadonlySet<string>;
}

const nobody: ReadonlySet<string> = new Set();

/** What services come to give, and what others have given already. */
const factsWith =
  ({ addresses = [], routes = [] }: Pick<Facts, 'addresses' | 'routes'>) =>
  (state: NetworkState): Facts => {
    const settled = settledFacts(state);
    return {
      ...settled,
      addresses: [...addresses, ...(settled.addresses ?? [])],
      routes: [...routes, ...(settled.routes ?? [])],
    };
  };

export const lintInput = ({
  state,
  remarks = [],
  origins = {},
  dialectOf,
  outside,
  learned = {},
}: LintSubject): LintInput => {
  const factsOf = factsWith(learned);
  const model = buildModel(state, factsOf(state));
  let pairs: readonly AskedPair[] | undefined;
  const lazy = { pairs: () => (pairs ??= walkPairs(model)) };
  const around: Outside = { fixed: nobody, oneMac: nobody, wireless: nobody, ...outside };
  let mendable: readonly MendablePair[] | undefined;
  return {
    state,
    model,
    factsOf,
    terrain: terrainOf(model),
    remarks,
    origins,
    dialectOf: dialectOf ?? new Map(),
    outside: around,
    ...lazy,
    mendable: () => (mendable ??= mendableIn({ ...lazy, model, fixed: around.fixed })),
  };
};

/** A repair that breaks what works is told in words, with what it breaks, and is not offered. */
const harmless = (input: LintInput, found: RawFinding): Pick<Finding, 'repair' | 'consequence'> => {
  const { repair } = found;
  const consequence = consequenceOf(input, found);
  if (repair === undefined) return { consequence };
  if (consequence === undefined || consequence.open.length === 0 || found.closes === true)
    return { repair, consequence };
  const told: Mending = { words: `${repair.words}; mind that by itself this ${brokenText(consequence)}`, edits: [] };
  return { repair: told, consequence: consequenceOf(input, { ...found, repair: told }) };
};

export const findingsOf = (input: LintInput, rules: readonly LintRule[] = lintRules): readonly Finding[] =>
  rules.flatMap((rule) =>
    rule
      .find(input)
      .filter(({ stack }) => !input.outside.fixed.has(stack))
      .map((found): Finding => {
        const { repair: _repair, ...others } = found;
        return { ...others, code: rule.code, severity: found.severity ?? rule.severity, ...harmless(input, found) };
      }),
  );

export const lint = (subject: LintSubject): readonly Finding[] =>
  findingsOf(
    lintInput(subject),
    lintRules.filter(({ code }) => subject.except?.has(code) !== true),
  );
