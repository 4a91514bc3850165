/** A file's text with a way from key paths to places. Made by `parse-yaml.ts`. */
import { type Span } from '../diagnostics/diagnostic.ts';

export interface SourceFile {
  readonly file: string;
  readonly text: string;
  /** The plain value of the document (YAML 1.2 core schema); map keys are text. */
  readonly value: unknown;
  /** The place of the value at a path; where nothing stands there, that of the nearest key above it. */
  readonly spanOf: (path: readonly (string | number)[]) => Span;
  /** The place of the key at a path. */
  readonly keySpanOf: (path: readonly (string | number)[]) => Span;
}
