/** The steps of a plan that are about programs: whoever runs them carries these out. */
import { type StepOf } from '../plan/plan.ts';
import { type StepFailure } from './step-failure.ts';

export interface ServiceHelpers {
  readonly stopService: (stack: string, step: StepOf<'stop-service'>) => void;
  readonly startService: (stack: string, step: StepOf<'start-service'>) => void;
  /** Absent: a changed service is stopped and started. */
  readonly changeService?: (stack: string, step: StepOf<'change-service'>) => Promise<void>;
  /** Absent: nobody in the stacks asks for names. */
  readonly setResolver?: (stack: string, step: StepOf<'set-resolver'>) => void;
}

/** One after the other, up to the first that fails. */
export const changeServices = async (
  steps: readonly StepOf<'change-service'>[],
  { changeService, startService, stopService }: ServiceHelpers,
): Promise<StepFailure[]> => {
  for (const step of steps) {
    const { stack, from, to } = step;
    try {
      if (changeService === undefined) {
        stopService(stack, { kind: 'stop-service', stack, service: from });
        startService(stack, { kind: 'start-service', stack, service: to });
      } else await changeService(stack, step);
    } catch (error) {
      return [{ step, message: (error as Error).message }];
    }
  }
  return [];
};
