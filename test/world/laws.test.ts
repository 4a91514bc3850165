/**
 * The laws of `up`: what the kernel holds is what was asked for; asking again changes nothing; a change and its
 * opposite end where they began. Snapshots are taken with iproute2 and nft, so that Lanwright is not its own witness.
 */
import { rmSync } from 'node:fs';
import { join } from 'node:path';
import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type NetworkState } from '../../src/state/network-state.ts';
import { labOf, type LabRun } from '../scenarios/lab-run.ts';
import { tenMachines } from './ten-machines.ts';
import { differences, type Snapshot, takeSnapshot } from './snapshot.ts';

// Otherwise the reason of a failure is only in the error's cause, which reporters leave out.
fc.configureGlobal({ includeErrorInReport: true });

const runs = process.env['LANWRIGHT_SOAK'] === '1' ? 40 : 6;

/** Leaves out the MACs that were the kernel's choice. */
const withoutDrawnMacs = (observed: NetworkState, desired: NetworkState): unknown => ({
  ...observed,
  stacks: Object.fromEntries(
    Object.entries(observed.stacks).map(([stack, held]): [string, object] => {
      const interfaces = Object.entries(held.interfaces).map(([name, { mac, ...rest }]): [string, object] => {
        const isDrawn = mac === undefined || desired.stacks[stack]?.interfaces[name]?.mac === undefined;
        return [name, isDrawn ? rest : { ...rest, mac }];
      });
      return [stack, { ...held, interfaces: Object.fromEntries(interfaces) }];
    }),
  ),
});

interface PlanJson {
  readonly steps: readonly unknown[];
}

/** Changes what is asked for, decisions that were pinned included: a lock file rightly resists some of the edits. */
const rewrite = (lab: LabRun, text: string): void => {
  rmSync(join(lab.directory, 'lab.lock.yaml'), { force: true });
  lab.rewrite(text);
};

/** Fails with the differences themselves, which a property's report would leave out. */
const expectAsBefore = async (lab: LabRun, before: Snapshot): Promise<void> => {
  const found = differences(before, await takeSnapshot(lab));
  if (found.length > 0) throw new Error(`not as before:\n${found.slice(0, 20).join('\n')}`);
};

const up = async (lab: LabRun): Promise<void> => {
  const { status, stdout, stderr } = await lab.run('up', lab.file);
  if (status !== 0) throw new Error(`up ended with ${status} for:\n${lab.text()}\n${stdout}${stderr}`);
};

/** Changes that people make to a running lab, each a change of the text of `tenMachines`. */
const edits: Readonly<Record<string, (text: string) => string>> = {
  'more machines': (text) => text.replace('count: 3', 'count: 5'),
  'fewer machines': (text) => text.replace('count: 4', 'count: 2'),
  'no machines on a network': (text) => text.replace(/^ {2}server: .*\n/m, '').replace(/^.*server-1.*\n/m, ''),
  'another network': (text) =>
    text.replace(
      'machines:\n  client',
      '  dmz: { mode: private, ipv4: 10.0.9.0/24 }\nmachines:\n  inner: { nics: [dmz, servers], accept: [two-default-routes] }\n  client',
    ),
  'another mode': (text) => text.replace('mode: routed', 'mode: nat'),
  'host-only': (text) => text.replace('mode: routed', 'mode: host-only'),
  'another prefix': (text) => text.replace('10.0.1.0/24', '10.0.2.0/24'),
  'another address of the host': (text) => text.replace('address: 3', 'address: 4'),
  'a route more': (text) => text.replace('nat: true }', 'nat: true, routes: [{ to: 10.0.1.0/24, via: metal }] }'),
  'no policy': (text) => text.replace(/policy:\n.*\n/, ''),
  'a firewall': (text) =>
    text.replace(
      'nics: [servers]',
      'nics: [servers], services: [{ firewall: { incoming: deny, allow: [ping, ssh] } }]',
    ),
  'no DHCP server': (text) => text.replace('dhcp: true, ra: true', 'ra: true').replace('ipv4: dhcp', 'ipv4: auto'),
  'another MTU': (text) => text.replace('mode: routed,', 'mode: routed, mtu: 1400,'),
  'another MAC': (text) =>
    text.replace(
      'eth0: { network: office, address: 3 }',
      "eth0: { network: office, address: 3, mac: '52:54:00:aa:bb:cc' }",
    ),
};

describe('a running lab', () => {
  let lab: LabRun;

  beforeAll(async () => {
    lab = labOf(tenMachines);
    await up(lab);
  }, 120_000);

  afterAll(async () => lab.dispose(), 60_000);

  it('holds what was asked for', async () => {
    const desired = await lab.json<NetworkState>('state', lab.file);
    const observed = await lab.json<NetworkState>('state', lab.file, '--observed');
    expect(withoutDrawnMacs(observed, desired)).toEqual(desired);
  });

  it('has nothing to change', async () => {
    expect((await lab.json<PlanJson>('plan', lab.file)).steps).toEqual([]);
  });

  it('is what a second `up` leaves as it is', async () => {
    const before = await takeSnapshot(lab);
    await up(lab);
    await expectAsBefore(lab, before);
  });

  it('ends where it began when a change is taken back', async () => {
    const before = await takeSnapshot(lab);
    await fc.assert(
      fc.asyncProperty(
        fc.uniqueArray(fc.constantFrom(...Object.keys(edits)), { minLength: 1, maxLength: 3 }),
        async (names) => {
          rewrite(
            lab,
            names.reduce((text, name) => edits[name]?.(text) ?? text, tenMachines),
          );
          await up(lab);
          expect((await lab.json<PlanJson>('plan', lab.file)).steps).toEqual([]);
          rewrite(lab, tenMachines);
          await up(lab);
          await expectAsBefore(lab, before);
        },
      ),
      { numRuns: runs, endOnFailure: true, interruptAfterTimeLimit: 240_000 },
    );
  }, 300_000);
});
