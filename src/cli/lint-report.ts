/** Findings as `lint --json` prints them (docs/cli.md). */
import { positionOf } from '../diagnostics/position.ts';
import { diagnosticsToJson, type JsonDiagnostic } from '../diagnostics/print-json.ts';
import { type Consequence, type Finding } from '../lint/finding.ts';
import { type Command } from '../reach/repair/edit.ts';
import { commandsFor } from './lint-commands.ts';
import { type LintedNetwork } from './lint-subject.ts';

interface Located {
  readonly file: string | null;
  readonly line: number | null;
  readonly column: number | null;
}

export interface FindingReport extends Located {
  readonly code: string;
  readonly severity: Finding['severity'];
  readonly machine: string;
  readonly message: string;
  readonly notes: readonly (Located & { readonly message: string })[];
  readonly consequence: Consequence | null;
  readonly repair: { readonly words: string; readonly commands: readonly Command[] } | null;
}

export interface LintReport {
  readonly findings: readonly FindingReport[];
  /** What was found while the input was read. */
  readonly diagnostics: readonly JsonDiagnostic[];
  readonly summary: { readonly errors: number; readonly warnings: number; readonly notes: number };
}

const locate = ({ spanOf, sources }: LintedNetwork, at: Finding['at']): Located => {
  const span = at === undefined ? undefined : spanOf(at);
  const text = span === undefined ? undefined : sources.get(span.file);
  if (span === undefined || text === undefined) return { file: span?.file ?? null, line: null, column: null };
  return { file: span.file, ...positionOf(text, span.start) };
};

const reportOf = (network: LintedNetwork, finding: Finding): FindingReport => {
  const { code, severity, stack, message, notes = [], consequence, repair } = finding;
  return {
    ...{ code, severity, machine: stack, message },
    ...locate(network, finding.at),
    notes: notes.map((note) => ({ message: note.message, ...locate(network, note.at) })),
    consequence: consequence ?? null,
    repair:
      repair === undefined ? null : { words: repair.words, commands: commandsFor(network.subject.state, repair.edits) },
  };
};

export const lintReport = (network: LintedNetwork, findings: readonly Finding[]): LintReport => {
  const count = (severity: Finding['severity']): number => findings.filter((one) => one.severity === severity).length;
  return {
    findings: findings.map((finding) => reportOf(network, finding)),
    diagnostics: diagnosticsToJson(network.diagnostics, network.sources),
    summary: { errors: count('error'), warnings: count('warning'), notes: count('note') },
  };
};
