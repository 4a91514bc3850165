/** What people ask about most often when a network of machines fails them: each has rules that find it before it happens. */
import { describe, expect, it } from 'vitest';
import { ruleNamed } from '../../src/lint/rules.ts';

/** A rule that stands here has its cases, with the fault and without, in `rules.test.ts`. */
const traps: Readonly<Record<string, readonly string[]>> = {
  'a bridge is made, and the host’s address stays on the card': ['address-on-port', 'unconfigured-bridge'],
  'netplan try does not go back': ['netplan-try-keeps'],
  'Docker’s forwarding policy cuts off guests on bridges': ['bridge-filter-drops'],
  'one packet filter accepts, another one drops': ['accepted-and-dropped'],
  'rules and files are left over from what is gone': ['missing-interface', 'unused-route-file', 'unreachable-chain'],
  'a subnet overlaps another one': ['subnet-overlap', 'same-subnet-twice'],
  'two default gateways': ['two-default-routes'],
  'the reverse path filter drops what comes in another way': ['rp-filter-asymmetric'],
  'clones have one identity': ['duplicate-mac', 'duplicate-number', 'duplicate-address', 'mac-by-chance'],
  'an address that was leased is another one tomorrow': ['leased-address-named', 'static-in-dhcp-range'],
  'a server answers on the wrong wire': ['serves-uplink', 'two-servers'],
  'what is too long is lost': ['mtu-mismatch'],
  'a radio is bridged': ['bridged-wifi'],
  'forwarding takes the host’s own IPv6 route away': ['accept-ra-forwarding'],
  'networkd deletes what others made': ['foreign-routes'],
  'the provider lets one MAC through': ['one-mac-uplink', 'neighbour-not-proxied'],
  'a guest on macvtap and its host do not hear each other': ['macvlan-hides-host'],
};

describe('traps', () => {
  it.each(Object.entries(traps))('%s', (_, codes) => {
    for (const code of codes) expect(ruleNamed(code), code).toBeDefined();
  });
});
