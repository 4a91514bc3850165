/** The options that commands share, as commander hands them over; `program.ts` declares them. */
import { type MachineKind } from '../state/virtual-machine.ts';

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
  /** What guests run as that do not say it themselves; absent: what they run as already, or namespaces. */
  readonly machines?: MachineKind;
}

/** A running lab, named by its file or by its name. */
export interface LabOptions extends FileOptions {
  readonly lab?: string;
  readonly dryRun: boolean;
}

export const defaultFile = 'lab.yaml';
