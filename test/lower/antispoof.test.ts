/** What a host's bridges let in from the machines of a guarded network. */
import { describe, expect, it } from 'vitest';
import { designOf, rulesOf } from './lab-of.ts';

const lowered = designOf(`
lab: guarded
outside:
  networks: { office: { ipv4: 192.168.0.0/24, gateway: router } }
  machines: { router: { nics: { lan: { network: office, address: 1 }, wan: internet }, nat: true } }
hosts:
  metal: { nics: { eth0: { network: office, address: 3 } } }
networks:
  lan:
    mode: routed
    ipv4: 10.0.0.0/24
    ipv6: fd00:1::/64
    antispoof: true
    shared: [{ address: 9, by: [first, second] }]
  shown: { mode: bridged, nic: eth0, antispoof: true }
  free: { mode: private, ipv4: 10.0.1.0/24 }
machines:
  first: { number: 2, nics: [lan, free] }
  second: { number: 3, nics: [lan] }
  gate: { number: 4, nics: { a: lan, b: free }, services: [router] }
  guest: { number: 5, nics: [{ network: shown, address: dhcp }] }
  other: { number: 6, nics: [free] }
`).lowered;

const rules = (machine: string): readonly string[] =>
  rulesOf(lowered, 'metal', 'antispoof').filter((rule) => rule.startsWith(`iifname "${machine}-`));

describe('a guarded network', () => {
  it('takes from a machine what it says for itself, by any of its own and shared addresses', () => {
    expect(rules('first')).toEqual([
      'iifname "first-eth0" ether saddr != 52:54:00:00:02:00 drop',
      'iifname "first-eth0" arp saddr ip != { 0.0.0.0, 10.0.0.2, 10.0.0.9, 10.0.1.2 } drop',
      'iifname "first-eth0" ip saddr != { 0.0.0.0, 10.0.0.2, 10.0.0.9, 10.0.1.2 } drop',
      'iifname "first-eth0" ip6 saddr != { ::, fd00:1::2, fd00:1::9, fe80::5054:ff:fe00:200/127 } drop',
    ]);
  });

  it('takes from one that forwards what others sent', () => {
    expect(rules('gate')).toEqual([
      'iifname "gate-a" ether saddr != 52:54:00:00:04:00 drop',
      'iifname "gate-a" arp saddr ip != { 0.0.0.0, 10.0.0.4, 10.0.1.4 } drop',
    ]);
  });

  it('leaves addresses alone that the lab does not know', () => {
    expect(rules('guest').map((rule) => rule.split(' ')[2])).toEqual(['ether', 'ip6']);
  });

  it('says nothing of machines on other networks', () => {
    expect(rules('other')).toEqual([]);
    expect(rulesOf(lowered, 'metal', 'antispoof')).toHaveLength(4 + 4 + 2 + 2);
  });
});
