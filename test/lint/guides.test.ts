/** The faults of the guides that people copy from: lint finds each in the guide's own files, and the walker shows what comes of it. */
import { describe, expect, it } from 'vitest';
import { consequenceText } from '../../src/lint/consequence.ts';
import { type Finding } from '../../src/lint/finding.ts';
import { guides } from '../../src/lint/guide-faults.ts';
import { ruleNamed } from '../../src/lint/rules.ts';
import * as appliance from './guides/appliance.ts';
import * as guide from './guides/guide.ts';
import * as suse from './guides/suse.ts';
import * as ubuntu from './guides/ubuntu.ts';
import * as xen from './guides/xen.ts';
import { findingsOfCode, linted } from './linted.ts';

type Lint = () => readonly Finding[];

interface Case {
  readonly faulty: Lint;
  /** The same without the fault; absent where the guide has nothing without it. */
  readonly mended?: Lint;
  /** What the walker says of it, by code; a rule that is not named is not shown by who reaches whom. */
  readonly shown?: Readonly<Record<string, string>>;
}

const lanOf =
  (name: 'br1' | 'network80', ...routes: readonly string[]): Lint =>
  () =>
    linted(ubuntu.withGuest(name, ubuntu.dhcpGuest, ...routes), ubuntu.segments);
const isolated =
  (network: string, gateway: string): Lint =>
  () =>
    linted(ubuntu.withGuest('br1', ubuntu.guest('192.168.78.2', network, gateway), ubuntu.onlink(78)), ubuntu.segments);
const routed =
  (route: string): Lint =>
  () =>
    linted(
      ubuntu.withGuest('network80', ubuntu.guest('192.168.80.2', '192.168.80.0', '192.168.80.1'), route),
      ubuntu.segments,
    );
const stage = { hasDefault: true, forwards: true, hasReturn: true, translates: true };
const staged =
  (more: Partial<typeof stage>): Lint =>
  () =>
    linted(guide.staged({ ...stage, ...more }), guide.segments);
const networks =
  (vif: string, gateway: string, ...routes: readonly string[]): Lint =>
  () =>
    linted(suse.networks(vif, gateway, ...routes), suse.proxiedSegments);

const cases: Readonly<Record<string, Case>> = {
  'ubuntu-gateways': {
    faulty: () => linted({ laptop: ubuntu.laptop(), ...ubuntu.secondNic }, ubuntu.segments),
    mended: () => linted({ laptop: ubuntu.laptop(), server: ubuntu.serverFiles }, ubuntu.segments),
    shown: {
      'two-default-routes': 'because of this another source address is seen by 1 pair: server → laptop 203.0.113.100',
    },
  },
  'ubuntu-same-subnet': {
    faulty: () => linted(ubuntu.secondNic),
    mended: () => linted({ server: ubuntu.serverFiles }),
  },
  'ubuntu-stp': {
    faulty: lanOf('br1', ubuntu.onlink(78)),
    mended: () => linted(ubuntu.secondNic),
  },
  'ubuntu-onlink': {
    faulty: routed(ubuntu.onlink(80)),
    mended: routed('ip route add 192.168.80.0/24 via 10.10.11.248'),
    shown: {
      'onlink-behind-router':
        'because of this 3 pairs fail: host1 → laptop 10.10.11.1, host1 → laptop 203.0.113.100, laptop → host1 192.168.80.2',
    },
  },
  'ubuntu-wrong-network': {
    faulty: isolated('192.168.77.0', '192.168.78.1'),
    mended: isolated('192.168.78.0', '192.168.78.1'),
  },
  'ubuntu-wrong-gateway': {
    faulty: isolated('192.168.78.0', '192.168.77.1'),
    mended: isolated('192.168.78.0', '192.168.78.1'),
    shown: { 'gateway-outside-subnet': 'where the kernel refuses it (an ifup that does not add `onlink`)' },
  },
  'ubuntu-no-dhcp': {
    faulty: lanOf('network80'),
    mended: routed(ubuntu.onlink(80)),
    shown: { 'dhcp-unanswered': 'pairs fail: host1 → ' },
  },
  'ubuntu-not-translated': {
    faulty: () =>
      linted(
        ubuntu.withGuest('network77', ubuntu.guest('192.168.77.2', '192.168.77.0', '192.168.77.1'), ubuntu.onlink(77)),
        ubuntu.segments,
      ),
    mended: () =>
      linted(ubuntu.withGuest('network77', ubuntu.guest('10.10.11.51', '10.10.11.0', '10.10.11.1')), ubuntu.segments),
    shown: {
      'not-translated': 'because of this 2 pairs fail: host1 → internet 203.0.113.1, host1 → internet 198.51.100.1',
    },
  },
  'ubuntu-ipv6-open': { faulty: () => linted({ server: ubuntu.serverFiles }), mended: () => linted(ubuntu.secondNic) },
  'xen-mask': {
    faulty: () => linted(xen.routed(xen.returnRoute), xen.segments),
    mended: () => linted(xen.nat, xen.segments),
    shown: { 'mask-missing': 'because of this another source address is seen by 3 pairs: vm01 → desktop 192.168.0.5' },
  },
  'xen-forwarding': {
    faulty: () => linted(xen.stepThreeAlone, xen.segments),
    mended: () => linted(xen.routed(xen.returnRoute), xen.segments),
    shown: {
      'proxy-arp-without-forwarding': 'because of this 9 pairs fail: desktop → vm01 10.0.0.1',
      'forwarding-off': 'because of this 9 pairs fail: desktop → vm01 10.0.0.1',
    },
  },
  'xen-proxy-all': {
    faulty: () => linted(xen.routed(xen.returnRoute), xen.segments),
    mended: () => linted(xen.nat, xen.segments),
  },
  'xen-gateway': {
    faulty: () => linted(xen.stepThreeAlone, xen.segments),
    shown: { 'gateway-nobody-has': 'because of this 7 pairs fail: dom0 → vm01 10.0.0.1' },
  },
  'xen-return': {
    faulty: () => linted(xen.routed(), xen.segments),
    mended: () => linted(xen.routed(xen.returnRoute), xen.segments),
    shown: { 'missing-return-route': 'because of this 7 pairs fail: desktop → vm01 10.0.0.1' },
  },
  'xen-loop': {
    faulty: () => linted(xen.routed(xen.returnRoute), xen.segments),
    mended: () => linted(xen.nat, xen.segments),
    shown: { 'routing-loop': 'because of this 2 pairs fail: desktop → 10.0.0.254' },
  },
  'xen-scripts': { faulty: () => linted(xen.allScripts), mended: () => linted(xen.nat, xen.segments) },
  'xen-broadcast': {
    faulty: () => xen.pasted.flatMap((machines) => linted(machines)),
    mended: () => linted(xen.nat, xen.segments),
  },
  'xen-mac': {
    faulty: () => linted(xen.nat, xen.segments),
    mended: () => linted(suse.proxied(), suse.proxiedSegments),
  },
  'xen-spoofing': { faulty: () => linted(xen.spoofingRules), mended: () => linted(xen.nat, xen.segments) },
  'appliance-anycast': {
    faulty: () => linted(appliance.machines(appliance.discovery), appliance.segments),
    shown: { 'deprecated-6to4': 'internet 2001:db8:fffe::1' },
  },
  'appliance-prefix': { faulty: () => linted(appliance.machines(appliance.discovery), appliance.segments) },
  'appliance-anybody': { faulty: () => linted(appliance.machines(appliance.discovery), appliance.segments) },
  'appliance-discovery': {
    faulty: () => linted(appliance.machines(), appliance.segments),
    mended: () => linted(appliance.machines(appliance.discovery), appliance.segments),
    shown: { 'neighbour-discovery-dropped': 'because of this 4 pairs fail: home → vmv6r 2002:cb00:7164:1::1' },
  },
  'appliance-radio': {
    faulty: () => linted(appliance.wireless, appliance.wirelessSegments),
    mended: () => linted(appliance.machines(appliance.discovery), appliance.segments),
  },
  'appliance-advertises': {
    faulty: () => linted(appliance.withOwnRouter, appliance.segments),
    mended: () => linted(appliance.machines(appliance.discovery), appliance.segments),
  },
  'suse-vif': {
    faulty: () => linted(suse.hostOnly(suse.twoLines), suse.hostOnlySegments),
    mended: () => linted(suse.hostOnly(suse.oneList), suse.hostOnlySegments),
  },
  'suse-bridge': { faulty: networks(suse.vifOnBr0, '192.0.2.14'), mended: networks(suse.vifOnBr1, '192.0.2.14') },
  'suse-gateway': {
    faulty: networks(suse.vifOnBr1, '192.0.2.254'),
    mended: networks(suse.vifOnBr1, '192.0.2.14'),
    shown: {
      'gateway-outside-subnet': 'because of this 2 pairs fail: xen1 → host 192.0.2.30, xen1 → host 192.0.2.253',
    },
  },
  'suse-gateway6': {
    faulty: networks(suse.vifOnBr1, '192.0.2.14'),
    mended: () => linted(suse.proxied(), suse.proxiedSegments),
    shown: { 'gateway-nobody-has': 'because of this 2 pairs fail: xen1 → host 2001:db8:abba::1' },
  },
  'suse-ifroute': {
    faulty: networks(suse.vifOnBr1, '192.0.2.14'),
    mended: () => linted(suse.proxied(), suse.proxiedSegments),
  },
  'suse-return': {
    faulty: networks(suse.vifOnBr1, '192.0.2.14'),
    mended: networks(suse.vifOnBr1, '192.0.2.14', '192.0.2.0/27 192.0.2.253 - lan'),
    shown: { 'missing-return-route': 'router → xen1 192.0.2.1' },
  },
  'suse-proxy': {
    faulty: () => linted(suse.proxied(), suse.proxiedSegments),
    mended: () => linted(suse.proxied('2001:db8:abba::fe eth0 xen1.0'), suse.proxiedSegments),
    shown: {
      'neighbour-not-proxied':
        'because of this 2 pairs fail: xen1 → router 2001:db8:abba::fe, router → xen1 2001:db8:abba::1001',
    },
  },
  'suse-proxy-all': { faulty: () => linted(suse.proxied(), suse.proxiedSegments) },
  'suse-examples': {
    faulty: () => linted(suse.proxied(), suse.proxiedSegments),
    mended: () => linted(xen.nat, xen.segments),
  },
  'guide-default': {
    faulty: staged({ hasDefault: false }),
    mended: staged({}),
    shown: { 'no-default-route': 'because of this 6 pairs fail: metal → second 10.0.5.2' },
  },
  'guide-forwarding': {
    faulty: staged({ forwards: false }),
    mended: staged({}),
    shown: { 'forwarding-off': 'because of this 5 pairs fail: metal → second 10.0.5.2' },
  },
  'guide-return': {
    faulty: staged({ hasReturn: false }),
    mended: staged({}),
    shown: { 'missing-return-route': 'because of this 6 pairs fail: metal → firewall 10.0.5.1' },
  },
  'guide-nat': {
    faulty: staged({ translates: false }),
    mended: staged({}),
    shown: { 'not-translated': 'because of this 2 pairs fail: firewall → internet 203.0.113.1' },
  },
  'guide-smtp': {
    faulty: staged({}),
    shown: {
      'smtp-open': 'because of this 2 pairs are open: firewall → internet 198.51.100.1 tcp/25, second → internet',
    },
  },
  'guide-two-clients': { faulty: () => linted(guide.twoClients), mended: staged({}) },
  'guide-mac': { faulty: () => linted(guide.copied), mended: staged({}) },
  'guide-examples': {
    faulty: () => linted(suse.proxied(), suse.proxiedSegments),
    mended: staged({}),
  },
};

describe('the faults of the guides', () => {
  const faults = guides.flatMap((each) => each.faults);

  it('have a case each, or a reason why no rule finds them', () => {
    expect(faults.filter(({ rules }) => rules.length > 0).map(({ id }) => id)).toEqual(Object.keys(cases));
    expect(faults.filter(({ rules, why }) => rules.length === 0 && why === undefined)).toEqual([]);
    expect(faults.flatMap(({ rules }) => rules.filter((code) => ruleNamed(code) === undefined))).toEqual([]);
  });

  for (const { id, rules } of faults) {
    const one = cases[id];
    if (one === undefined) continue;
    it(`${id}: ${rules.join(', ')}`, () => {
      const found = one.faulty();
      const mended = one.mended?.() ?? [];
      for (const code of rules) {
        const own = findingsOfCode(found, code);
        expect(own.length, code).toBeGreaterThan(0);
        const shown = one.shown?.[code];
        const texts = own.flatMap(({ consequence }) => (consequence === undefined ? [] : consequenceText(consequence)));
        if (shown !== undefined) expect(texts.join('\n')).toContain(shown);
        expect(findingsOfCode(mended, code), `${code}, mended`).toEqual([]);
      }
    });
  }
});

describe('the guest that a second `vif=` line takes off the LAN', () => {
  it('reaches the LAN with both cards in one list', () => {
    const asked = (vifs: string): string =>
      suse.asks(suse.hostOnly(vifs), suse.hostOnlySegments, 'desktop', '192.168.0.6');
    expect([asked(suse.twoLines), asked(suse.oneList)]).toEqual(['no', 'yes']);
  });
});
