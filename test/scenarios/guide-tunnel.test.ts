/** The guide's tunnel: IPv6 over a provider that has none, from the firewall machine, and from one behind NAT; 6to4, 6rd. */
import { expect, it } from 'vitest';
import { type LabRun } from './lab-run.ts';
import { internet4, internet6, reaches, scenario, tcp } from './scenario.ts';

const [server, client] = ['2001:db8:2468:aced::1', '2001:db8:2468:aced::2'] as const;
const inside = (number: number): string => `2001:db8:2468:1::${number}`;

scenario(
  'guide-tunnel',
  [
    reaches('firewall', server, client),
    reaches('firewall', internet6, client),
    reaches('broker', client, server),
    reaches('names', internet6, inside(3)),
    reaches('names', internet4, '203.0.113.254'),
    tcp('names', internet6, 80, 'yes', inside(3)),
    reaches('broker', inside(3), server),
    reaches('internet', inside(3)),
    reaches('names', server, inside(3)),
  ],
  (lab) => {
    it('sends IPv6 inside of IPv4 packets of protocol 41', async () => {
      const counted = async (): Promise<number> => {
        const { stdout } = await lab().exec('firewall', 'cat', '/sys/class/net/six/statistics/tx_packets');
        return Number(stdout);
      };
      const before = await counted();
      const ran = await lab().exec('names', 'ping', '-6', '-c', '1', '-W', '5', server);
      expect(ran.status, ran.stderr).toBe(0);
      expect(await counted()).toBeGreaterThan(before);
      const link = await lab().exec('firewall', 'ip', 'tunnel', 'show', 'six');
      expect(link.stdout).toMatch(/ipv6\/ip +remote 203\.0\.113\.\d+ +local 192\.0\.2\.10 /);
    });
    it('needs no changes when it is brought up again', async () => {
      expect((await lab().run('up', lab().file)).stdout).toContain('nothing to change');
    });
  },
);

scenario('guide-tunnel-behind-nat', [
  reaches('gate6', server, client),
  reaches('broker', client, server),
  reaches('web', internet6),
  reaches('web', internet4, '203.0.113.30'),
]);

/** Empties the caches of routes, and pings: the first that is sent to decides the IPv4 route that a tunnel keeps. */
const pingedInTurn = async (lab: LabRun, machine: string, ...addresses: readonly string[]): Promise<string[]> => {
  const pings = addresses.map((address) => `ping -6 -c 1 -W 3 ${address} > /dev/null 2>&1 && echo yes || echo no`);
  const flushed = 'echo 1 > /proc/sys/net/ipv4/route/flush';
  const { stdout } = await lab.exec(machine, 'sh', '-c', [flushed, ...pings].join('; '));
  return stdout.trim().split('\n');
};

/** `ends`: some on the link, some behind a gateway. */
const reachesInAnyOrder = (lab: () => LabRun, ends: Readonly<Record<string, readonly [string, string]>>): void => {
  it.each(Object.entries(ends))('%s reaches all ends, whichever it sends to first', async (machine, [one, other]) => {
    expect(await pingedInTurn(lab(), machine, one, other)).toEqual(['yes', 'yes']);
    expect(await pingedInTurn(lab(), machine, other, one)).toEqual(['yes', 'yes']);
  });
};

const gate = '2002:c000:20a::1';
const relay = '2002:cb00:7114::1';
const other = '2002:cb00:7128::1';

scenario(
  'v6-6to4',
  [
    reaches('web', internet6),
    reaches('web', other),
    reaches('web', relay),
    reaches('other', gate, other),
    reaches('gate', internet6, gate),
  ],
  (lab) => {
    it('sends to other sites without the relay', async () => {
      const explained = await lab().run('explain', '-f', lab().file, 'web', 'other', '--json');
      const { forward } = JSON.parse(explained.stdout) as { forward: { machine: string }[] };
      expect(forward.map(({ machine }) => machine)).not.toContain('relay');
      const pinged = await lab().exec('web', 'ping', '-6', '-c', '1', '-W', '5', '2002:c000:20a:ffff::1');
      expect(pinged.stdout).toMatch(/unreachable/i);
    });
    reachesInAnyOrder(lab, { other: [relay, gate], relay: [other, gate], gate: [other, relay] });
    it.each(['2002:cb00:7128:9::1', '2002:cb00:71ff::1', '2002:e000:1::1', '2002:7f00:1::1'])(
      'keeps no route of an end that is none: %s',
      async (end) => {
        expect(await pingedInTurn(lab(), 'other', end, relay)).toEqual(['no', 'yes']);
      },
    );
  },
);

scenario('v6-6rd', [reaches('web', internet6), reaches('gate', '3fff:1cb:71:1400::1', '3fff:1c0:2:a00::1')], (lab) => {
  it('reaches an end behind a gateway after one on the link that does not answer', async () => {
    const [silent, behind] = ['3fff:1cb:71:1e00::1', '3fff:1c0:2:a00::1'];
    expect(await pingedInTurn(lab(), 'relay', silent, behind)).toEqual(['no', 'yes']);
  });
});
