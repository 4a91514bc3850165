/** A server of DHCPv6 and a client that knows the network by it alone, each a virtual machine. */
import { afterAll, beforeAll, expect, it } from 'vitest';
import { verified } from '../cli/json-shapes.ts';
import { labOf, type LabRun } from '../scenarios/lab-run.ts';

const text = `
lab: vm-dhcp6
networks:
  lan: { mode: routed, ipv6: 2001:db8:1::/64, dhcp6: server }
machines:
  server: { kind: vm, number: 3, nics: [lan], services: [{ firewall: { incoming: deny, allow: [ping] } }] }
  client: { kind: vm, number: 4, nics: [{ network: lan, ipv6: dhcp }] }
expect:
  - { from: client, to: [server, internet], ping: true, source: 2001:db8:1::4 }
`;

let lab: LabRun;
beforeAll(async () => {
  lab = labOf(text, 300_000);
  const ran = await lab.run('up', lab.file);
  if (ran.status !== 0) throw new Error(ran.stderr);
}, 320_000);
afterAll(() => lab.dispose(), 60_000);

it('is given out, used, and measured as predicted', async () => {
  const { summary } = verified.parse(await lab.json('verify', lab.file));
  expect(summary).toMatchObject({ disagree: 0, unexpected: 0 });
  expect((await lab.exec('client', 'ip', '-6', 'addr', 'show', 'dev', 'eth0')).stdout).toMatch(
    /inet6 2001:db8:1::4\/128 scope global dynamic/,
  );
}, 60_000);
