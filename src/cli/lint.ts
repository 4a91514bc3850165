/** Says what is wrong or will surprise in a network, what comes of it, and what mends it. */
import { type Diagnostic } from '../diagnostics/diagnostic.ts';
import { consequenceText } from '../lint/consequence.ts';
import { type Finding } from '../lint/finding.ts';
import { lint as findingsIn } from '../lint/lint.ts';
import { ruleNamed } from '../lint/rules.ts';
import { ruleText } from '../lint/reference.ts';
import { type NetworkState } from '../state/network-state.ts';
import { writeFiles } from '../run/write-files.ts';
import { asStrict, complain, fault, sayDiagnostics } from './complain.ts';
import { fixFiles } from './fix-files.ts';
import { exitCode } from './exit-code.ts';
import { printJson } from './json.ts';
import { commandsFor } from './lint-commands.ts';
import { lintReport } from './lint-report.ts';
import { isRefused, lintSubjectOf, type LintedNetwork, type LintTargetOptions } from './lint-subject.ts';
import { shellLine } from './shell-line.ts';
import { print } from './terminal.ts';

export interface LintOptions extends LintTargetOptions {
  readonly explain?: string;
  readonly fix: boolean;
  readonly dryRun: boolean;
}

const helpOf = (state: NetworkState, { repair }: Finding): string | undefined => {
  if (repair === undefined) return undefined;
  const lines = commandsFor(state, repair.edits).map(({ machine, argv }) => `${machine}: ${shellLine(argv)}`);
  return [repair.words, ...lines].join('\n');
};

export const diagnosticOfFinding = ({ spanOf, subject }: LintedNetwork, finding: Finding): Diagnostic => {
  const at = finding.at === undefined ? undefined : spanOf(finding.at);
  const help = helpOf(subject.state, finding);
  const { consequence } = finding;
  const notes = [
    ...(consequence === undefined ? [] : consequenceText(consequence).map((message) => ({ message }))),
    ...(finding.notes ?? []).map(({ message, at: place }) => {
      const span = place === undefined ? undefined : spanOf(place);
      return span === undefined ? { message } : { message, at: span };
    }),
  ];
  return {
    ...{ code: finding.code, severity: finding.severity, message: finding.message, notes },
    ...(at === undefined ? {} : { at }),
    ...(help === undefined ? {} : { help }),
  };
};

const explainRule = (code: string, options: LintOptions): number => {
  const rule = ruleNamed(code);
  if (rule === undefined) {
    complain(fault('unknown-rule', `\`${code}\` is no rule of lint`, 'docs/lint.md lists them'), new Map(), options);
    return exitCode.wrongInput;
  }
  const { severity, title, explanation } = rule;
  print(options.json ? printJson({ code, severity, title, explanation }) : ruleText(rule));
  return exitCode.asWished;
};

/** Writes what the repairs make of the files; tells which, and what was wrong in them. */
const fix = async (
  found: LintedNetwork,
  findings: readonly Finding[],
  options: LintOptions,
): Promise<readonly Finding[]> => {
  const { files, fixed } = fixFiles(found, findings);
  for (const { file, text } of files) {
    if (options.dryRun) {
      print(`# ${file}\n${text}`);
      continue;
    }
    const at = file.lastIndexOf('/');
    const faults = await writeFiles(at < 0 ? '.' : file.slice(0, at) || '/', [{ path: file.slice(at + 1), text }], {
      force: true,
    });
    if (faults.length > 0) {
      complain(faults, new Map(), options);
      return [];
    }
    if (!options.json) print(`rewritten: ${file}`);
  }
  return fixed;
};

export const lint = async (names: readonly string[], options: LintOptions): Promise<number> => {
  if (options.explain !== undefined) return explainRule(options.explain, options);
  const found = await lintSubjectOf(names, options);
  if (isRefused(found)) {
    complain(found.diagnostics, found.sources, options);
    return found.status;
  }
  const findings = findingsIn(found.subject);
  const fixed = options.fix ? await fix(found, findings, options) : [];
  const isFixed = ({ code, message }: Finding): boolean =>
    !options.dryRun && fixed.some((one) => one.code === code && one.message === message);
  const left = findings.filter((finding) => !isFixed(finding));
  const told = asStrict(
    [...found.diagnostics, ...left.map((finding) => diagnosticOfFinding(found, finding))],
    options.strict,
  );
  if (options.json) print(printJson(lintReport(found, left)));
  else sayDiagnostics(told, found.sources);
  return told.some(({ severity }) => severity !== 'note') ? exitCode.no : exitCode.asWished;
};
