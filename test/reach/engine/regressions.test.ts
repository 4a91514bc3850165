/**
 * Cases on which sets of packets and the walker once differed, each as small as it gets: they agree. So they do on those
 * on which the walker once differed from the kernel, as far as sets follow them.
 */
import { readdirSync, readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { ask } from '../../../src/reach/engine/ask.ts';
import { predictState } from '../../../src/reach/engine/engine.ts';
import { type AskedService } from '../../../src/reach/engine/world.ts';
import { buildModel } from '../../../src/reach/model/build-model.ts';
import { type Flow, type Verdict } from '../../../src/reach/walk.ts';
import { walk } from '../../../src/reach/walker/walk.ts';
import { type NetworkState } from '../../../src/state/network-state.ts';

interface Case {
  readonly flow: Flow;
  readonly state: NetworkState;
}

/** `because` says what is particular about it; `isLeft`: sets leave it to the walker; `services`: nothing else is asked. */
interface Regression extends Case {
  readonly because: string;
  readonly verdict: Verdict;
  readonly isLeft?: true;
  readonly services?: readonly AskedService[];
}

const textsIn = (folder: URL): { readonly name: string; readonly text: string }[] =>
  readdirSync(folder)
    .filter((name) => name.endsWith('.json'))
    .map((name) => ({ name, text: readFileSync(new URL(name, folder), 'utf8') }));

const walked = ({ state, flow }: Case): Verdict => walk(buildModel(state), flow, { isTraced: false }).verdict;

const isOpen = (verdict: Verdict): boolean => verdict === 'sometimes' || verdict === 'unknown';

describe('sets of packets and the walker agree', () => {
  it.each(textsIn(new URL('./regressions/', import.meta.url)))('$name', ({ text }) => {
    const { state, flow, verdict, isLeft, services } = JSON.parse(text) as Regression;
    for (const tellsMembers of [true, false]) {
      const said = ask(predictState(state, {}, { tellsMembers, ...(services && { services }) }), flow);
      expect({ said, walked: walked({ state, flow }) }).toEqual({
        said: isLeft === true ? undefined : verdict,
        walked: verdict,
      });
    }
  });

  it.each(textsIn(new URL('../../agreement/regressions/', import.meta.url)))('$name of the kernel', ({ text }) => {
    const { state, flow } = JSON.parse(text) as Case;
    const said = ask(predictState(state), flow);
    if (said === undefined) return;
    const asWalked = walked({ state, flow });
    if (isOpen(said) && isOpen(asWalked)) return;
    expect(said).toBe(asWalked);
  });
});
