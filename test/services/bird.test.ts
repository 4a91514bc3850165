/** BIRD itself accepts the configurations written for it, and reads in them what was meant. */
import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import { afterAll, describe, expect, it } from 'vitest';
import { birdConfig } from '../../src/services/bird.ts';
import { type BgpSpeaker } from '../../src/state/bgp-speaker.ts';
import { type RoutingDaemon } from '../../src/state/routing-daemon.ts';

const folder = mkdtempSync(join(tmpdir(), 'bird-'));
afterAll(() => rmSync(folder, { recursive: true }));

const accepts = (text: string): boolean => {
  const path = join(folder, 'config');
  writeFileSync(path, text);
  try {
    execFileSync('bird', ['-p', '-c', path], { stdio: 'pipe' });
    return true;
  } catch {
    return false;
  }
};

const prefixes = fc.uniqueArray(
  fc.oneof(
    fc.integer({ min: 0, max: 255 }).map((byte) => `10.${byte}.0.0/16`),
    fc.integer({ min: 1, max: 0xffff }).map((word) => `fd00:${word.toString(16)}::/64`),
    fc.constantFrom('0.0.0.0/0', '::/0'),
  ),
  { maxLength: 5 },
);

const asNumbers = fc.integer({ min: 1, max: 4294967294 });

const speakers: fc.Arbitrary<BgpSpeaker> = fc
  .record({
    asNumber: asNumbers,
    announced: prefixes,
    aggregates: prefixes.map((all) => all.filter((text) => !text.endsWith('/0'))),
    isStub: fc.boolean(),
    others: fc.array(fc.option(asNumbers), { maxLength: 4 }),
  })
  .map(({ isStub, others, ...speaker }) => ({
    ...speaker,
    ...(isStub ? { isStub } : {}),
    sessions: others.map((other, index) => {
      const remoteAs = other ?? speaker.asNumber;
      return index % 2 === 0
        ? { family: 4, local: `10.0.${index}.1`, remote: `10.0.${index}.2`, remoteAs }
        : { family: 6, local: `fd00:${index}::1`, remote: `fd00:${index}::2`, remoteAs };
    }),
  }));

const daemons: fc.Arbitrary<RoutingDaemon> = fc.record({
  kind: fc.constant('routing-daemon'),
  routerId: fc.integer({ min: 1, max: 65534 }).map((number) => `0.0.${number >> 8}.${number & 255}`),
  interfaces: fc.uniqueArray(
    fc.record({
      name: fc.stringMatching(/^[a-z][a-z0-9.-]{0,14}$/),
      cost: fc.integer({ min: 1, max: 65535 }),
      link: fc.constantFrom('point-to-point', 'broadcast', 'stub'),
    }),
    { selector: ({ name }) => name, maxLength: 5 },
  ),
});

const withBgp = fc.tuple(daemons, speakers).map(([daemon, bgp]): RoutingDaemon => ({ ...daemon, bgp }));

describe('bird', () => {
  it('accepts what is written for it', () => {
    fc.assert(
      fc.property(fc.oneof(daemons, withBgp), (daemon) => accepts(birdConfig(daemon))),
      { numRuns: 80 },
    );
  });

  it('refuses what is wrong', () => {
    expect(accepts(birdConfig({ kind: 'routing-daemon', routerId: 'nobody', interfaces: [] }))).toBe(false);
  });

  it('has a session with each neighbour, and OSPF where there is an interface of it', () => {
    const session = { family: 4, local: '10.0.0.1', remote: '10.0.0.2', remoteAs: 65002 } as const;
    const bgp = { asNumber: 65001, announced: ['10.1.0.0/24'], aggregates: ['10.0.0.0/8'], sessions: [session] };
    const text = birdConfig({ kind: 'routing-daemon', routerId: '0.0.0.1', interfaces: [], bgp });
    expect(text).toContain('local 10.0.0.1 as 65001;');
    expect(text).toContain('neighbor 10.0.0.2 as 65002;');
    expect(text).toContain('if net ~ [10.1.0.0/24, 10.0.0.0/8] then');
    expect(text).toContain('route 10.0.0.0/8 unreachable;');
    expect(text).not.toContain('protocol ospf');
    expect(accepts(text)).toBe(true);
  });

  it('speaks on links, and only tells of stubs', () => {
    const text = birdConfig({
      ...{ kind: 'routing-daemon', routerId: '0.0.0.1' },
      interfaces: [
        { name: 'eth0', cost: 10, link: 'point-to-point' },
        { name: 'lan', cost: 20, link: 'stub' },
      ],
    });
    expect(text).toContain('interface "eth0" { cost 10; type ptp; hello 1; dead 4; };');
    expect(text).toContain('interface "lan" { cost 20; stub yes; };');
  });
});
