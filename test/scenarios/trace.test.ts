/** `lanwright trace`: one live packet through the running quickstart, beside the prediction. */
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { exampleText, labOf, type LabRun } from './lab-run.ts';

interface Traced {
  readonly visits: readonly {
    readonly stack: string;
    readonly direction: string;
    readonly after: { readonly source: string };
  }[];
  readonly measured: { readonly outcome: string };
  readonly end: { readonly stack: string; readonly reason: string; readonly direction: string } | null;
  readonly agrees: boolean;
}

describe('a live packet', () => {
  let lab: LabRun;
  beforeAll(async () => {
    lab = labOf(exampleText('quickstart'));
    await lab.run('up', lab.file);
  });
  afterAll(() => lab.dispose());

  const traced = (...words: readonly string[]): Promise<Traced> => lab.json<Traced>('trace', '-f', lab.file, ...words);
  const way = ({ visits }: Traced, direction: string): readonly string[] =>
    visits
      .filter((visit) => visit.direction === direction && !visit.stack.startsWith('switch-'))
      .map(({ stack }) => stack);

  it('is followed there and back, through routers and their translations', async () => {
    const found = await traced('app', 'internet');
    expect(found).toMatchObject({ measured: { outcome: 'answered' }, end: null, agrees: true });
    expect(way(found, 'request')).toEqual(['app', 'metal', 'router', 'internet']);
    expect(way(found, 'reply')).toEqual(['internet', 'router', 'metal', 'app']);
    const metal = found.visits.find(({ stack, direction }) => stack === 'metal' && direction === 'request');
    expect(metal?.after.source).toBe('192.168.0.3');
  });

  it('is followed over IPv6 and by TCP', async () => {
    const six = await traced('web', 'internet', '--to-address', '2001:db8:ffff::1');
    expect(six.agrees).toBe(true);
    const tcp = await traced('app', 'db', '--tcp', '5432');
    expect(tcp).toMatchObject({ measured: { outcome: 'answered' }, agrees: true });
    expect(way(tcp, 'request')).toEqual(['app', 'metal', 'db']);
  });

  it('ends at the rule that drops it', async () => {
    const found = await traced('web', 'internet', '--tcp', '25');
    expect(found).toMatchObject({ agrees: true, end: { stack: 'web', reason: 'rule', direction: 'request' } });
    const { status, stdout } = await lab.run('trace', '-f', lab.file, 'web', 'internet', '--tcp', '25');
    expect(status).toBe(1);
    expect(stdout).toMatch(/✗ .*tcp dport 25 drop/);
  });

  it('ends where nobody has a route, and the error is followed back', async () => {
    const found = await traced('desktop', 'app');
    expect(found).toMatchObject({ agrees: true, end: { stack: 'internet', reason: 'routing', direction: 'request' } });
    expect(way(found, 'error')).toEqual(['internet', 'router', 'desktop']);
  });

  it('leaves nothing behind', async () => {
    const { stdout } = await lab.run('up', lab.file);
    expect(stdout).toContain('nothing to change');
    const listed = await lab.exec('metal', 'nft', 'list', 'tables');
    expect(listed.stdout).not.toContain('lanwright_trace');
  });
});
