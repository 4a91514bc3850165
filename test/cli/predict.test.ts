/** The matrix without measuring: by machine and by network, for services, for parts of a lab, and for very many machines. */
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { predicted, predictedByNetwork } from './json-shapes.ts';
import { lanwright, scratchDirectory } from './lanwright.ts';

const directory = scratchDirectory();
const predict = (...args: readonly string[]): ReturnType<typeof lanwright> =>
  lanwright({ directory }, 'predict', ...args);
const write = (name: string, text: string): string => {
  writeFileSync(join(directory, name), text);
  return name;
};

const lab = `lab: predicted
networks:
  lan: { mode: nat, ipv4: 10.9.8.0/24 }
  dmz: { mode: host-only, ipv4: 10.9.9.0/24 }
machines:
  web: { nics: [dmz], services: [{ firewall: { incoming: deny, allow: [ping, http] } }] }
  db: { nics: [lan, dmz] }
  desk: { nics: [lan], count: 20 }
policy:
  - { deny: desk, to: db, tcp: 5432 }
expect:
  - { from: db, to: web, tcp: 80 }
  - { from: desk, to: web, ping: true }
`;
write('lab.yaml', lab);

describe('predict', () => {
  it('puts machines together that fare alike, and tells which lines hold', async () => {
    const { status, stdout, stderr } = await predict('--tcp', '5432');
    expect({ status, stderr }).toEqual({ status: 1, stderr: '' });
    expect(stdout).toMatchInlineSnapshot(`
      "Who reaches whom by ping
      FROM \\ TO              host  web  db  desk-1 … desk-20 (20)  internet
      host                   ·     ✓    ✓   ✓                      ✓
      web                    ±     ·    ±   ✗                      ✗
      db                     ✓     ✓    ·   ✓                      ✓
      desk-1 … desk-20 (20)  ✓     ✗    ±   ✓                      ✓
      internet               ±     ✗    ✗   ✗                      ·
      ✓ reaches   ✗ does not   ± some of its addresses

      Who reaches whom by tcp 5432
      FROM \\ TO              host  web  db  desk-1 … desk-20 (20)  internet
      host                   ·     ✗    ✓   ✓                      ✓
      web                    ±     ·    ±   ✗                      ✗
      db                     ✓     ✗    ·   ✓                      ✓
      desk-1 … desk-20 (20)  ✓     ✗    ✗   ✓                      ✓
      internet               ±     ✗    ✗   ✗                      ·
      ✓ reaches   ✗ does not   ± some of its addresses

      Lines of the file
      LINE  KIND    SAYS                                 VERDICT  NOT SO    AS IN
      10    policy  { deny: desk, to: db, tcp: 5432 }    holds
      12    expect  { from: db, to: web, tcp: 80 }       holds
      13    expect  { from: desk, to: web, ping: true }  FAILS    20 of 20  desk-1 → 10.9.9.1 ping
        lab.yaml:13: expected yes, predicted no: stops at host: rule 4 of inet lanwright forward: reject with port-unreachable (network dmz: host-only)
      "
    `);
  });

  it('tells it by network', async () => {
    const { stdout } = await predict('--by', 'network');
    expect(stdout).toMatchInlineSnapshot(`
      "Who reaches whom by ping
      FROM \\ TO  internet  dmz  lan
      internet   ✓         ±    ±
      dmz        ±         ✓    ±
      lan        ✓         ±    ✓
      ✓ reaches   ± some of them

      Lines of the file
      LINE  KIND    SAYS                                 VERDICT  NOT SO    AS IN
      10    policy  { deny: desk, to: db, tcp: 5432 }    holds
      12    expect  { from: db, to: web, tcp: 80 }       holds
      13    expect  { from: desk, to: web, ping: true }  FAILS    20 of 20  desk-1 → 10.9.9.1 ping
        lab.yaml:13: expected yes, predicted no: stops at host: rule 4 of inet lanwright forward: reject with port-unreachable (network dmz: host-only)
      "
    `);
    const told = await predict('--by', 'network', '--json', '--udp', '53');
    const { cells } = predictedByNetwork.parse(JSON.parse(told.stdout));
    expect(cells).toContainEqual({ from: 'lan', to: 'lan', protocol: 'icmp', port: null, predicted: 'yes' });
    expect(cells.filter(({ port }) => port === 53)).not.toEqual([]);
  });

  it('has a line for every pair as JSON', async () => {
    const { stdout } = await predict('--json', '--tcp', '80');
    const report = predicted.parse(JSON.parse(stdout));
    expect(report.pairs).toContainEqual({
      ...{ from: 'db', to: 'web', address: '10.9.9.1', family: 4, protocol: 'tcp', port: 80 },
      ...{ predicted: 'yes', detail: 'answered', source: '10.9.9.2' },
    });
    expect(report.summary).toEqual({ lines: 3, hold: 2, fail: 1, uncertain: 0 });
    expect(report.lines[2]).toMatchObject({
      kind: 'expect',
      line: 'lab.yaml:13',
      verdict: 'no',
      failed: 20,
      asked: 20,
    });
    expect(report.lines[2]?.example?.reason).toMatch(/^stops at host: rule \d+ of inet lanwright forward: reject/);
  });

  it('asks only between those that are named', async () => {
    const { stdout } = await predict('--json', '--from', 'desk', '--to', 'web', 'desk-3');
    const { pairs } = predicted.parse(JSON.parse(stdout));
    expect(pairs).toHaveLength(39);
    expect(new Set(pairs.map(({ to }) => to))).toEqual(new Set(['web', 'desk-3']));
  });

  it('stays readable for a thousand machines', async () => {
    const many = lab.replace('10.9.8.0/24', '10.8.0.0/20').replace('count: 20', 'count: 1000');
    const { stdout } = await predict(write('many.yaml', many));
    expect(stdout).toContain('desk-1 … desk-1000 (1000)');
    expect(stdout.split('\n').length).toBeLessThan(25);
  });

  it.each([
    [['--from', 'dsek-1'], 'did you mean `desk-1`?'],
    [['--by', 'rack'], 'Allowed choices are machine, network'],
    [['--tcp', 'http'], 'not a whole number from 1 to 65535'],
    [['nowhere.yaml'], '`nowhere.yaml` does not exist'],
  ])('%j is wrong input', async (args, text) => {
    const { status, stdout, stderr } = await predict(...args);
    expect({ status, stdout }).toEqual({ status: 2, stdout: '' });
    expect(stderr).toContain(text);
  });
});
