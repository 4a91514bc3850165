/** What is written for NetworkManager, carried out by it: what the kernel then holds is the state. */
import { afterAll, beforeAll, describe, it } from 'vitest';
import { stackIn } from '../../../src/dialects/reading.ts';
import { type NetworkState } from '../../../src/state/network-state.ts';
import { anyStack } from '../any-stack.ts';
import { sayable } from '../kernel-sayable.ts';
import { expectAllCarriedOut } from '../programs/carried-out.ts';
import { realNetworkManager } from '../programs/networkmanager-run.ts';
import { isTreeMissing, openProgramBed, type ProgramBed } from '../programs/program-bed.ts';
import { fitting, vocabulary } from './vocabulary.ts';

/** To a gateway on the link of a bridge without a carrier NetworkManager adds a route of its own. */
const withCarriers = (state: NetworkState): NetworkState => {
  const host = stackIn(state, 'host');
  const routes = host.routes.filter(
    ({ via = '', dev = '' }) => !via.startsWith('fe80:') || host.interfaces[dev]?.kind !== 'bridge',
  );
  return { ...state, stacks: { host: { ...host, routes } } };
};

const runs = process.env['LANWRIGHT_SOAK'] === '1' ? 60 : 6;

describe.skipIf(isTreeMissing)('the real NetworkManager', () => {
  let bed: ProgramBed;
  beforeAll(async () => {
    bed = await openProgramBed();
  });
  afterAll(() => bed.close());

  it('makes of what is written the state that it was written from', { timeout: 600_000 }, async () => {
    // What this kernel has no module for is another test's.
    const words = { ...vocabulary, kinds: ['ethernet', 'bridge', 'vxlan'] as const };
    await expectAllCarriedOut(
      bed,
      realNetworkManager,
      anyStack(words).map(sayable).map(fitting).map(withCarriers),
      runs,
    );
  });
});
