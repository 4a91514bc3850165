/**
 * After edits of filters alone only the headers that they touch are followed again, and yet every set is what it is from
 * scratch. `REACH_SEED` and `REACH_EDITS` as in the other tests of sets.
 */
import { describe, expect, it } from 'vitest';
import { ask } from '../../../src/reach/engine/ask.ts';
import { predictAgain, predictState } from '../../../src/reach/engine/engine.ts';
import { matrixAgain, predictMatrix, type ReachMatrix } from '../../../src/reach/engine/matrix.ts';
import { predict } from '../../../src/reach/engine/prediction.ts';
import { buildModel } from '../../../src/reach/model/build-model.ts';
import { rebuildModel } from '../../../src/reach/model/rebuild-model.ts';
import { walk } from '../../../src/reach/walker/walk.ts';
import { type Interface, type NetworkState, type Stack } from '../../../src/state/network-state.ts';
import { type FilterChain, type FilterRule } from '../../../src/state/packet-filter.ts';
import { Chance } from '../chance.ts';
import { randomState } from '../random-state.ts';

const seed = Number(process.env['REACH_SEED'] ?? Date.now() % 1_000_000);
const edits = Number(process.env['REACH_EDITS'] ?? 15);

const randomRule = (chance: Chance): FilterRule => {
  const family = chance.is(0.8) ? 4 : 6;
  const net = 1 + chance.below(6);
  const block = family === 4 ? `10.0.${net}.${chance.below(2) * 128}/25` : `fd00:0:0:${net}::/64`;
  const matches: FilterRule['matches'] = [
    ...(chance.is(0.5)
      ? [{ kind: chance.of(['source', 'destination'] as const), family, prefixes: [block] } as const]
      : []),
    ...(chance.is(0.4) ? [{ kind: 'port', protocol: 'tcp', ports: [chance.of([22, 80, 443, 4711])] } as const] : []),
    ...(chance.is(0.2) ? [{ kind: 'other', text: `recent ${chance.below(2)}` } as const] : []),
  ];
  return { matches, verdict: { kind: chance.of(['accept', 'drop'] as const) } };
};

const editedChain = (chance: Chance, chain: FilterChain): FilterChain => {
  const at = chance.below(chain.rules.length + 1);
  const isTaken = chance.is(0.4) && at < chain.rules.length;
  if (chain.type === 'nat' && !isTaken) return chain;
  if (chain.type === 'filter' && chance.is(0.1))
    return { ...chain, policy: chain.policy === 'drop' ? 'accept' : 'drop' };
  return {
    ...chain,
    rules: [
      ...chain.rules.slice(0, at),
      ...(isTaken ? [] : [randomRule(chance)]),
      ...chain.rules.slice(at + (isTaken ? 1 : 0)),
    ],
  };
};

/** The state with one chain edited; undefined where it has none. */
const refiltered = (chance: Chance, state: NetworkState): NetworkState | undefined => {
  const places = Object.entries(state.stacks).flatMap(([name, { filter }]) =>
    filter.flatMap((table, place) => table.chains.map((_, index) => ({ name, place, index }))),
  );
  if (places.length === 0) return undefined;
  const { name, place, index } = chance.of(places);
  const stack = state.stacks[name]!;
  const filter = stack.filter.map((table, number) =>
    number !== place
      ? table
      : { ...table, chains: table.chains.map((chain, at) => (at === index ? editedChain(chance, chain) : chain)) },
  );
  return { ...state, stacks: { ...state.stacks, [name]: { ...stack, filter } } };
};

const services = [
  { protocol: 'icmp', port: null },
  { protocol: 'tcp', port: 80 },
] as const;

/** Rows written out: a row that is the same may lie elsewhere. */
const cellsOf = ({ rowOf, yes, perhaps, self }: ReachMatrix): unknown => ({
  rows: rowOf.map((places) => [...places].map((place) => `${yes[place]!.join(' ')} ${perhaps[place]!.join(' ')}`)),
  self,
});

const port = (mac: number, address: string): Interface => ({
  kind: 'ethernet',
  mac: `02:00:00:00:00:0${mac}`,
  mtuBytes: 1500,
  up: true,
  addresses: [{ family: 4, address, prefixLength: 24 }],
});

const stackWith = (interfaces: Stack['interfaces'], more: Partial<Stack> = {}): Stack => ({
  interfaces: { lo: { kind: 'loopback', mtuBytes: 65536, up: true, addresses: [] }, ...interfaces },
  routes: [],
  rules: [],
  neighbourProxies: [],
  sysctls: {},
  filter: [],
  services: [],
  ...more,
});

const hostBehind = (mac: number, net: number): Stack =>
  stackWith(
    { eth0: port(mac, `10.0.${net}.2`) },
    {
      routes: [
        { family: 4, to: '0.0.0.0/0', type: 'unicast', metric: 0, table: 254, via: `10.0.${net}.1`, dev: 'eth0' },
      ],
    },
  );

/** Two hosts, and a router between them that forwards by these rules. */
const routed = (rules: readonly FilterRule[]): NetworkState => ({
  version: 1,
  stacks: {
    left: hostBehind(1, 1),
    right: hostBehind(2, 2),
    router: stackWith(
      { a: port(3, '10.0.1.1'), b: port(4, '10.0.2.1') },
      {
        sysctls: { 'net/ipv4/ip_forward': '1' },
        filter: [
          {
            family: 'ip',
            name: 'filter',
            chains: [{ name: 'forward', type: 'filter', hook: 'forward', priority: 0, policy: 'accept', rules }],
          },
        ],
      },
    ),
  },
  cables: [
    { a: { stack: 'left', interface: 'eth0' }, b: { stack: 'router', interface: 'a' } },
    { a: { stack: 'right', interface: 'eth0' }, b: { stack: 'router', interface: 'b' } },
  ],
});

const begins: FilterRule = {
  matches: [{ kind: 'tcp-flags', mask: 0x12, value: 0x02 }],
  verdict: { kind: 'accept' },
};
const toShell: FilterRule = {
  matches: [{ kind: 'port', protocol: 'tcp', ports: [22] }],
  verdict: { kind: 'drop' },
};

describe('edits of filters', () => {
  it('that only the data of a connection notices are noticed', () => {
    const after = routed([begins, toShell]);
    for (const [edited, from] of [
      [after, routed([begins])],
      [routed([begins]), after],
    ] as const) {
      const prediction = predictAgain(predictState(from, {}, { ports: [22] }), buildModel(edited));
      expect(prediction.since).toBeDefined();
      expect(prediction.answered).toBe(predict(prediction.world).answered);
      const flow = { from: 'left', family: 4, destination: '10.0.2.2', protocol: 'tcp', port: 22 } as const;
      const said = walk(buildModel(edited), flow, { isTraced: false }).verdict;
      expect({ said: ask(prediction, flow) }).toEqual({ said });
      expect(said).toBe(edited === after ? 'no' : 'yes');
    }
  });

  it(`change what they touch alone, ${edits} times from seed ${seed}`, { timeout: 7_200_000 }, () => {
    console.log(`seed ${seed}`);
    const counts = { touched: 0, untouched: 0, again: 0, answers: 0 };
    let done = 0;
    // Some networks have no filter to edit.
    for (let number = seed; done < edits && number < seed + edits; number += 1) {
      const chance = new Chance(number);
      let state = randomState(number);
      let prediction = predictState(state, {}, { tellsMembers: chance.is(0.5) });
      let matrix = predictMatrix(prediction, { family: 4, services });
      for (let round = 0; round < 5; round += 1) {
        const edited = refiltered(chance, state);
        if (edited === undefined) break;
        done += 1;
        const before = prediction.answered;
        state = edited;
        // Its model may be known to be one of other filters, or nothing may be known of it.
        const model = chance.is(0.5) ? rebuildModel(prediction.world.model, state) : buildModel(state);
        prediction = predictAgain(prediction, model);
        matrix = matrixAgain(matrix, prediction);
        const touched = prediction.since?.touched;
        counts[touched === undefined ? 'again' : touched === 0 ? 'untouched' : 'touched'] += 1;
        if (touched !== undefined && prediction.answered !== before) counts.answers += 1;
        const fresh = predict(prediction.world);
        const { answered, unclear } = fresh;
        expect({ number, round, answered: prediction.answered, unclear: prediction.unclear }).toEqual({
          number,
          round,
          answered,
          unclear,
        });
        const whole = predictMatrix(fresh, { family: 4, services });
        expect({ number, round, cells: cellsOf(matrix) }).toEqual({ number, round, cells: cellsOf(whole) });
      }
    }
    console.log(JSON.stringify(counts));
  });
});
