/** Whose advertisements an interface is waited for to hear: those of others, as far as its settings have it take them. */
import { expect, it } from 'vitest';
import { type NetworkState } from '../../src/state/network-state.ts';
import { listenersOf } from '../../src/world/listeners.ts';
import { designOf } from '../lower/lab-of.ts';

const two = `lab: two
networks:
  lan:
    mode: private
    ipv6: fd00:1::/64
    ra: [gw, r2]
    routes: [{ to: 'fd00:2::/64', via: gw }]
  far: { mode: private, ipv6: fd00:2::/64 }
machines:
  gw: { nics: [{ network: lan, address: 1 }, far], services: [router] }
  r2: { nics: [{ network: lan, address: slaac }], services: [router] }
  web: { nics: [{ network: lan, address: slaac }] }
`;

const listenerIn = (state: NetworkState, stack: string) =>
  listenersOf(state).find((listener) => listener.stack === stack);

const withSysctls = (state: NetworkState, name: string, more: Readonly<Record<string, string>>): NetworkState => {
  const stack = state.stacks[name];
  if (stack === undefined) throw new Error(`no ${name}`);
  return { ...state, stacks: { ...state.stacks, [name]: { ...stack, sysctls: { ...stack.sysctls, ...more } } } };
};

it('a router does not wait for what it advertises itself', () => {
  const { state } = designOf(two).lowered;
  const routersOf = (stack: string) => listenerIn(state, stack)?.ways.map(({ router }) => router) ?? [];
  expect(routersOf('r2')).not.toContain('r2');
  expect(routersOf('web')).toContain('r2');
});

it('who prefers no router takes no routes of theirs', () => {
  const { state } = designOf(two).lowered;
  const routesOf = (of: NetworkState) => listenerIn(of, 'web')?.ways.filter(({ to }) => to !== '::/0');
  expect(routesOf(state)).toEqual([{ router: 'gw', to: 'fd00:2::/64' }]);
  expect(routesOf(withSysctls(state, 'web', { 'net/ipv6/conf/eth0/accept_ra_rtr_pref': '0' }))).toEqual([]);
});
