/** What holds for every small dialect: write and read undo each other, edits touch their part alone, nothing crashes. */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { type ConfigText, type Dialect } from '../../../src/dialects/dialect.ts';
import { dnsmasq } from '../../../src/dialects/dnsmasq/dialect.ts';
import { iptables } from '../../../src/dialects/iptables/dialect.ts';
import { nft } from '../../../src/dialects/nft/dialect.ts';
import { radvd } from '../../../src/dialects/radvd/dialect.ts';
import { emptyStack } from '../../../src/state/empty-stack.ts';
import { resolvConf } from '../../../src/dialects/resolv-conf/dialect.ts';
import { sysctl } from '../../../src/dialects/sysctl/dialect.ts';
import { type NetworkState, type Stack } from '../../../src/state/network-state.ts';
import { normalize } from '../../../src/state/normal-form.ts';
import { advertisers, dhcpServers, resolver, stateOf, sysctls } from '../any-part.ts';
import { patienceMs, survivesMutations } from '../mutations.ts';
import { iptablesTables } from './iptables-tables.ts';

interface Subject {
  readonly dialect: Dialect;
  /** States that it can say. */
  readonly states: fc.Arbitrary<NetworkState>;
  /** Hand-written files. */
  readonly files: readonly (readonly ConfigText[])[];
}

const of = (path: string, text: string): readonly ConfigText[] => [{ path, text }];

const subjects: readonly Subject[] = [
  {
    dialect: sysctl,
    states: sysctls.map((own) => stateOf({ sysctls: own })),
    files: [
      of(
        'etc/sysctl.conf',
        '# Kernel\nkernel.panic = 10\n\nnet.ipv4.ip_forward=1\n; old\nnet/ipv4/conf/eth0.5/rp_filter = 2\n  net.ipv4.conf.eth0/7.proxy_arp  =  1  \n',
      ),
      of(
        'etc/sysctl.d/10-net.conf',
        '-net.ipv6.conf.all.forwarding = 1\nnet.ipv4.ip_forward = 0\nnet.ipv4.ip_forward = 1\r\n',
      ),
    ],
  },
  {
    dialect: resolvConf,
    states: resolver.map((own) => stateOf({ resolver: own })),
    files: [
      of(
        'etc/resolv.conf',
        '# made by hand\ndomain example.org\nsearch lan example.org\nnameserver 192.0.2.53\nnameserver  2001:db8::53\noptions ndots:2\n',
      ),
    ],
  },
  {
    dialect: dnsmasq,
    states: dhcpServers.map((services) => stateOf({ services })),
    files: [
      of(
        'etc/dnsmasq.conf',
        'domain-needed\nbogus-priv\n# the LAN\ninterface=br0\ndhcp-range=10.0.0.50,10.0.0.99,255.255.255.0,12h\ndhcp-option=3,10.0.0.1\ndhcp-host=02:00:00:00:00:01,10.0.0.7,web,infinite\nserver=192.0.2.53\n',
      ),
    ],
  },
  {
    dialect: radvd,
    states: advertisers.map((services) => stateOf({ services })),
    files: [
      of(
        'etc/radvd.conf',
        '# routers\ninterface br1\n{\n  AdvSendAdvert on;\n  MinRtrAdvInterval 30;\n  prefix 2001:db8:abba:1::/64\n  {\n    AdvOnLink on;\n    AdvAutonomous on;\n  };\n};\n\ninterface br2 {\n  AdvSendAdvert on;\n  AdvDefaultLifetime 0;\n  prefix 2001:db8:abba:2::/64 { };\n};\n',
      ),
    ],
  },
  {
    dialect: iptables,
    states: iptablesTables.map((filter) => stateOf({ filter })),
    files: [
      of(
        'etc/iptables/rules.v4',
        '# by hand\n*filter\n:INPUT DROP [0:0]\n:FORWARD ACCEPT [12:840]\n:OUTPUT ACCEPT [0:0]\n:LAN - [0:0]\n-A INPUT -i lo -j ACCEPT\n-A INPUT -m conntrack --ctstate RELATED,ESTABLISHED -j ACCEPT\n-A INPUT -s 192.168.0.0/24 -p tcp -m multiport --dports 22,80,8000:8010 -m comment --comment "from \\"us\\"" -j LAN\n-A LAN -m limit --limit 5/min -j LOG\nCOMMIT\n*nat\n:POSTROUTING ACCEPT [0:0]\n-A POSTROUTING -s 10.0.0.0/24 ! -o br0 -j MASQUERADE\nCOMMIT\n',
      ),
    ],
  },
  {
    dialect: nft,
    states: iptablesTables.map((filter) => stateOf({ filter })),
    files: [
      of(
        'etc/nftables.conf',
        '#!/usr/sbin/nft -f\nflush ruleset\ndefine lan = { 10.0.0.0/24, 10.0.9.1 }\ntable inet filter {\n  set open { type inet_service; elements = { ssh, 80-90 } }\n  chain input {\n    type filter hook input priority filter; policy drop;\n    iif "lo" accept\n    ct state vmap { invalid : drop, established : accept }\n    ip saddr $lan tcp dport @open counter accept comment "ours"\n    limit rate 3/second log prefix "x" reject with icmpx type admin-prohibited\n  }\n}\n',
      ),
      of(
        'rules.json',
        '{"nftables":[{"metainfo":{}},{"table":{"family":"ip","name":"t"}},{"chain":{"family":"ip","table":"t","name":"c","type":"filter","hook":"input","prio":0,"policy":"drop"}},{"rule":{"family":"ip","table":"t","chain":"c","handle":3,"expr":[{"match":{"op":"==","left":{"payload":{"protocol":"tcp","field":"dport"}},"right":22}},{"accept":null}]}}]}',
      ),
    ],
  },
];

const stateRead = (dialect: Dialect, texts: readonly ConfigText[]): NetworkState => {
  const part: Partial<Stack> = dialect.read(texts, { stack: 'm' }).stacks['m'] ?? {};
  return normalize({ version: 1, stacks: { m: { ...emptyStack, ...part } }, cables: [] });
};

describe.each(subjects.map((subject) => [subject.dialect.name, subject] as const))(
  '%s',
  (_, { dialect, states, files }) => {
    it('reads what it writes', () => {
      fc.assert(
        fc.property(states, (state) => {
          const written = dialect.write?.(state, 'm');
          expect(written?.omissions).toEqual([]);
          for (const { path, text } of written?.files ?? []) {
            expect(dialect.owns(path), path).toBe(true);
            expect(dialect.resembles(text), text).toBeGreaterThan(0.5);
          }
          expect(stateRead(dialect, written?.files ?? [])).toEqual(state);
        }),
        { numRuns: 300 },
      );
    });

    it.each(files)('leaves a file alone whose state does not change', (...texts) => {
      const state = stateRead(dialect, texts);
      expect(dialect.edit?.(texts, state, 'm').files).toEqual(texts);
    });

    it('says after an edit what was asked for', () => {
      fc.assert(
        fc.property(fc.constantFrom(...files), states, (texts, state) => {
          const edited = dialect.edit?.(texts, state, 'm').files ?? [];
          expect(stateRead(dialect, edited), edited.map(({ text }) => text).join('\n')).toEqual(state);
          expect(dialect.edit?.(edited, state, 'm').files).toEqual(edited);
        }),
        { numRuns: 200 },
      );
    });

    it('takes whatever it is given, and points to what is wrong', { timeout: patienceMs }, () =>
      survivesMutations(dialect, files),
    );
  },
);

describe('which dialect a text is in', () => {
  it.each(
    subjects.flatMap(({ dialect, files }) => files.map((texts) => [dialect.name, texts[0]?.text ?? ''] as const)),
  )('%s is told without its path', async (name, text) => {
    const { dialectFor } = await import('../../../src/dialects/dialects.ts');
    expect(dialectFor({ path: 'pasted', text })?.name).toBe(name);
  });
});
