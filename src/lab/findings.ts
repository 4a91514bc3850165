/**
 * Collects what is found while a lab is built. An accepted finding becomes a note that the plan tells and stops
 * nothing; everything else is a diagnostic of the outcome.
 */
import { type Diagnostic, type Note, type Severity, type Span } from '../diagnostics/diagnostic.ts';
import { omitAbsent } from './omit-absent.ts';

export interface Details {
  readonly notes?: readonly Note[];
  readonly help?: string | undefined;
  /** Codes that the user accepts at this place. */
  readonly accept?: readonly string[];
}

/** Lives as long as one run of `buildLab`. */
export class Findings {
  readonly #diagnostics: Diagnostic[] = [];
  readonly #notes: Diagnostic[] = [];

  get diagnostics(): readonly Diagnostic[] {
    return this.#diagnostics;
  }

  get notes(): readonly Diagnostic[] {
    return this.#notes;
  }

  error(code: string, message: string, at: Span, details: Details = {}): void {
    this.#add('error', code, message, at, details);
  }

  warning(code: string, message: string, at: Span, details: Details = {}): void {
    this.#add('warning', code, message, at, details);
  }

  /** A fact that the plan tells. */
  note(code: string, message: string, at: Span, details: Details = {}): void {
    this.#notes.push(diagnosticOf('note', code, message, at, details));
  }

  #add(severity: Severity, code: string, message: string, at: Span, details: Details): void {
    if (details.accept?.includes(code) === true)
      this.#notes.push(diagnosticOf('note', code, `${message} (accepted)`, at, details));
    else this.#diagnostics.push(diagnosticOf(severity, code, message, at, details));
  }
}

const diagnosticOf = (severity: Severity, code: string, message: string, at: Span, details: Details): Diagnostic =>
  omitAbsent({ severity, code, message, at, notes: details.notes, help: details.help });
