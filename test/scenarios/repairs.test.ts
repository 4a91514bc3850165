/** Repairs of the guides' broken networks: what is offered, and that each way helps when its commands are typed. */
import { afterAll, describe, expect, it } from 'vitest';
import { wordsOf } from '../reach/repair/words-of.ts';
import { exampleText, labOf } from './lab-run.ts';
import { offeredFor, pingOf, tryInWorld } from './offered-repairs.ts';
import { internet4 } from './scenario.ts';

interface Story {
  readonly example: string;
  readonly from: string;
  readonly to: string;
  /** Where the packet stops. */
  readonly stops: readonly [direction: 'forward' | 'reply', machine: string, reason: string];
  /** The first repair. */
  readonly first: readonly string[];
  /** One of the others, by its last command. */
  readonly other?: string;
}

const stories: readonly Story[] = [
  {
    example: 'xen-routed-no-return',
    from: 'vm01',
    to: '192.168.0.5',
    stops: ['reply', 'internet', 'no_route'],
    first: ['router# ip route add 10.0.0.0/24 via 192.168.0.3'],
    other: 'dom0# nft add rule inet lanwright postrouting oifname eth0 ip saddr 10.0.0.0/24 masquerade',
  },
  {
    example: 'ubuntu-routed-onlink',
    from: 'host1',
    to: '10.10.11.1',
    stops: ['reply', 'laptop', 'no_neighbour'],
    first: ['laptop# ip route replace 192.168.80.0/24 via 10.10.11.248'],
    other: 'server# nft add rule inet lanwright postrouting oifname eth0 ip saddr 192.168.80.0/24 masquerade',
  },
  {
    example: 'ubuntu-isolated-static',
    from: 'host1',
    to: '10.10.11.1',
    stops: ['forward', 'host1', 'no_route'],
    first: [
      'host1# ip route add default via 192.168.78.1',
      'server# sysctl -w net.ipv4.ip_forward=1',
      'laptop# ip route replace 192.168.78.0/24 via 10.10.11.248',
    ],
  },
  {
    example: 'ubuntu-bridge-forward',
    from: 'host1',
    to: internet4,
    stops: ['forward', 'laptop', 'nf_drop'],
    first: ['server# nft add rule inet lanwright postrouting oifname eth0 ip saddr 192.168.77.0/24 masquerade'],
    other: 'laptop# nft add rule inet lanwright postrouting oifname wlan0 ip saddr 192.168.77.0/24 masquerade',
  },
];

describe.each(stories)('$example: $from → $to', ({ example, from, to, stops, first, other }) => {
  const lab = labOf(exampleText(example));
  const flow = pingOf(from, to);
  const { walk, repairs } = offeredFor(lab.file, flow);

  afterAll(lab.dispose);

  it('says where the packet stops, and what to do', () => {
    const { stop } = walk;
    expect([stop?.direction, stop?.stack, stop?.reason]).toEqual(stops);
    expect(repairs.map(wordsOf)[0]).toEqual(first);
    if (other !== undefined) expect(repairs.map((repair) => wordsOf(repair).at(-1))).toContain(other);
  });

  it.each(repairs.map((repair) => [wordsOf(repair).join('; '), repair] as const))('%s', async (_commands, repair) => {
    await tryInWorld(lab, flow, repair);
  });
});
