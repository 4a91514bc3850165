/** Network cards that come and go while a virtual machine runs, and links that do. */
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { labOf, type Ran, type VerifyReport } from '../scenarios/lab-run.ts';

const machine = 'guest';
const text = `lab: cards
networks:
  lan: { mode: host-only, ipv4: 10.9.4.0/24 }
  dmz: { mode: host-only, ipv4: 10.9.3.0/24 }
machines:
  ${machine}: { kind: vm, nics: [lan] }
  other: { kind: netns, nics: [dmz] }
expect:
  - { from: host, to: ${machine}, ping: true }
`;
const both = text.replace('nics: [lan]', 'nics: [lan, dmz]');
const lab = labOf(text);

interface Planned {
  readonly steps: readonly { readonly text: string; readonly virtual: boolean }[];
}
interface Status {
  readonly machines: readonly { readonly pid: number }[];
}

const fine = (ran: Ran): string => {
  if (ran.status !== 0) throw new Error(`ended with ${ran.status}:\n${ran.stdout}${ran.stderr}`);
  return ran.stdout;
};
const pidOf = async (): Promise<number | undefined> =>
  (await lab.json<Status>('status', lab.file)).machines.map(({ pid }) => pid)[0];
const cards = async (): Promise<readonly string[]> =>
  fine(await lab.exec(machine, 'ls', '/sys/class/net'))
    .split('\n')
    .filter((name) => name.startsWith('eth'));
const verdict = async (): Promise<unknown> => (await lab.json<VerifyReport>('verify', lab.file)).summary;

let pid: number | undefined;

beforeAll(async () => {
  fine(await lab.run('up', lab.file));
  pid = await pidOf();
}, 180_000);
afterAll(async () => lab.dispose(), 60_000);

describe('a virtual machine that runs', () => {
  it('gets another card, and is not started again', async () => {
    expect(await cards()).toEqual(['eth0']);
    lab.rewrite(both);
    const { steps } = await lab.json<Planned>('plan', lab.file);
    expect(steps.filter(({ virtual }) => virtual)).toEqual([]);
    fine(await lab.run('up', lab.file));
    expect(await cards()).toEqual(['eth0', 'eth1']);
    expect(await pidOf()).toBe(pid);
    expect(await verdict()).toMatchObject({ disagree: 0, unexpected: 0 });
    fine(await lab.exec(machine, 'ping', '-c1', '-W5', '10.9.3.2'));
  }, 120_000);

  it('loses a card, and gets it again', async () => {
    lab.rewrite(text);
    fine(await lab.run('up', lab.file));
    expect(await cards()).toEqual(['eth0']);
    lab.rewrite(both);
    fine(await lab.run('up', lab.file));
    expect(await cards()).toEqual(['eth0', 'eth1']);
    expect(await pidOf()).toBe(pid);
    expect(await verdict()).toMatchObject({ disagree: 0, unexpected: 0 });
  }, 120_000);

  it('is started again, as planned, for more cards than it has slots', async () => {
    lab.rewrite(text.replace('nics: [lan]', 'nics: [lan, dmz, lan, dmz, lan]'));
    const { steps } = await lab.json<Planned>('plan', lab.file);
    expect(steps.filter(({ virtual }) => virtual).map((step) => step.text.slice(0, 1))).toEqual(['-', '+']);
  }, 60_000);
});
