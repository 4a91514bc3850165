/**
 * The same file as namespaces and as virtual machines: who reaches whom is the same, pair by pair, and as predicted. The
 * running lab becomes the one from the other, so that machines are seen to change their kind.
 */
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { exampleText, labOf, type LabRun, type Pair, type VerifyReport } from '../scenarios/lab-run.ts';

const examples = ['quickstart', 'xen-bridge', 'xen-nat', 'suse-proxied', 'ubuntu-routed', 'guide-network'] as const;

interface Status {
  readonly stacks: readonly string[];
  readonly machines: readonly { readonly machine: string; readonly state: string; readonly accelerator: string }[];
}

const keyOf = ({ from, to, address, protocol, port }: Pair): string =>
  [from, to, address, protocol, port ?? ''].join(' ');

/** What the far end saw is part of it: who translates stays the same. */
const matrixOf = ({ pairs }: VerifyReport): ReadonlyMap<string, string> =>
  new Map(pairs.map((pair) => [keyOf(pair), `${pair.measured} ${pair.source ?? ''}`]));

const mustRun = async (lab: LabRun, ...args: readonly string[]): Promise<void> => {
  const ran = await lab.run(...args);
  if (ran.status !== 0) throw new Error(`${args.join(' ')} ended with ${ran.status}:\n${ran.stdout}${ran.stderr}`);
};

describe.each(examples)('%s', (example) => {
  let lab: LabRun;
  let asNamespaces: VerifyReport;
  let asMachines: VerifyReport;
  let status: Status;

  beforeAll(async () => {
    lab = labOf(exampleText(example));
    await mustRun(lab, 'up', lab.file);
    asNamespaces = await lab.json<VerifyReport>('verify', lab.file);
    await mustRun(lab, 'up', lab.file, '--machines', 'vm');
    status = await lab.json<Status>('status', lab.file);
    asMachines = await lab.json<VerifyReport>('verify', lab.file);
  }, 300_000);

  afterAll(async () => lab.dispose(), 60_000);

  it('has virtual machines that run', () => {
    expect(status.machines.length).toBeGreaterThan(0);
    expect(status.machines.filter(({ state }) => state !== 'running')).toEqual([]);
  });

  it('is what was predicted, and fulfils what the file expects', () => {
    expect(asMachines.pairs.filter(({ agree, unexpected }) => !agree || unexpected)).toEqual([]);
    expect(asMachines.summary.pairs).toBeGreaterThan(0);
  });

  it('is as it was with namespaces, pair by pair', () => {
    expect(matrixOf(asMachines)).toEqual(matrixOf(asNamespaces));
  });

  it('needs no changes when it is brought up again', async () => {
    const again = await lab.run('up', lab.file);
    expect(again.stdout).toContain('nothing to change');
  });
});
