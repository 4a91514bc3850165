/** The packet filters that a lab asks for, as nft would be told. */
import { describe, expect, it } from 'vitest';
import { designOf, rulesOf } from './lab-of.ts';

const standing = 'ct state established,related accept';
const essential = [
  'iifname "lo" accept',
  'icmpv6 type { mld-listener-query, mld-listener-report, mld-listener-done, nd-router-solicit, nd-router-advert, nd-neighbor-solicit, nd-neighbor-advert, mld2-listener-report } accept',
];
const essentialOut = essential.map((rule) => rule.replace('iifname', 'oifname'));

const nat = `
lab: nat
outside:
  networks: { office: { ipv4: 192.168.0.0/24, gateway: router } }
  machines:
    router: { nics: { lan: { network: office, address: 1 }, wan: internet }, nat: [office] }
hosts:
  metal: { nics: { eth0: { network: office, address: [3, 192.168.0.4] } } }
networks:
  private:
    mode: nat
    ipv4: 10.0.0.0/24
    ipv6: none
    publish: [{ to: vm, tcp: 80, port: 8080 }, { to: mail, address: 192.168.0.4 }]
  inner: { mode: host-only, ipv4: 10.1.0.0/24 }
machines:
  vm: { nics: [{ network: private, address: 1 }] }
  mail: { nics: [{ network: private, address: 2 }] }
`;

describe('nat', () => {
  const { lowered } = designOf(nat);

  it('is closed from outside but for what it publishes; host-only networks are not forwarded', () => {
    expect(rulesOf(lowered, 'metal', 'forward')).toEqual([
      standing,
      'oifname "inner" reject with icmpx port-unreachable',
      'iifname "inner" reject with icmpx port-unreachable',
      'oifname "private" ct status dnat accept',
      'oifname "private" reject with icmpx port-unreachable',
      'iifname "private" accept',
    ]);
  });

  it('leads ports and whole addresses inside, and hides the rest behind the host', () => {
    expect(rulesOf(lowered, 'metal', 'prerouting')).toEqual([
      'ip daddr 192.168.0.3 tcp dport 80 dnat ip to 10.0.0.1:8080',
      'ip daddr 192.168.0.4 dnat ip to 10.0.0.2',
    ]);
    expect(rulesOf(lowered, 'metal', 'output-nat')).toEqual(rulesOf(lowered, 'metal', 'prerouting'));
    expect(rulesOf(lowered, 'metal', 'postrouting')).toEqual([
      'oifname != "private" ip saddr 10.0.0.2 snat ip to 192.168.0.4',
      'ip saddr 10.0.0.0/24 ip daddr 10.0.0.0/24 ct status dnat masquerade',
      'oifname != "private" ip saddr 10.0.0.0/24 ip daddr != 10.0.0.0/24 masquerade',
    ]);
  });

  it('of an outside router is only for what it names', () => {
    expect(rulesOf(lowered, 'router', 'postrouting')).toEqual(['oifname "wan" ip saddr 192.168.0.0/24 masquerade']);
  });

  it('has the internet answer on every port', () => {
    expect(rulesOf(lowered, 'internet', 'prerouting')).toContain(
      'ip daddr { 198.51.100.1, 203.0.113.1 } meta l4proto tcp redirect to :7',
    );
  });
});

const firewalled = (firewall: string, more = ''): string => `
lab: fire
outside:
  networks: { office: { ipv4: 192.168.0.0/24, gateway: router } }
  machines:
    router:
      nics: { lan: { network: office, address: 1 }, wan: internet }
      nat: true
      services: [{ firewall: ${firewall} }]
${more}
`;

describe('a firewall', () => {
  it('drops by policy, after its exceptions', () => {
    const { lowered } = designOf(
      firewalled('{ incoming: deny, forward: deny, allow: [ping, { tcp: [22, 443], from: office }], reject: [smtp] }'),
    );
    expect(rulesOf(lowered, 'router', 'input')).toEqual([
      standing,
      ...essential,
      'tcp dport 25 reject with tcp reset',
      'meta l4proto { 1, 58 } @th,0,8 { 8, 128 } accept',
      'ip saddr 192.168.0.0/24 tcp dport { 22, 443 } accept',
    ]);
    expect(rulesOf(lowered, 'router', 'forward')).toEqual([standing, 'oifname "wan" accept']);
    const chains = lowered.state.stacks.router?.filter[0]?.chains;
    expect(chains?.filter(({ policy }) => policy === 'drop').map(({ name }) => name)).toEqual(['input', 'forward']);
  });

  it('refuses with a reset or an unreachable port', () => {
    const { lowered } = designOf(firewalled('{ incoming: reject }'));
    expect(rulesOf(lowered, 'router', 'input').slice(-2)).toEqual([
      'meta l4proto tcp reject with tcp reset',
      'reject with icmpx port-unreachable',
    ]);
    expect(rulesOf(lowered, 'router', 'forward')).toEqual([]);
  });

  it('lets through what it serves by DHCP', () => {
    const { lowered } = designOf(
      firewalled('{ incoming: deny }').replace('gateway: router', 'gateway: router, dhcp: router'),
    );
    expect(rulesOf(lowered, 'router', 'input')).toContain('iifname "lan" udp dport 67 accept');
  });
});

const ruled = (policy: string): string => `
lab: rules
outside:
  networks: { office: { ipv4: 192.168.0.0/24, gateway: router } }
  machines:
    router: { nics: { lan: { network: office, address: 1 }, wan: internet }, nat: true }
    desktop: { nics: { eth0: { network: office, address: 5 } } }
hosts:
  metal: { nics: { eth0: { network: office, address: 3 } } }
networks:
  lan: { mode: bridged, nic: eth0 }
  servers: { mode: routed, ipv4: 10.0.0.0/24, ipv6: none }
machines:
  vm: { nics: [{ network: lan, address: 6 }] }
  web: { nics: [{ network: servers, address: 2 }] }
policy:
${policy}
`;

describe('policy', () => {
  it('is applied where Lanwright configures: at the source, on the way, at the destination', () => {
    const { lowered } = designOf(ruled('  - { deny: desktop, to: web, tcp: [22, 23] }'));
    const rule = 'ip saddr 192.168.0.5 ip daddr 10.0.0.2 tcp dport { 22, 23 } drop';
    expect(rulesOf(lowered, 'web', 'input')).toEqual([standing, ...essential, rule]);
    expect(rulesOf(lowered, 'metal', 'forward')).toEqual([standing, rule]);
    for (const stack of ['desktop', 'router', 'vm']) {
      for (const chain of ['input', 'forward', 'output']) expect(rulesOf(lowered, stack, chain)).toEqual([]);
    }
  });

  it('covers bridged machines, whom no host filters', () => {
    const { lowered } = designOf(ruled('  - { deny: vm, to: desktop }'));
    const rule = 'ip saddr 192.168.0.6 ip daddr 192.168.0.5 drop';
    expect(rulesOf(lowered, 'vm', 'output')).toEqual([standing, ...essentialOut, rule]);
  });

  it('knows the internet as what is not in the lab, and leaves exceptions out', () => {
    const { lowered } = designOf(ruled('  - { deny: any, to: internet, tcp: 25, except: vm }'));
    const beyond = 'ip daddr != { 10.0.0.0/24, 192.168.0.0/24 }';
    expect(rulesOf(lowered, 'metal', 'forward')).toContain(`ip saddr != 192.168.0.6 ${beyond} tcp dport 25 drop`);
    expect(rulesOf(lowered, 'vm', 'output')).toEqual([]);
    expect(rulesOf(lowered, 'web', 'output')).toHaveLength(4);
  });

  it('keeps the order of its lines', () => {
    const { lowered } = designOf(
      ruled('  - { allow: vm, to: web, tcp: 22 }\n  - { deny: any, to: web }\n  - { allow: desktop, to: web }'),
    );
    expect(rulesOf(lowered, 'web', 'input').slice(3)).toEqual([
      'ip saddr 192.168.0.6 ip daddr 10.0.0.2 tcp dport 22 accept',
      'ip daddr 10.0.0.2 drop',
      'ip saddr 192.168.0.5 ip daddr 10.0.0.2 accept',
    ]);
  });

  it('names its line in every rule', () => {
    const { lowered } = designOf(ruled('  - { deny: any, to: internet, tcp: 25, except: vm }'));
    const rules = lowered.state.stacks.metal?.filter[0]?.chains.flatMap((chain) => chain.rules) ?? [];
    expect(rules.map(({ comment }) => comment)).toContain('policy 1: deny any to internet tcp 25 except vm');
  });
});
