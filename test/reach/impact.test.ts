/** What a change does to who reaches whom: by kinds of twins, and the same as asking every pair. */
import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { design } from '../../src/pipeline.ts';
import { impactOf, type FlowChange } from '../../src/reach/impact.ts';
import { buildModel } from '../../src/reach/model/build-model.ts';
import { settledFacts } from '../../src/reach/settled.ts';
import { walk } from '../../src/reach/walker/walk.ts';
import { type NetworkState } from '../../src/state/network-state.ts';

const stateOf = (text: string): NetworkState => {
  const { value } = design({ file: 'lab.yaml', text }, undefined, {
    random: (bytes: number) => new Uint8Array(bytes).fill(0xab),
  });
  if (value === undefined) throw new Error('the lab has errors');
  return value.lowered.state;
};

const nothing: NetworkState = { version: 1, stacks: {}, cables: [] };
const machinesOf = (...states: readonly NetworkState[]): readonly string[] =>
  [...new Set(states.flatMap(({ stacks }) => Object.keys(stacks)))].filter((name) => !name.startsWith('switch-'));
const impact = (before: NetworkState, after: NetworkState): readonly FlowChange[] =>
  impactOf(before, after, machinesOf(before, after));

const noReturn = readFileSync('examples/xen-routed-no-return.yaml', 'utf8');
const withRoute = noReturn.replace('nat: true }', 'nat: true, routes: [{ to: 10.0.0.0/24, via: 192.168.0.3 }] }');

const lab = `lab: impact
networks:
  lan: { mode: nat, ipv4: 10.9.8.0/24 }
  dmz: { mode: routed, ipv4: 10.9.9.0/24 }
machines:
  web: { nics: [dmz], count: 3 }
  desk: { nics: [lan], count: 3 }
`;
const closed = `${lab}policy:\n  - { allow: desk, to: web-1 }\n  - { deny: desk, to: web }\n`;

/** Every ping of every pair to every IPv4 address, one by one. */
const pings = (state: NetworkState): ReadonlySet<string> => {
  const model = buildModel(state, settledFacts(state));
  const found = new Set<string>();
  for (const from of machinesOf(state))
    for (const to of machinesOf(state)) {
      const addresses = Object.values(state.stacks[to]?.interfaces ?? {})
        .flatMap(({ addresses: own }) => own)
        .filter(({ family }) => family === 4);
      const isReached = addresses.every(
        ({ address }) =>
          walk(model, { from, family: 4, destination: address, protocol: 'icmp', port: null }).verdict === 'yes',
      );
      if (from !== to && addresses.length > 0 && isReached) found.add(`${from} → ${to}`);
    }
  return found;
};

const told = (changes: readonly FlowChange[], change: FlowChange['change']): readonly string[] =>
  changes
    .filter((flow) => flow.change === change && flow.family === 4 && flow.protocol === 'icmp')
    .flatMap(({ from, to }) => from.flatMap((a) => to.filter((b) => a !== b).map((b) => `${a} → ${b}`)))
    .sort();

describe('impactOf', () => {
  it('tells what one route opens', () => {
    expect(impact(stateOf(noReturn), stateOf(withRoute)).filter(({ family }) => family === 4)).toMatchObject([
      {
        change: 'appears',
        protocol: 'icmp',
        from: expect.arrayContaining(['desktop']) as unknown,
        to: ['dom0', 'vm01'],
      },
      { change: 'appears', protocol: 'icmp', from: ['vm01'] },
    ]);
  });

  it('is empty where nothing changes', () => {
    expect(impact(stateOf(lab), stateOf(lab))).toEqual([]);
  });

  it.each([
    ['a route', noReturn, withRoute],
    ['a policy', lab, closed],
    ['a policy taken back', closed, lab],
    ['a machine more', lab, lab.replace('count: 3', 'count: 5')],
    ['another mode', lab, lab.replace('mode: routed', 'mode: host-only')],
  ])('is the same as asking every pair before and after: %s', (_, before, after) => {
    const [was, becomes] = [stateOf(before), stateOf(after)];
    const [old, now] = [pings(was), pings(becomes)];
    const changes = impact(was, becomes);
    expect(told(changes, 'appears')).toEqual([...now].filter((pair) => !old.has(pair)).sort());
    expect(told(changes, 'vanishes')).toEqual([...old].filter((pair) => !now.has(pair)).sort());
  });

  it('begins with nothing', () => {
    const state = stateOf(lab);
    expect(told(impact(nothing, state), 'appears')).toEqual([...pings(state)].sort());
    expect(impact(state, nothing).every(({ change }) => change === 'vanishes')).toBe(true);
  });
});
