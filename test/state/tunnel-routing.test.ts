/** What keeps the packets of 6to4 and 6rd on one first hop, and from ends that are none. */
import { describe, expect, it } from 'vitest';
import { type Interface, type Route, type TunnelSettings } from '../../src/state/network-state.ts';
import { tunnelRouting } from '../../src/state/tunnel-routing.ts';

const ethernet = (...addresses: readonly string[]): Interface => ({
  kind: 'ethernet',
  mtuBytes: 1500,
  up: true,
  addresses: addresses.map((text) => {
    const [address = '', length = ''] = text.split('/');
    return { family: 4, address, prefixLength: Number(length) };
  }),
});

const tunnel = (settings: Partial<TunnelSettings> = {}): Interface => ({
  ...{ kind: 'tunnel', mtuBytes: 1480, up: true, addresses: [] },
  tunnel: { mode: 'sit', local: '192.0.2.10', ...settings },
});

const byGateway: Route = {
  ...{ family: 4, to: '0.0.0.0/0', type: 'unicast', via: '192.0.2.9', dev: 'wan', metric: 0, table: 254 },
};
const wan = ethernet('192.0.2.10/29');
const refused = (routes: readonly Route[]): readonly string[] =>
  routes.flatMap(({ type, to }) => (type === 'unreachable' ? [to] : []));

describe('routing of tunnels', () => {
  it('gives the packets of 6to4 a table with the default route alone', () => {
    const { routes, rules, sysctls } = tunnelRouting({ wan, six: tunnel() }, [
      byGateway,
      { ...byGateway, to: '198.51.100.0/24', via: '192.0.2.11' },
    ]);
    expect(routes.filter(({ family }) => family === 4)).toEqual([{ ...byGateway, table: 41 }]);
    expect(rules).toEqual([{ family: 4, priority: 41, from: '192.0.2.10/32', protocol: 41, table: 41 }]);
    expect(sysctls).toEqual({
      'net/ipv4/conf/all/accept_redirects': '0',
      'net/ipv4/conf/wan/accept_redirects': '0',
    });
  });

  it('has a rule for each address that tunnels start from', () => {
    const both = {
      wan,
      a: tunnel(),
      b: tunnel({ local: '192.0.2.11' }),
      c: tunnel({ sixRd: { prefix: '3fff::/24' } }),
    };
    expect(tunnelRouting(both, [byGateway]).rules.map(({ priority, from }) => [priority, from])).toEqual([
      [41, '192.0.2.10/32'],
      [42, '192.0.2.11/32'],
    ]);
    const anywhere: Interface = { ...tunnel(), tunnel: { mode: 'sit' } };
    expect(tunnelRouting({ wan, six: anywhere }, [byGateway]).rules[0]).not.toHaveProperty('from');
  });

  it('refuses ends that are its own, broadcast, loopback and multicast', () => {
    expect(refused(tunnelRouting({ wan, six: tunnel() }, [byGateway]).routes)).toEqual([
      '2002:7f00::/24',
      '2002:e000::/19',
      '2002:c000:20a::/48',
      '2002:c000:20f::/48',
    ]);
    const sixRd = { prefix: '3fff:100::/24', relayPrefix: '192.0.0.0/8' };
    expect(refused(tunnelRouting({ wan, six: tunnel({ sixRd }) }, []).routes)).toEqual([
      '3fff:100:20a::/48',
      '3fff:100:20f::/48',
    ]);
    const sixth = { prefix: '3fff:100::/24' };
    expect(
      refused(tunnelRouting({ wan: ethernet('192.0.2.10/31'), six: tunnel({ sixRd: sixth }) }, []).routes),
    ).toEqual(['3fff:17f::/32', '3fff:1e0::/27', '3fff:1c0:2:a00::/56']);
  });

  it('leaves a route that is given, and tunnels to one far end, as they are', () => {
    const own: Route = { ...{ family: 6, to: '2002:c000:20a::/48', type: 'blackhole', metric: 1024, table: 254 } };
    expect(refused(tunnelRouting({ wan, six: tunnel() }, [byGateway, own]).routes)).not.toContain(own.to);
    const nothing = { routes: [], rules: [], sysctls: {} };
    expect(tunnelRouting({ wan, six: tunnel({ remote: '203.0.113.1' }) }, [byGateway])).toEqual(nothing);
    expect(tunnelRouting({ wan, gre: tunnel({ mode: 'gre' }) }, [byGateway])).toEqual(nothing);
  });

  it('needs no rule without a gateway: all ends are on the link', () => {
    expect(tunnelRouting({ wan, six: tunnel() }, [])).toMatchObject({ rules: [], sysctls: {} });
  });
});
