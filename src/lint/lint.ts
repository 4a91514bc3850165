/** All rules over one network: what they find, with what comes of it. */
import { type Origins, type Remark } from '../dialects/dialect.ts';
import { buildModel } from '../reach/model/build-model.ts';
import { terrainOf } from '../reach/repair/terrain.ts';
import { settledFacts } from '../reach/settled.ts';
import { type NetworkState } from '../state/network-state.ts';
import { consequenceOf } from './consequence.ts';
import { type Finding } from './finding.ts';
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
  /** Codes of rules that somebody else looks after. */
  readonly except?: ReadonlySet<string>;
}

const nobody: ReadonlySet<string> = new Set();

export const lintInput = ({ state, remarks = [], origins = {}, dialectOf, outside }: LintSubject): LintInput => {
  const model = buildModel(state, settledFacts(state));
  let pairs: readonly AskedPair[] | undefined;
  const lazy = { pairs: () => (pairs ??= walkPairs(model)) };
  const around: Outside = { fixed: nobody, oneMac: nobody, wireless: nobody, ...outside };
  let mendable: readonly MendablePair[] | undefined;
  return {
    state,
    model,
    terrain: terrainOf(model),
    remarks,
    origins,
    dialectOf: dialectOf ?? new Map(),
    outside: around,
    ...lazy,
    mendable: () => (mendable ??= mendableIn({ ...lazy, model, outside: around })),
  };
};

export const findingsOf = (input: LintInput, rules: readonly LintRule[] = lintRules): readonly Finding[] =>
  rules.flatMap((rule) =>
    rule
      .find(input)
      .filter(({ stack }) => !input.outside.fixed.has(stack))
      .map((found): Finding => ({
        ...found,
        code: rule.code,
        severity: found.severity ?? rule.severity,
        consequence: consequenceOf(input, found),
      })),
  );

export const lint = (subject: LintSubject): readonly Finding[] =>
  findingsOf(
    lintInput(subject),
    lintRules.filter(({ code }) => subject.except?.has(code) !== true),
  );
