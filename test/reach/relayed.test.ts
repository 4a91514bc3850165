/** Leases come through a relay where it is heard, its question arrives, and the answer comes back. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { settledFacts } from '../../src/reach/settled.ts';
import { type NetworkState, type Stack } from '../../src/state/network-state.ts';
import { designOf } from '../lower/lab-of.ts';

const text = readFileSync(join(import.meta.dirname, '../../examples/dhcp-relay.yaml'), 'utf8');
const { state } = designOf(text).lowered;

const given = (of: NetworkState): readonly string[] =>
  (settledFacts(of).addresses ?? []).filter(({ from }) => from === 'dhcp').map(({ because }) => because);

/** The state with one of its stacks changed. */
const withStack = (name: string, change: (stack: Stack) => Partial<Stack>): NetworkState => {
  const stack = state.stacks[name];
  if (stack === undefined) throw new Error(`there is no ${name}`);
  return { ...state, stacks: { ...state.stacks, [name]: { ...stack, ...change(stack) } } };
};

const dropping = (hook: 'input' | 'output', family: 'ip' | 'ip6'): Stack['filter'] => [
  {
    ...{ family, name: 'more' },
    chains: [
      {
        ...{ name: hook, type: 'filter', hook, priority: 0, policy: 'accept' },
        rules: [
          {
            matches: [{ kind: 'port', protocol: 'udp', ports: family === 'ip' ? [67] : [547] }],
            verdict: { kind: 'drop' },
          },
        ],
      },
    ],
  },
];

const lease4 = 'desk eth0 has 10.20.2.20 by DHCP from directory through gate';
const lease6 = 'desk eth0 has 2001:db8:20:2::14 by DHCPv6 from directory through gate';

describe('leases through a relay', () => {
  it('are told with the server and the relay', () => {
    expect(given(state)).toEqual([lease4, lease6]);
  });

  it('do not come where the server hears no relay', () => {
    expect(given(withStack('directory', () => ({ filter: dropping('input', 'ip') })))).toEqual([lease6]);
    expect(given(withStack('directory', () => ({ filter: dropping('input', 'ip6') })))).toEqual([lease4]);
  });

  it('do not come where the relay cannot ask', () => {
    expect(given(withStack('gate', () => ({ filter: dropping('output', 'ip') })))).toEqual([lease6]);
  });

  it('do not come where the server knows no way back', () => {
    expect(given(withStack('directory', () => ({ routes: [] })))).toEqual([]);
  });

  it('do not come where the server has no pool for that relay', () => {
    expect(given(withStack('directory', () => ({ services: [] })))).toEqual([]);
  });

  it('do not come where nobody passes on', () => {
    expect(given(withStack('gate', () => ({ services: [] })))).toEqual([]);
  });
});
