/** The process of a service in a running lab, as `status` tells it. */
import { type LabRun } from './lab-run.ts';

interface Status {
  readonly services: readonly { readonly stack: string; readonly kind: string; readonly pid: number }[];
}

/** 0 where there is none. */
export const servicePid = async (lab: LabRun, stack: string, kind: string): Promise<number> =>
  (await lab.json<Status>('status', '-f', lab.file)).services.find((one) => one.stack === stack && one.kind === kind)
    ?.pid ?? 0;
