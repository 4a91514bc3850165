/**
 * Forged sources against the kernel: the packet that contradicts a line is written to a raw socket in the running lab and
 * arrives as the trace says; of what is proven nothing arrives, whoever it claims to be from.
 */
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type z } from 'zod';
import { proven } from '../cli/json-shapes.ts';
import { labOf } from './lab-run.ts';
import { heard, type SentPacket } from './packets.ts';

const lab = labOf(`lab: forged
hosts: { host: { nics: { wan: internet } } }
networks:
  front: { mode: routed, ipv4: 10.9.8.0/24 }
  back: { mode: nat, ipv4: 10.9.9.0/24, publish: [{ to: db, udp: 5353, port: 53 }] }
machines:
  db: { nics: [back] }
  web: { nics: [front] }
  desk: { nics: [front] }
policy:
  - { allow: web, to: db, udp: 53 }
  - { deny: desk, to: db, udp: 53 }         # the filter believes that it is web
  - { deny: internet, to: db, udp: 53 }     # so it does from outside
  - { deny: any, to: db, udp: 54 }          # no source is believed
`);

type Line = z.infer<typeof proven>['lines'][number];
let lines: readonly Line[];

beforeAll(async () => {
  const up = await lab.run('up', lab.file);
  if (up.status !== 0) throw new Error(`up ended with ${up.status}:\n${up.stdout}${up.stderr}`);
  ({ lines } = proven.parse(await lab.json('prove', lab.file, '--forged')));
}, 180_000);

afterAll(async () => lab.dispose(), 60_000);

const packetOf = (line: Line | undefined): SentPacket => {
  if (line?.counterexample === null || line === undefined) throw new Error('there is no counterexample');
  return line.counterexample;
};

describe('a forged packet', () => {
  it('contradicts the lines that believe its source', () => {
    expect(lines.map(({ verdict }) => verdict)).toEqual(['proven', 'false', 'false', 'proven']);
  });

  it.each([
    [1, 'desk'],
    [2, 'internet'],
  ] as const)('arrives on the kernel as line %i is told it does', async (index, from) => {
    const packet = packetOf(lines[index]);
    expect(packet).toMatchObject({ from, forged: true, protocol: 'udp' });
    const source = lines[index]?.counterexample?.trace.source ?? '';
    expect(await heard(lab, 'db', [53], [packet])).toEqual([{ protocol: 'udp', port: 53, source }]);
  });

  it('does not arrive where the line is proven', async () => {
    const example = packetOf(lines[1]);
    const sources = ['10.9.8.1', '10.9.8.2', '10.9.9.254', '192.0.2.77', example.source ?? ''];
    const denied = sources.map((source): SentPacket => ({ ...example, destination: '10.9.9.1', source, port: 54 }));
    // The one that contradicts another line arrives: there is somebody to hear.
    const arrived = await heard(lab, 'db', [53, 54], [...denied, example]);
    expect(arrived.map(({ port }) => port)).toEqual([53]);
  });
});
