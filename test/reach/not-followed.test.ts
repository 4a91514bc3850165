/** Devices that the walker does not follow: an answer that depends on one is unknown, and names it. */
import { describe, expect, it } from 'vitest';
import { buildModel } from '../../src/reach/model/build-model.ts';
import { walk } from '../../src/reach/walker/walk.ts';
import { ping } from '../kernel-behaviour/bench/flows.ts';
import { network, nic, stack } from '../kernel-behaviour/bench/network.ts';

describe('devices that are not followed', () => {
  it('make an answer unknown, and are named', () => {
    const state = network(
      { host: stack({ wg0: nic(['10.9.0.1/24'], { kind: 'wireguard', wireguard: { peers: [] } }) }) },
      [],
    );
    expect(walk(buildModel(state), ping('host', '10.9.0.2'))).toMatchObject({
      verdict: 'unknown',
      unknown: ['the WireGuard tunnel wg0 of host'],
    });
  });
});
