/** What the walker does not follow: an answer that depends on it is unknown, and names it. */
import { describe, expect, it } from 'vitest';
import { buildModel } from '../../src/reach/model/build-model.ts';
import { walk } from '../../src/reach/walker/walk.ts';
import { ping } from '../kernel-behaviour/bench/flows.ts';
import { chain, network, nic, stack, table } from '../kernel-behaviour/bench/network.ts';

describe('what is not followed', () => {
  it('makes an answer unknown, and is named', () => {
    const red = nic([], { kind: 'vrf', mtuBytes: 65535, vrf: { table: 100 } });
    const filter = [table('ip', chain('input', 'accept'))];
    const state = network(
      {
        a: stack({ e0: nic(['10.9.0.2/24']) }),
        host: stack({ red, e0: nic(['10.9.0.1/24'], { master: 'red' }) }, { filter }),
      },
      ['a.e0 host.e0'],
    );
    expect(walk(buildModel(state), ping('a', '10.9.0.1'))).toMatchObject({
      verdict: 'unknown',
      unknown: ['filters around the VRF red of host'],
    });
  });
});
