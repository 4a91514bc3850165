/** What is offered for a flow of a lab that does not get through, and whether it helps in the world. */
import { readFileSync } from 'node:fs';
import { expect } from 'vitest';
import { design } from '../../src/pipeline.ts';
import { planProbes } from '../../src/probe/plan-probes.ts';
import { repairsFor, type Owner, type Repair } from '../../src/reach/repair/repair.ts';
import { settledFacts } from '../../src/reach/settled.ts';
import { buildModel } from '../../src/reach/model/build-model.ts';
import { walk } from '../../src/reach/walker/walk.ts';
import { type Flow, type Walk } from '../../src/reach/walk.ts';
import { type LabRun } from './lab-run.ts';

export interface Offered {
  readonly walk: Walk;
  readonly repairs: readonly Repair[];
}

const owners: Readonly<Record<string, Owner>> = { guest: 'guest', host: 'host' };

export const pingOf = (from: string, destination: string): Flow => ({
  ...{ from, destination, protocol: 'icmp', port: null },
  family: destination.includes(':') ? 6 : 4,
});

/** As `explain` asks: the internet is nobody's to change, the lab's own probes tell the side effects. */
export const offeredFor = (file: string, flow: Flow): Offered => {
  const { value, diagnostics } = design({ file, text: readFileSync(file, 'utf8') }, undefined, {
    random: (bytes) => new Uint8Array(bytes).fill(0xab),
  });
  if (value === undefined) throw new Error(diagnostics.map(({ message }) => message).join('\n'));
  const { lab, lowered } = value;
  const facts = settledFacts(lowered.state);
  const options = {
    owners: Object.fromEntries(Object.values(lab.machines).map(({ name, role }) => [name, owners[role] ?? 'outside'])),
    fixed: ['internet'],
    others: planProbes(lab).probes.map((probe) => ({ ...probe, destination: probe.address })),
  };
  return {
    walk: walk(buildModel(lowered.state, facts), flow),
    repairs: repairsFor(lowered.state, facts, flow, options),
  };
};

const answers = async (lab: LabRun, { from, destination }: Flow): Promise<boolean> =>
  (await lab.exec(from, 'ping', '-n', '-c', '3', '-i', '0.3', '-W', '2', destination)).status === 0;

/** Brings the lab up, sees the flow fail, types the commands, sees it succeed. */
export const tryInWorld = async (lab: LabRun, flow: Flow, { commands }: Repair): Promise<void> => {
  const up = await lab.run('up', lab.file);
  expect([up.status, up.stderr]).toEqual([0, '']);
  try {
    expect(await answers(lab, flow)).toBe(false);
    for (const { machine, argv } of commands) {
      const { status, stderr } = await lab.exec(machine, ...argv);
      expect([machine, argv.join(' '), status, stderr]).toEqual([machine, argv.join(' '), 0, '']);
    }
    expect(await answers(lab, flow)).toBe(true);
  } finally {
    await lab.run('down', lab.file);
  }
};
