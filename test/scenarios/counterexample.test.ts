/**
 * What `prove` says against the kernel: the packet that contradicts a wrong line is sent in the running lab and arrives as
 * the trace says; of what a proven line denies nothing arrives, while what it does not speak of does.
 */
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type z } from 'zod';
import { proven } from '../cli/json-shapes.ts';
import { labOf } from './lab-run.ts';
import { heard, isAnswered, type SentPacket } from './packets.ts';
import { internet4 } from './scenario.ts';

const lab = labOf(`lab: counterexamples
hosts: { host: { nics: { wan: internet } } }
networks:
  lan: { mode: nat, ipv4: 10.9.8.0/24, publish: [{ to: db, tcp: 5433, port: 5432 }] }
machines:
  db: { nics: [lan] }
  mail: { nics: [lan] }
  desk: { nics: [lan] }
policy:
  - { deny: any, to: internet, tcp: 25, except: mail }
  - { deny: desk, to: db, udp: 53 }
  - { allow: internet, to: db, tcp: 80 }        # wrong: nothing leads there
expect:
  - { from: desk, to: mail, ping: false }       # wrong
  - { from: internet, to: host, tcp: 5433, answer: false } # wrong: the port is published
`);

type Line = z.infer<typeof proven>['lines'][number];
let lines: readonly Line[];

const packetOf = (line: Line | undefined): SentPacket => {
  if (line?.counterexample === null || line === undefined) throw new Error('there is no counterexample');
  return line.counterexample;
};

beforeAll(async () => {
  const up = await lab.run('up', lab.file);
  if (up.status !== 0) throw new Error(`up ended with ${up.status}:\n${up.stdout}${up.stderr}`);
  ({ lines } = proven.parse(await lab.json('prove', lab.file)));
}, 180_000);

afterAll(async () => lab.dispose(), 60_000);

describe('a counterexample', () => {
  it('is told of each wrong line only', () => {
    expect(lines.map(({ verdict }) => verdict)).toEqual(['proven', 'proven', 'false', 'false', 'false']);
  });

  it('arrives on the kernel where nothing was to answer', async () => {
    const packet = packetOf(lines[3]);
    expect(packet).toMatchObject({ from: 'desk', protocol: 'icmp' });
    expect(await isAnswered(lab, packet)).toBe(true);
  });

  it('arrives on the kernel by a published port', async () => {
    const line = lines[4];
    const packet = packetOf(line);
    expect(packet).toMatchObject({ from: 'internet', protocol: 'tcp', port: 5433 });
    const goal = line?.counterexample?.trace.forward.at(-1)?.machine;
    expect(goal).toBe('db');
    const source = line?.counterexample?.trace.source ?? '';
    expect(await heard(lab, 'db', [5432], [packet])).toEqual([{ protocol: 'tcp', port: 5432, source }]);
  });

  it('does not arrive on the kernel where an answer was promised', async () => {
    const packet = packetOf(lines[2]);
    expect(packet).toMatchObject({ from: 'internet', protocol: 'tcp', port: 80 });
    expect(await heard(lab, 'db', [80], [packet])).toEqual([]);
  });
});

describe('a proven line', () => {
  it('lets nothing through, from whatever address and port', async () => {
    const db = lines[2]?.counterexample?.destination ?? '';
    const host = packetOf(lines[4]).destination;
    const sourcePorts = [53, 1023, 1024, 40_000, 65_535, null];
    const to = (destination: string, port: number): readonly SentPacket[] =>
      sourcePorts.map((sourcePort) => ({
        ...{ from: 'desk', source: null, destination, protocol: 'udp', port },
        sourcePort: sourcePort === null ? null : sourcePort - (port === 53 ? 0 : 7),
      }));
    const arrived = await heard(lab, 'db', [53, 54], [...to(db, 53), ...to(host, 53), ...to(db, 54)]);
    // What the line does not speak of arrives: there is somebody to hear.
    expect(arrived.map(({ protocol, port }) => [protocol, port])).toEqual(sourcePorts.map(() => ['udp', 54]));
  });

  it('lets the excepted machine through alone', async () => {
    const connect = `
      const socket = require('net').connect(25, '${internet4}', () => process.exit(0));
      socket.on('error', () => process.exit(1));
      setTimeout(() => process.exit(1), 2500);`;
    const ended = async (from: string): Promise<number> =>
      (await lab.exec(from, process.execPath, '-e', connect)).status;
    expect(await Promise.all(['mail', 'desk', 'db', 'host'].map(ended))).toEqual([0, 1, 1, 1]);
  });
});
