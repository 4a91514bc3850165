/** ufw's files and what it prints, as the rules that it loads. */
import { describe, expect, it } from 'vitest';
import { dialectFor } from '../../../src/dialects/dialects.ts';
import { ufw } from '../../../src/dialects/ufw/dialect.ts';
import { mergeReadings } from '../../../src/dialects/merge-readings.ts';
import { predictorOf } from '../../../src/reach/predict.ts';
import { type NetworkState } from '../../../src/state/network-state.ts';
import { normalize } from '../../../src/state/normal-form.ts';
import { plainNic } from '../../../src/dialects/reading.ts';
import { emptyStack } from '../../../src/state/empty-stack.ts';
import { patienceMs, survivesMutations } from '../mutations.ts';

const userRules = `*filter
:ufw-user-input - [0:0]
:ufw-user-output - [0:0]
:ufw-user-forward - [0:0]
:ufw-user-limit - [0:0]
:ufw-user-limit-accept - [0:0]
### RULES ###

### tuple ### allow tcp 22 0.0.0.0/0 any 192.168.0.0/24 in
-A ufw-user-input -p tcp --dport 22 -s 192.168.0.0/24 -j ACCEPT

### tuple ### reject tcp 25 0.0.0.0/0 any 0.0.0.0/0 in
-A ufw-user-input -p tcp --dport 25 -j REJECT
### END RULES ###
COMMIT
`;
const defaults =
  'IPV6=yes\nDEFAULT_INPUT_POLICY="DROP"\nDEFAULT_OUTPUT_POLICY="ACCEPT"\nDEFAULT_FORWARD_POLICY="DROP"\n';
const status = `Status: active
Logging: on (low)
Default: deny (incoming), allow (outgoing), disabled (routed)
New profiles: skip

To                         Action      From
--                         ------      ----
22/tcp                     ALLOW IN    192.168.0.0/24
25/tcp                     REJECT IN   Anywhere
53                         ALLOW IN    Anywhere
OpenSSH (v6)               ALLOW IN    Anywhere (v6)
Custom App                 ALLOW IN    Anywhere
`;

/** `server` with the filter, `near` in 192.168.0.0/24, both on one wire; `far` in another subnet of it. */
const networkWith = (texts: readonly { path: string; text: string }[]): NetworkState => {
  const { state } = mergeReadings([{ dialect: 'ufw', reading: ufw.read(texts, { stack: 'server' }) }]);
  const nic = (address: string): typeof plainNic => ({
    ...plainNic,
    addresses: [{ family: 4, address, prefixLength: 16 }],
  });
  return normalize({
    version: 1,
    stacks: {
      near: { ...emptyStack, interfaces: { eth0: nic('192.168.0.5') } },
      far: { ...emptyStack, interfaces: { eth0: nic('192.168.9.5') } },
      server: {
        ...(state.stacks['server'] ?? emptyStack),
        interfaces: {
          eth0: { ...plainNic, master: 'br0' },
          eth1: { ...plainNic, master: 'br0' },
          br0: { ...nic('192.168.0.1'), kind: 'bridge', bridge: { stp: false, forwardDelaySeconds: 0 } },
        },
      },
    },
    cables: [
      { a: { stack: 'near', interface: 'eth0' }, b: { stack: 'server', interface: 'eth0' } },
      { a: { stack: 'far', interface: 'eth0' }, b: { stack: 'server', interface: 'eth1' } },
    ],
  });
};

const sees = (state: NetworkState, from: string, port: number | null): string =>
  predictorOf(state).walk({
    from,
    family: 4,
    destination: '192.168.0.1',
    protocol: port === null ? 'icmp' : 'tcp',
    port,
  }).clientSees;

const files = [
  { path: 'etc/ufw/user.rules', text: userRules },
  { path: 'etc/default/ufw', text: defaults },
];

describe('ufw', () => {
  it.each([
    ['its files', files],
    ['its status', [{ path: 'pasted', text: status }]],
  ])('lets in what its rules say: %s', (_, texts) => {
    const state = networkWith(texts);
    expect(sees(state, 'near', null)).toBe('answer');
    expect(sees(state, 'near', 22)).not.toBe('timeout');
    expect(sees(state, 'far', 22)).toBe('timeout');
    expect(sees(state, 'near', 25)).toBe('refused');
    expect(sees(state, 'near', 80)).toBe('timeout');
  });

  it('says what it took for granted, and where each rule is', () => {
    const { remarks, origins } = ufw.read(files, { stack: 'm' });
    expect(remarks.map(({ code }) => code)).toEqual(['usual-before-rules']);
    expect(origins['m/filter/ip filter ufw-user-input 0']).toEqual({ path: 'etc/ufw/user.rules', line: 10, column: 1 });
    const told = ufw.read([{ path: 'pasted', text: status }], { stack: 'm' }).remarks;
    expect(told.map(({ code, at }) => [code, at.line])).toEqual([
      ['profile', 12],
      ['usual-before-rules', 1],
    ]);
  });

  it('loads nothing where it is not enabled', () => {
    const off = ufw.read([...files, { path: 'etc/ufw/ufw.conf', text: 'ENABLED=no\n' }], { stack: 'm' });
    expect(off.stacks).toEqual({});
    expect(off.remarks.map(({ code }) => code)).toEqual(['inactive']);
  });

  it('is told by its form', () => {
    for (const text of [userRules, status, defaults]) expect(dialectFor({ path: 'pasted', text })?.name).toBe('ufw');
  });

  it('may be anything', { timeout: patienceMs }, () =>
    survivesMutations(ufw, [files, [{ path: 'pasted', text: status }]]),
  );
});
