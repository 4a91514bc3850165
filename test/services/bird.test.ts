/** BIRD itself accepts the configurations written for it, and reads in them what was meant. */
import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import { afterAll, describe, expect, it } from 'vitest';
import { birdConfig } from '../../src/services/bird.ts';
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

describe('bird', () => {
  it('accepts what is written for it', () => {
    fc.assert(
      fc.property(daemons, (daemon) => accepts(birdConfig(daemon))),
      { numRuns: 40 },
    );
  });

  it('refuses what is wrong', () => {
    expect(accepts(birdConfig({ kind: 'routing-daemon', routerId: 'nobody', interfaces: [] }))).toBe(false);
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
