/** The options that commands share, as commander hands them over; `program.ts` declares them. */
export interface CommonOptions {
  readonly json: boolean;
  readonly strict: boolean;
  readonly debug: boolean;
}

export interface FileOptions extends CommonOptions {
  readonly file?: string;
}

export interface DryRunOptions extends FileOptions {
  readonly dryRun: boolean;
  /** Names whose pinned decisions are made anew. */
  readonly forget: readonly string[];
  readonly steps: boolean;
  /** Tell which flows appear and vanish. */
  readonly impact: boolean;
}

/** A running lab, named by its file or by its name. */
export interface LabOptions extends FileOptions {
  readonly lab?: string;
  readonly dryRun: boolean;
}

export const defaultFile = 'lab.yaml';
