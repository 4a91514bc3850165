/** What nft tells of a packet, to the way that it took. */
import { describe, expect, it } from 'vitest';
import fc from 'fast-check';
import { traceEvent } from '../../src/probe/trace/events.ts';
import { traceRuleset, type Watch } from '../../src/probe/trace/ruleset.ts';
import { visitsOf } from '../../src/probe/trace/visits.ts';

const watch: Watch = { family: 4, protocol: 'tcp', ports: [443] };

const header = (id: string, where: string, way: string, ttl: number, from = '10.0.0.1', source = 5000): string =>
  `trace id ${id} ${where} packet: ${way} ether saddr 52:54:00:00:00:01 ether daddr 52:54:00:00:00:02 ip saddr ${from} ip daddr 192.0.2.1 ip dscp cs0 ip ecn not-ect ip ttl ${ttl} ip id 7 ip protocol tcp ip length 60 tcp sport ${source} tcp dport 443 tcp flags == 0x2`;

const heard = (lines: readonly (readonly [stack: string, line: string])[]): ReturnType<typeof visitsOf> =>
  visitsOf(
    lines.flatMap(([stack, line], atMs) => {
      const event = traceEvent(line);
      return event === undefined ? [] : [{ stack, atMs, event }];
    }),
    watch,
  );

describe('a traced packet', () => {
  // Monitors of different stacks are heard in any order.
  const lines = [
    ['web', header('3', 'inet lanwright_trace prerouting_hook', 'iif "eth0"', 63, '192.168.0.3')],
    ['web', 'trace id 3 inet f input rule tcp dport 443 drop comment "no" (verdict drop)'],
    ['host', header('2', 'bridge lanwright_trace prerouting_hook', 'iif "p1"', 64)],
    [
      'host',
      'trace id 2 bridge lanwright_trace prerouting_hook rule tcp dport 443 meta nftrace set 1 (verdict continue)',
    ],
    ['host', header('2', 'bridge lanwright_trace input_hook', 'iif "p1"', 64)],
    ['host', header('4', 'inet lanwright_trace prerouting_hook', 'iif "br0"', 64)],
    ['host', header('4', 'inet lanwright_trace forward_hook', 'iif "br0" oif "up"', 63)],
    ['host', 'trace id 4 inet nat postrouting rule oif "up" masquerade (verdict accept)'],
    ['host', header('4', 'inet lanwright_trace postrouting_hook', 'iif "br0" oif "up"', 63, '192.168.0.3')],
    ['guest', header('1', 'inet lanwright_trace output_hook', 'oif "eth0"', 64)],
    ['guest', header('1', 'inet lanwright_trace postrouting_hook', 'oif "eth0"', 64)],
    // Sent again a second later.
    ['guest', header('9', 'inet lanwright_trace output_hook', 'oif "eth0"', 64)],
  ] as const;

  it('comes by stacks in the order of its time to live, each once', () => {
    const visits = heard(lines);
    expect(visits.map(({ stack, in: from, out, hooks }) => `${stack} ${from} ${out} ${hooks.join(',')}`)).toEqual([
      'guest null eth0 output,postrouting',
      'host p1 up bridge prerouting,bridge input,prerouting,forward,postrouting',
      'web eth0 null prerouting',
    ]);
  });

  it('is translated and dropped where rules say so', () => {
    const [, host, web] = heard(lines);
    expect(host?.decided).toEqual([{ chain: 'inet nat postrouting', rule: 'oif "up" masquerade', verdict: 'accept' }]);
    expect([host?.packet.source, host?.after.source]).toEqual(['10.0.0.1', '192.168.0.3']);
    expect(web?.decided).toEqual([{ chain: 'inet f input', rule: 'tcp dport 443 drop comment "no"', verdict: 'drop' }]);
  });

  it('is not mistaken where lines are cut or foreign', () => {
    fc.assert(
      fc.property(fc.constantFrom(...lines), fc.nat(400), fc.string(), ([, line], length, more) => {
        traceEvent(`${line.slice(0, length)}${more}`);
      }),
    );
    expect(traceEvent('')).toBeUndefined();
  });

  it('is marked by rules that decide nothing', () => {
    for (const of of ['inet', 'bridge'] as const) {
      const text = traceRuleset(of, watch);
      expect(text).toContain('meta nftrace set 1');
      expect(text).not.toMatch(/drop|reject|accept(?!;)/);
    }
  });
});
