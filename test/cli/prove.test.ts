/** Proofs: what holds for all packets, the packet that contradicts, and what a line does not claim. */
import { readdirSync, writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { describe, expect, it } from 'vitest';
import { proven } from './json-shapes.ts';
import { lanwright, scratchDirectory } from './lanwright.ts';

const directory = scratchDirectory();
const root = resolve(import.meta.dirname, '../..');
const prove = (...args: readonly string[]): ReturnType<typeof lanwright> => lanwright({ directory }, 'prove', ...args);
const examples = readdirSync(join(root, 'examples')).filter((name) => /^[^.]+\.yaml$/.test(name));

const lab = `lab: proven
networks:
  lan: { mode: nat, ipv4: 10.9.8.0/24 }
  dmz: { mode: host-only, ipv4: 10.9.9.0/24 }
machines:
  web: { nics: [dmz], services: [{ firewall: { incoming: deny, allow: [ping, http] } }] }
  mail: { nics: [lan] }
  desk: { nics: [lan], count: 20 }
policy:
  - { deny: any, to: internet, tcp: 25, except: mail }
  - { deny: desk, to: mail }
  - { allow: desk-1, to: mail, tcp: 143 }
  - { allow: mail, to: web, tcp: 80 }
expect:
  - { from: desk, to: mail, any: false }
  - { from: mail, to: desk, any: false }
`;
writeFileSync(join(directory, 'lab.yaml'), lab);

describe('prove', () => {
  it('tells what holds for all packets, and shows one where it does not', async () => {
    const { status, stdout } = await lanwright({ directory, environment: { COLUMNS: '100' } }, 'prove');
    expect(status).toBe(1);
    expect(stdout).toMatchInlineSnapshot(`
      "LINE  KIND    SAYS                                                VERDICT         PACKETS
      10    policy  { deny: any, to: internet, tcp: 25, except: mail }  proven          all
      11    policy  { deny: desk, to: mail }                            proven          all
      12    policy  { allow: desk-1, to: mail, tcp: 143 }               claims nothing
      13    policy  { allow: mail, to: web, tcp: 80 }                   proven          4 kinds
      15    expect  { from: desk, to: mail, any: false }                proven          all
      16    expect  { from: mail, to: desk, any: false }                false

      lab.yaml:16: mail → 10.9.8.3 ping is wanted: no
      yes: \`mail\` reaches \`desk-1\` at 10.9.8.3 by ping, seen as 10.9.8.2

      Request  10.9.8.2 > 10.9.8.3 icmp type 8 code 0
        mail  → eth0
          10.9.8.0/24 dev eth0  (line 7)
          10.9.8.3: desk-1 eth0 has it
        host  mail-eth0 → desk-1-eth0
        desk-1  eth0
          10.9.8.3 is an address of desk-1

      Reply  10.9.8.3 > 10.9.8.2 icmp type 0 code 0
        desk-1  → eth0
          10.9.8.0/24 dev eth0  (line 8)
          rule 1 of inet lanwright output: accept  (line 8)
        host  desk-1-eth0 → mail-eth0
        mail  eth0
          rule 1 of inet lanwright input: accept  (line 7)
          10.9.8.2 is an address of mail

      The client sees  an answer
      To see it        lanwright exec mail -- ping -c 1 10.9.8.3
      "
    `);
  });

  it('has the packet and its trace as JSON', async () => {
    const { lines, summary } = proven.parse(JSON.parse((await prove('--json')).stdout));
    expect(lines.map(({ line, verdict }) => [line, verdict])).toEqual([
      ['lab.yaml:10', 'proven'],
      ['lab.yaml:11', 'proven'],
      ['lab.yaml:12', 'proven'],
      ['lab.yaml:13', 'proven'],
      ['lab.yaml:15', 'proven'],
      ['lab.yaml:16', 'false'],
    ]);
    // An earlier line decides about all that line 12 speaks of.
    expect(lines[2]?.kinds).toBe(0);
    expect(lines[5]?.counterexample).toMatchObject({ from: 'mail', wanted: 'no', trace: { verdict: 'yes' } });
    expect(summary).toEqual({ lines: 6, proven: 5, false: 1, unknown: 0 });
  });

  it('tells of a forged source that a filter believes', async () => {
    const text = `lab: forged
networks:
  lan: { mode: nat, ipv4: 10.9.8.0/24 }
  dmz: { mode: routed, ipv4: 10.9.9.0/24 }
machines: { web: { nics: [dmz] }, mail: { nics: [lan] }, desk: { nics: [lan] } }
policy:
  - { allow: mail, to: web, tcp: 80 }
  - { deny: desk, to: web }
`;
    writeFileSync(join(directory, 'forged.yaml'), text);
    expect((await prove('forged.yaml')).status).toBe(0);
    const { status, stdout } = await prove('forged.yaml', '--forged', '--json');
    expect(status).toBe(1);
    const { lines } = proven.parse(JSON.parse(stdout));
    expect(lines.map(({ verdict }) => verdict)).toEqual(['proven', 'false']);
    expect(lines[1]?.counterexample).toMatchObject({
      ...{ from: 'desk', to: 'web', forged: true, wanted: 'does not arrive' },
      trace: { verdict: 'yes', client_sees: expect.any(String) as string },
    });
    expect((await prove('forged.yaml', '--forged')).stdout).toContain(', forged) → ');
  });

  it('finds the one port that a filter leaves open', async () => {
    const text = `${lab.split('policy:')[0] ?? ''}expect:\n  - { from: any, to: web, any: false }\n`
      .replace('{ incoming: deny, allow: [ping, http] }', '{ incoming: deny, allow: [{ tcp: 4711 }] }')
      .replace('mode: host-only', 'mode: routed');
    writeFileSync(join(directory, 'hole.yaml'), text);
    const { lines } = proven.parse(JSON.parse((await prove('hole.yaml', '--json')).stdout));
    expect(lines).toMatchObject([{ verdict: 'false', counterexample: { to: 'web', protocol: 'tcp', port: 4711 } }]);
  });

  it.each(examples)('proves every line of %s', async (name) => {
    const { status, stdout } = await prove(join(root, 'examples', name), '--json');
    const { lines } = proven.parse(JSON.parse(stdout));
    expect(lines.filter(({ verdict }) => verdict !== 'proven')).toEqual([]);
    expect(status).toBe(0);
  });
});
