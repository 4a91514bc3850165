/** A VPN in the walker: keys that belong together, ends that keep a way open, and what comes of it where they do not. */
import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { buildModel } from '../../src/reach/model/build-model.ts';
import { walk } from '../../src/reach/walker/walk.ts';
import { type NetworkState, type WireguardSettings } from '../../src/state/network-state.ts';
import { ping } from '../kernel-behaviour/bench/flows.ts';
import { designOf } from '../lower/lab-of.ts';

const { state: whole } = designOf(readFileSync('examples/guide-vpn.yaml', 'utf8')).lowered;
const [web, laptop] = ['10.0.1.4', '10.8.0.222'] as const;

/** The same with another end. */
const withEnd = (machine: string, change: (end: WireguardSettings) => WireguardSettings): NetworkState => {
  const stack = whole.stacks[machine];
  const device = stack?.interfaces['wg0'];
  if (stack === undefined || device?.wireguard === undefined) throw new Error(`${machine} is no end`);
  const interfaces = { ...stack.interfaces, wg0: { ...device, wireguard: change(device.wireguard) } };
  return { ...whole, stacks: { ...whole.stacks, [machine]: { ...stack, interfaces } } };
};

const verdictOf = (state: NetworkState, from: string, to: string): string =>
  walk(buildModel(state), ping(from, to)).verdict;

const silent = ({ peers, ...end }: WireguardSettings): WireguardSettings => ({
  ...end,
  peers: peers.map(({ keepaliveSeconds: _seconds, ...peer }) => peer),
});

const stranger = 'xTIBA5rboUvnH4htodjb6e697QjLERt1NAB4mZqp8Dg=';

describe('a VPN', () => {
  it('leads in, and back out by the way that is kept open', () => {
    expect(verdictOf(whole, 'laptop', web)).toBe('yes');
    expect(verdictOf(whole, 'web', laptop)).toBe('yes');
    expect(verdictOf(whole, 'stranger', web)).toBe('no');
  });

  it('is begun by one side only where no way is kept open', () => {
    const state = withEnd('laptop', silent);
    expect(verdictOf(state, 'laptop', web)).toBe('yes');
    expect(verdictOf(state, 'web', laptop)).toBe('no');
  });

  it('hears nobody with a key that it does not know', () => {
    const state = withEnd('laptop', (end) => ({ ...end, publicKey: stranger }));
    expect(verdictOf(state, 'laptop', web)).toBe('no');
    expect(verdictOf(state, 'web', laptop)).toBe('no');
    const { stop } = walk(buildModel(state), ping('laptop', web));
    expect(stop?.because.text).toContain('do not belong together');
  });

  it('speaks to nobody else than the key that it was told', () => {
    const state = withEnd('laptop', ({ peers, ...end }) => ({
      ...end,
      peers: peers.map((peer) => ({ ...peer, publicKey: stranger })),
    }));
    expect(verdictOf(state, 'laptop', web)).toBe('no');
  });

  it('relies on keys that a state does not say, and says so', () => {
    const { publicKey: _key, ...rest } = whole.stacks['laptop']?.interfaces['wg0']?.wireguard ?? { peers: [] };
    const answer = walk(buildModel(withEnd('laptop', () => rest)), ping('laptop', web));
    expect(answer.verdict).toBe('yes');
    expect(answer.facts.join()).toContain('belong together');
  });
});

/** A machine with ends in two tunnels, neither of which has a port; the far ends know it by what it sends. */
const twoVpns = `
lab: two
outside:
  networks:
    vpn1: { tunnel: wireguard, ipv4: 10.8.0.0/24 }
    vpn2: { tunnel: wireguard, ipv4: 10.9.0.0/24 }
  machines:
    laptop: { nics: { eth0: internet, wg0: vpn1, wg1: vpn2 } }
    hub1: { nics: { eth0: internet, wg0: { network: vpn1, address: 1, port: 51820 } } }
    hub2: { nics: { eth0: internet, wg0: { network: vpn2, address: 1, port: 51820 } } }
`;

describe('ends without a port', () => {
  const { state, lab } = { ...designOf(twoVpns).lowered, lab: designOf(twoVpns).lab };
  const addressIn = (name: string): string =>
    lab.machines['laptop']?.nics.find((nic) => nic.name === name)?.addresses[0]?.address ?? '';

  it('have one each, where there are several on a machine', () => {
    expect(verdictOf(state, 'laptop', '10.8.0.1')).toBe('yes');
    expect(verdictOf(state, 'laptop', '10.9.0.1')).toBe('yes');
    expect(verdictOf(state, 'hub1', addressIn('wg0'))).toBe('yes');
    expect(verdictOf(state, 'hub2', addressIn('wg1'))).toBe('yes');
  });
});
