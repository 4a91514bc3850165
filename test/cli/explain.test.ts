/** Why, in the user's names: sentences, places, symptoms and repairs of the scenarios whose cause is not what it seems. */
import { writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { describe, expect, it } from 'vitest';
import { explained, type Explained } from './json-shapes.ts';
import { lanwright, scratchDirectory } from './lanwright.ts';

const directory = scratchDirectory();
const root = resolve(import.meta.dirname, '../..');
const explain = (...args: readonly string[]): ReturnType<typeof lanwright> =>
  lanwright({ directory }, 'explain', ...args);
const example = (name: string): string => join(root, 'examples', `${name}.yaml`);

const asJson = async (name: string, ...args: readonly string[]): Promise<Explained> => {
  const { stdout, stderr } = await explain('-f', example(name), ...args, '--json');
  expect(stderr).toBe('');
  return explained.parse(JSON.parse(stdout));
};

const lineOf = (report: Explained): string | undefined => report.cause?.line?.split('/').at(-1);

writeFileSync(
  join(directory, 'lab.yaml'),
  `lab: explained
networks:
  lan: { mode: nat, ipv4: 10.9.8.0/24 }
  dmz: { mode: routed, ipv4: 10.9.9.0/24 }
machines:
  web:
    nics: [dmz]
    services: [{ firewall: { incoming: deny, allow: [ping] } }]
  db: { nics: [lan] }
policy:
  - { deny: web, to: db }
`,
);

describe('explain', () => {
  it('tells the way, the line of each decision, and what the far end sees', async () => {
    const { status, stdout } = await lanwright({ directory, environment: { COLUMNS: '100' } }, 'explain', 'db', 'web');
    expect(status).toBe(0);
    expect(stdout).toMatchInlineSnapshot(`
      "yes: \`db\` reaches \`web\` at 10.9.9.1 by ping, seen as 10.9.9.254

      Request  10.9.8.2 > 10.9.9.1 icmp type 8 code 0
        db  → eth0
          default via 10.9.8.254 dev eth0  (line 9)
          10.9.8.254: host lan has it
        host  db-eth0 → dmz
          10.9.9.0/24 dev dmz  (line 4)
          rule 6 of inet lanwright forward: accept (network lan: nat)  (line 3)
          rule 1 of inet lanwright postrouting: masquerade (network lan: nat): 10.9.9.254 > 10.9.9.1 icmp
            type 8 code 0  (line 3)
          10.9.9.1: web eth0 has it
        web  eth0
          rule 4 of inet lanwright input: accept (firewall: allow ping)  (line 8)
          10.9.9.1 is an address of web

      Reply  10.9.9.1 > 10.9.9.254 icmp type 0 code 0
        web  → eth0
          10.9.9.0/24 dev eth0  (line 7)
          rule 1 of inet lanwright output: accept  (line 6)
        host  web-eth0 → lan
          the connection is translated: 10.9.9.1 > 10.9.8.2 icmp type 0 code 0
          10.9.8.0/24 dev lan  (line 3)
          rule 1 of inet lanwright forward: accept  (line 1)
        db  eth0
          rule 1 of inet lanwright input: accept  (line 9)
          10.9.8.2 is an address of db

      The client sees  an answer
      To see it        lanwright exec db -- ping -c 1 10.9.9.1
      "
    `);
  });

  it('tells in which rule of which line a packet ends, with what the client sees', async () => {
    const { status, stdout } = await lanwright(
      { directory, environment: { COLUMNS: '60' } },
      ...['explain', 'db', 'web', '--tcp', '22'],
    );
    expect(status).toBe(1);
    expect(stdout).toMatch(/^Repair 1 {2}(?:.*\n)+ {4}web: nft .* tcp dport 22 accept/m);
    expect(stdout.split('\nRepair')[0]).toMatchInlineSnapshot(`
      "no: \`db\` does not reach \`web\` at 10.9.9.1 by tcp 22: the
      request does not arrive; \`web\` drops it: the chain \`input\`
      of its packet filter lets through only what its rules name
      (lab.yaml:8)

      Request  10.9.8.2:40000 > 10.9.9.1:22 tcp
        db  → eth0
          default via 10.9.8.254 dev eth0  (line 9)
          10.9.8.254: host lan has it
        host  db-eth0 → dmz
          10.9.9.0/24 dev dmz  (line 4)
          rule 6 of inet lanwright forward: accept (network lan:
            nat)  (line 3)
          rule 1 of inet lanwright postrouting: masquerade
            (network lan: nat): 10.9.9.254:40000 > 10.9.9.1:22 tcp
            (line 3)
          10.9.9.1: web eth0 has it
        web  eth0
          ✗ policy drop of inet lanwright input  (line 8)

      The client sees  nothing: it waits until it gives up
      To see it        lanwright exec web -- nft list chain inet lanwright input
      "
    `);
  });

  it('offers no repair for what the policy denies', async () => {
    const { status, stdout } = await explain('web', 'db', '--json');
    const report = explained.parse(JSON.parse(stdout));
    expect(status).toBe(1);
    expect(report.cause).toMatchObject({ machine: 'web', line: 'lab.yaml:11' });
    expect(report.repair).toEqual([]);
  });

  it('takes addresses for names, and a size', async () => {
    const small = explained.parse(JSON.parse((await explain('10.9.8.2', '10.9.9.1', '--json')).stdout));
    expect(small).toMatchObject({ from: 'db', to: 'web', address: '10.9.9.1', verdict: 'yes', client_sees: 'answer' });
    const large = explained.parse(JSON.parse((await explain('db', 'web', '--size', '1600', '--json')).stdout));
    expect(large).toMatchObject({
      verdict: 'no',
      stopped_at: { machine: 'db', interface: 'eth0', stage: 'mtu', reason: 'mtu' },
      client_sees: 'message-too-long',
    });
  });

  it.each([
    [['wbe', 'db'], 'did you mean `web`?'],
    [['web', 'lan'], '`lan` is a network'],
    [['10.1.1.1', 'db'], 'no machine of `explained` has the address `10.1.1.1`'],
    [['web', 'db', '--to-address', 'x'], '`x` is not an IP address'],
    [['web', 'db', '--to-address', '10.9.9.1'], '`web` has it'],
    [['web', 'db', '--tcp', '0'], 'not a whole number from 1 to 65535'],
    [['web', 'db', '--tcp', '1', '--udp', '1'], 'cannot be used with'],
    [['web'], "missing required argument 'to'"],
    [['web', 'db', '-f', 'nowhere.yaml'], '`nowhere.yaml` does not exist'],
  ])('%j is wrong input', async (args, text) => {
    const { status, stdout, stderr } = await explain(...args);
    expect({ status, stdout }).toEqual({ status: 2, stdout: '' });
    expect(stderr).toContain(text);
  });
});

describe('the cause', () => {
  it('of xen-routed-no-return is the route that the router lacks', async () => {
    const report = await asJson('xen-routed-no-return', 'vm01', 'desktop');
    expect(report).toMatchObject({
      verdict: 'no',
      direction: 'reply',
      cause: { machine: 'router' },
      client_sees: 'timeout',
    });
    expect(report.sentence).toContain('the request arrives at `desktop`, and the reply does not come back');
    expect(report.sentence).toContain('`router` has no route of its own to 10.0.0.1');
    expect(report.repair[0]).toMatchObject({ machine: 'router', command: 'ip route add 10.0.0.0/24 via 192.168.0.3' });
  });

  it('of ubuntu-routed-onlink is the laptop that looks for the machine on its own link', async () => {
    for (const to of ['laptop', 'internet']) {
      const report = await asJson('ubuntu-routed-onlink', 'host1', to);
      expect(report).toMatchObject({
        ...{ verdict: 'no', direction: 'reply' },
        stopped_at: { machine: 'laptop', interface: 'br0', stage: 'arp', reason: 'no_neighbour' },
        cause: { machine: 'laptop' },
      });
      expect(lineOf(report)).toBe('ubuntu-routed-onlink.yaml:21');
      expect(report.cause?.text).toContain('takes 192.168.80.2 to be on its link br0 (192.168.80.0/24 dev br0)');
      expect(report.repair[0]).toMatchObject({
        command: 'ip route replace 192.168.80.0/24 via 10.10.11.248',
      });
    }
  });

  it('of ubuntu-routed without its route is the laptop that sends the reply away', async () => {
    const { readFileSync } = await import('node:fs');
    const text = readFileSync(example('ubuntu-routed'), 'utf8').replace(/^.*to: 192\.168\.80\.0\/24.*\n/m, '');
    writeFileSync(join(directory, 'no-route.yaml'), text);
    const report = explained.parse(
      JSON.parse((await explain('-f', 'no-route.yaml', 'host1', 'laptop', '--json')).stdout),
    );
    expect(report).toMatchObject({ verdict: 'no', direction: 'reply', cause: { machine: 'laptop' } });
    expect(report.repair.map(({ command }) => command)).toContain('ip route add 192.168.80.0/24 via 10.10.11.248');
  });

  it('of ubuntu-isolated-static is the gateway outside the subnet, and a link where nobody answers', async () => {
    const out = await asJson('ubuntu-isolated-static', 'host1', 'laptop');
    expect(out).toMatchObject({ direction: 'forward', stopped_at: { machine: 'host1', reason: 'no_route' } });
    expect(out.cause?.text).toContain('the gateway 192.168.77.1 is outside every subnet of `host1`');
    const back = await asJson('ubuntu-isolated-static', 'laptop', 'host1');
    expect(back.cause?.text).toContain('takes 192.168.78.2 to be on its link br0');
    expect(back.cause?.text).toContain('nobody on br0 answers for 192.168.78.2');
  });

  it('of ubuntu-bridge-forward is that nobody translates its subnet', async () => {
    const report = await asJson('ubuntu-bridge-forward', 'host1', 'internet');
    expect(report).toMatchObject({ verdict: 'no', direction: 'forward', cause: { machine: 'laptop' } });
    expect(report.cause?.text).toContain('only from 10.10.11.0/24 (nat towards the internet)');
    expect(report.repair[0]?.change).toContain('masquerade 192.168.77.0/24');
  });
});
