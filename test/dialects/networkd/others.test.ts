/** What files of other people taught of systemd-networkd (systemd.network(5), and its parsers). */
import { describe, expect, it } from 'vitest';
import { type Reading } from '../../../src/dialects/dialect.ts';
import { networkd } from '../../../src/dialects/networkd/dialect.ts';

const read = (...lines: readonly string[]): Reading =>
  networkd.read([{ path: 'etc/systemd/network/a.network', text: ['[Match]', 'Name=eth0', ...lines, ''].join('\n') }], {
    stack: 'm',
  });

describe('files of other people', () => {
  it.each([
    ['none', 0],
    ['v4', 1],
    ['both', 1],
    ['v6', 0],
  ])('ask by DHCP as they once did: %s', (word, count) => {
    const { stacks, remarks } = read('[Network]', `DHCP=${word}`);
    expect(remarks.map(({ kind }) => kind)).not.toContain('error');
    expect(stacks['m']?.services ?? []).toHaveLength(count);
  });

  it('call the section of a lease [DHCP], and [DHCPv4] goes before it', () => {
    const metricOf = (...lines: readonly string[]): unknown =>
      read('[Network]', 'DHCP=ipv4', ...lines).stacks['m']?.services?.[0];
    expect(metricOf('[DHCP]', 'RouteMetric=10')).toMatchObject({ metric: 10 });
    expect(metricOf('[DHCP]', 'RouteMetric=10', '[DHCPv4]', 'RouteMetric=20')).toMatchObject({ metric: 20 });
  });

  it.each([
    ['ipv4', { 'net/ipv4/ip_forward': '1' }],
    ['both', { 'net/ipv4/ip_forward': '1', 'net/ipv6/conf/all/forwarding': '1' }],
    ['no', {}],
  ])('forward where they masquerade: %s', (word, sysctls) => {
    const { stacks } = read('[Network]', 'Address=10.0.0.1/24', `IPMasquerade=${word}`);
    expect(stacks['m']?.sysctls ?? {}).toEqual(sysctls);
  });

  it('are written with masquerading only where they forward', () => {
    const { stacks } = read('[Network]', 'Address=10.0.0.1/24', 'IPMasquerade=ipv4');
    const [part] = Object.values(stacks);
    const written = (sysctls: Readonly<Record<string, string>>): string =>
      networkd
        .write?.(
          {
            version: 1,
            cables: [],
            stacks: {
              m: {
                ...{ interfaces: {}, routes: [], rules: [], neighbourProxies: [], filter: [], services: [], ...part },
                sysctls,
              },
            },
          },
          'm',
        )
        .files.map(({ text }) => text)
        .join('') ?? '';
    expect(written({ 'net/ipv4/ip_forward': '1' })).toContain('IPMasquerade=ipv4');
    expect(written({})).not.toContain('IPMasquerade');
  });
});
