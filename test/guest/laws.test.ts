/**
 * The laws of `up` through the door of guests: what is observed is what was asked for, asking again changes nothing,
 * any state leads to any other; measured the same as in namespaces; a guest that falls silent is named.
 */
import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type Measurement, type ProbeRequest } from '../../src/probe/measurement.ts';
import { normalize } from '../../src/state/normal-form.ts';
import { type NetworkState } from '../../src/state/network-state.ts';
import { type Bed } from '../agreement/bed/bed.ts';
import { everything, nic, stack, v4, v6 } from '../world/everything.ts';
import { openGuestBed, type Question, type Reply } from './guest-bed.ts';

fc.configureGlobal({ includeErrorInReport: true });

const empty = normalize({ version: 1, stacks: {}, cables: [] });
const done = { failures: [], left: [] };

let bed: Bed<Question, unknown>;
const choose = (...virtual: string[]) => bed.ask({ do: 'choose', virtual });
const apply = async (state: NetworkState): Promise<Reply> => (await bed.ask({ do: 'apply', state })) as Reply;
const observe = async (): Promise<NetworkState> => (await bed.ask({ do: 'observe' })) as NetworkState;
const measure = async (probes: readonly ProbeRequest[]): Promise<readonly Measurement[]> =>
  (await bed.ask({ do: 'measure', probes })) as readonly Measurement[];

beforeAll(async () => {
  bed = await openGuestBed();
});
afterAll(() => bed.close());

describe.each([['guest'], ['host'], ['host', 'guest', 'outside']])('with %s in guests', (...virtual) => {
  it('holds what was asked for, and nothing once it is gone', async () => {
    await choose(...virtual);
    expect(await apply(everything)).toMatchObject(done);
    expect(await apply(everything)).toEqual({ steps: 0, ...done });
    expect(await apply(empty)).toMatchObject(done);
    expect(await observe()).toEqual(empty);
  });
});
