/**
 * The guide's network of several machines, stage by stage: at each stage it is predicted where the packet stops, and
 * measured; what to do next is the next stage, and it helps.
 */
import { afterAll, describe, expect, it } from 'vitest';
import { wordsOf } from '../reach/repair/words-of.ts';
import { exampleText, labOf } from './lab-run.ts';
import { offeredFor, pingOf, tryInWorld } from './offered-repairs.ts';
import { internet4, misses, reaches, scenario, type Outcome } from './scenario.ts';

const second = '10.0.1.2';
const host = '10.0.0.1';
const firewall = '10.0.1.1';

const firewallReaches = [reaches('firewall', host), reaches('firewall', second), reaches('firewall', internet4)];
const alone: readonly Outcome[] = [
  ...firewallReaches,
  reaches('second', firewall, second),
  ...misses('second', host, internet4),
  ...misses('metal', second),
];
const both = [reaches('second', host, second), reaches('metal', second)];

interface Stage {
  readonly stage: number;
  readonly to: string;
  readonly stops: readonly [direction: 'forward' | 'reply', machine: string, reason: string];
  /** What to do next: the first command of the first repair. */
  readonly next: string;
  readonly outcomes: readonly Outcome[];
}

const stages: readonly Stage[] = [
  {
    stage: 1,
    to: host,
    stops: ['forward', 'second', 'no_route'],
    next: 'second# ip route add default via 10.0.1.1',
    outcomes: alone,
  },
  {
    stage: 2,
    to: host,
    stops: ['forward', 'firewall', 'not_forwarding'],
    next: 'firewall# sysctl -w net.ipv4.ip_forward=1',
    outcomes: alone,
  },
  {
    stage: 3,
    to: host,
    stops: ['reply', 'internet', 'no_route'],
    next: 'metal# ip route add 10.0.1.0/26 via 10.0.0.2',
    outcomes: alone,
  },
  {
    stage: 4,
    to: internet4,
    stops: ['reply', 'internet', 'no_route'],
    next: 'metal# nft add rule inet lanwright postrouting oifname eth0 ip saddr 10.0.1.0/26 masquerade',
    outcomes: [...firewallReaches, ...both, ...misses('second', internet4)],
  },
];

for (const { stage, outcomes } of stages) scenario(`guide-stages-${stage}`, outcomes);
scenario('guide-stages-5', [...firewallReaches, ...both, reaches('second', internet4)]);

describe.each(stages)('stage $stage', ({ stage, to, stops, next }) => {
  const lab = labOf(exampleText(`guide-stages-${stage}`));
  const flow = pingOf('second', to);
  const { walk, repairs } = offeredFor(lab.file, flow);
  const [best] = repairs;

  afterAll(lab.dispose);

  it('says where the packet stops, and what to do next', () => {
    const { stop } = walk;
    expect([stop?.direction, stop?.stack, stop?.reason]).toEqual(stops);
    expect(best && wordsOf(best)[0]).toBe(next);
  });

  it('gets an answer by what is offered', async () => {
    if (best === undefined) throw new Error('nothing is offered');
    await tryInWorld(lab, flow, best);
  });
});
