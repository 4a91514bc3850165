/** A step that the kernel refused, with its words. */
import { type Step } from '../plan/plan.ts';

export interface StepFailure {
  readonly step: Step;
  readonly message: string;
}
