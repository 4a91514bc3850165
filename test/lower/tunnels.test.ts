/** Which machines lead the packets of 6to4 and 6rd by their gateway. */
import { describe, expect, it } from 'vitest';
import { labText } from '../../src/recognise/lab-text.ts';
import { designOf } from './lab-of.ts';

/** Two ends of 6rd on a network. `rest`: what else the lab has. */
const rulesOfA = (network: string, rest = '', a = ''): readonly (string | undefined)[] => {
  const { state } = designOf(`
lab: ends
outside: { networks: { six: { tunnel: 6rd, ipv6: '3fff:100::/24' } } }
hosts: { metal: { nics: { eth0: { network: internet, ipv4: 30, ipv6: none } } } }
networks: { lan: ${network} }
machines:
  a: { kind: vm, number: 1, nics: { eth0: lan, six: six }${a} }
  b: { kind: vm, number: 2, nics: { eth0: lan, six: six } }
${rest}`).lowered;
  return (state.stacks['a']?.rules ?? []).map(({ from }) => from);
};

const router = (services: string): string =>
  `  r: { number: 9, nics: { lan: { network: lan, address: 9 }, wan: internet }, services: [router]${services} }`;

const withDhcp = `
lab: leased
outside:
  networks:
    six: { tunnel: 6to4, gateway6: relay }
    isp: { ipv4: 198.18.0.0/24, gateway: gw, dhcp: gw }
  machines:
    gw: { nics: { lan: { network: isp, address: 1 }, wan: internet }, services: [router] }
    relay:
      kind: vm
      nics: { wan: { network: internet, address: 20 }, six: { network: six, gateway: none } }
      services: [router]
hosts: { metal: { nics: { eth0: { network: isp, ipv4: 30 } } } }
machines:
  gate: { kind: vm, number: 1, nics: { wan: { network: isp, address: dhcp }, six: six } }
`;

describe('the gateway of tunnels', () => {
  it('is that of a routed network, or a machine that routes', () => {
    expect(rulesOfA('{ mode: routed, ipv4: 192.0.2.8/29 }')).toEqual(['192.0.2.9/32']);
    expect(rulesOfA('{ mode: private, ipv4: 10.1.0.0/24, gateway: r }', router(''))).toEqual(['10.1.0.1/32']);
  });

  it('is that which DHCP will give, where it gives the address', () => {
    const { state } = designOf(withDhcp).lowered;
    const { routes = [], rules = [] } = state.stacks['gate'] ?? {};
    expect(rules.map(({ from }) => from)).toEqual(['198.18.0.2/32']);
    expect(routes.filter(({ table }) => table === 41)).toMatchObject([{ via: '198.18.0.1', dev: 'wan', onlink: true }]);
    expect(routes.map(({ to }) => to)).toContain('2002:c612:2::/48');
    expect(labText(state).unsaid.filter((line) => /policy rule|other tables/.test(line))).toEqual([]);
  });

  it('is none that translates or filters: it would not lead back to the link', () => {
    expect(rulesOfA('{ mode: nat, ipv4: 10.1.0.0/24 }')).toEqual([]);
    const filters = router('').replace('[router]', '[router, { firewall: { forward: deny } }]');
    expect(rulesOfA('{ mode: private, ipv4: 10.1.0.0/24, gateway: r }', filters)).toEqual([]);
    expect(rulesOfA('{ mode: private, ipv4: 10.1.0.0/24, gateway: r }', router(', nat: true'))).toEqual([]);
  });
});
