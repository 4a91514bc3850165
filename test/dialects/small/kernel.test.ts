/** What is written, loaded by the real programs in a namespace of its own: what the kernel then holds is the state. */
import { execFileSync, spawnSync } from 'node:child_process';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { iptables } from '../../../src/dialects/iptables/dialect.ts';
import { readIptables } from '../../../src/dialects/iptables/read.ts';
import { nft } from '../../../src/dialects/nft/dialect.ts';
import { readNft } from '../../../src/dialects/nft/read.ts';
import { sysctl } from '../../../src/dialects/sysctl/dialect.ts';
import { dnsmasq } from '../../../src/dialects/dnsmasq/dialect.ts';
import { radvd } from '../../../src/dialects/radvd/dialect.ts';
import { type Dialect } from '../../../src/dialects/dialect.ts';
import { stackIn } from '../../../src/dialects/reading.ts';
import { type NetworkState } from '../../../src/state/network-state.ts';
import { type FilterTable } from '../../../src/state/packet-filter.ts';
import { advertisers, dhcpServers, stateOf } from '../any-part.ts';
import { iptablesTables } from './iptables-tables.ts';

/** In CI a missing program is a failure. */
const isMissing = (...programs: readonly string[]): boolean =>
  process.env['CI'] === undefined &&
  programs.some((program) => spawnSync('sh', ['-c', `command -v ${program}`]).status !== 0);

const inNamespace = (script: string, input = ''): string =>
  execFileSync('unshare', ['-Urn', 'sh', '-ec', script], { input, encoding: 'utf8', stdio: 'pipe' });

const writtenBy = (dialect: Dialect, state: NetworkState): readonly string[] =>
  (dialect.write?.(state, 'm').files ?? []).map(({ text }) => text);

/** Tables that no chain of the kernel is in are not listed by every program. */
const withRules = (tables: readonly FilterTable[]): readonly FilterTable[] =>
  tables.filter(({ chains, subchains = [] }) => [...chains, ...subchains].some(({ rules }) => rules.length > 0));

describe.skipIf(isMissing('iptables-restore', 'iptables-save'))('iptables-restore', () => {
  it('loads what is written, and iptables-save prints the same', () => {
    fc.assert(
      fc.property(iptablesTables, (filter) => {
        const state = stateOf({ filter });
        for (const { path, text } of iptables.write?.(state, 'm').files ?? []) {
          const [family, six] = path.endsWith('v6') ? ([6, '6'] as const) : ([4, ''] as const);
          const out = inNamespace(`ip${six}tables-nft-restore --test`, text);
          expect(out).toBe('');
          const saved = inNamespace(`ip${six}tables-nft-restore && ip${six}tables-nft-save`, text);
          const own = stackIn(state, 'm').filter.filter((table) => table.family === (family === 4 ? 'ip' : 'ip6'));
          expect(withRules(readIptables(saved, family).tables), text).toEqual(withRules(own));
        }
      }),
      { numRuns: 25 },
    );
  }, 240_000);
});

describe('nft', () => {
  it('checks and loads what is written of the same tables', () => {
    fc.assert(
      fc.property(iptablesTables, (filter) => {
        const state = stateOf({ filter });
        const [text = ''] = writtenBy(nft, state);
        expect(inNamespace('nft -c -f -', text)).toBe('');
        const listed = inNamespace('nft -f - && nft -j list ruleset', text);
        expect(readNft(JSON.parse(listed)).tables).toEqual(stackIn(state, 'm').filter);
      }),
      { numRuns: 25 },
    );
  }, 240_000);
});

describe('sysctl', () => {
  it('sets what is written', () => {
    const sysctls = {
      'net/ipv4/ip_forward': '1',
      'net/ipv4/conf/eth0.5/rp_filter': '2',
      'net/ipv6/conf/all/forwarding': '1',
      'net/ipv4/ip_local_port_range': '20000 30000',
    };
    const [text = ''] = writtenBy(sysctl, stateOf({ sysctls }));
    const paths = Object.keys(sysctls)
      .sort()
      .map((key) => `/proc/sys/${key}`);
    const script = `ip link add eth0.5 type veth peer name far; sysctl -q -p - ; cat ${paths.join(' ')}`;
    const values = inNamespace(script, text)
      .trim()
      .split('\n')
      .map((value) => value.replaceAll(/\s+/g, ' '));
    expect(values).toEqual(
      Object.keys(sysctls)
        .sort()
        .map((key) => sysctls[key as keyof typeof sysctls]),
    );
  });
});

describe('programs that serve', () => {
  it.skipIf(isMissing('dnsmasq'))('dnsmasq accepts what is written', () => {
    fc.assert(
      fc.property(dhcpServers, (services) => {
        const [text = ''] = writtenBy(dnsmasq, stateOf({ services }));
        inNamespace('cat | dnsmasq --test --conf-file=/dev/stdin', text);
      }),
      { numRuns: 20 },
    );
  });

  it.skipIf(isMissing('radvd'))('radvd accepts what is written', () => {
    fc.assert(
      fc.property(advertisers, (services) => {
        const [text = ''] = writtenBy(radvd, stateOf({ services }));
        inNamespace(
          'cat > /tmp/radvd-$$.conf; radvd -c -C /tmp/radvd-$$.conf; status=$?; rm /tmp/radvd-$$.conf; exit $status',
          text,
        );
      }),
      { numRuns: 20 },
    );
  });
});
