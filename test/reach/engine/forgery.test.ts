/**
 * Packets with forged sources: sets of them get where the walker says, on random networks; and statements about them are
 * proven, or refuted by one. `REACH_SEED`, `REACH_STATES` and `REACH_PACKETS` as in the other tests of sets.
 */
import { describe, expect, it } from 'vitest';
import { ip, parseIp } from '../../../src/net/address.ts';
import { forge } from '../../../src/reach/engine/forgery.ts';
import { onAxis, type FieldName, type Space } from '../../../src/reach/engine/space.ts';
import { buildWorld, defaultLength, defaultSourcePort } from '../../../src/reach/engine/world.ts';
import { buildModel } from '../../../src/reach/model/build-model.ts';
import { type Flow } from '../../../src/reach/walk.ts';
import { walk } from '../../../src/reach/walker/walk.ts';
import { Chance } from '../chance.ts';
import { randomFlow } from '../random-questions.ts';
import { randomState } from '../random-state.ts';

const seed = Number(process.env['REACH_SEED'] ?? Date.now() % 1_000_000);
const states = Number(process.env['REACH_STATES'] ?? 25);
const packets = Number(process.env['REACH_PACKETS'] ?? 40);

/** Headers that nothing tells from the one of a flow. */
const headersOf = (space: Space, flow: Flow): number => {
  const { family, protocol } = flow;
  const fields: readonly (readonly [FieldName, bigint])[] = [
    ['source', onAxis(family, ip(flow.source ?? '').value)],
    ['destination', onAxis(family, ip(flow.destination).value)],
    ['length', BigInt(defaultLength(family, protocol))],
    ...(protocol === 'icmp'
      ? []
      : ([
          ['destinationPort', BigInt(flow.port ?? 0)],
          ['sourcePort', BigInt(flow.sourcePort ?? defaultSourcePort)],
        ] as const)),
  ];
  const fragment = Number(family === 6 || protocol === 'tcp');
  let set = space.bdd.and(space.protocol(protocol), space.codes('fragment', fragment, fragment));
  for (const [name, value] of fields) {
    const axis = space.axisOf(name);
    const { first, last } = axis.spanOf(axis.codeOf(value));
    set = space.bdd.and(set, space.codes(name, first, last));
  }
  return set;
};

describe('forged sources', () => {
  it(`get where the walker says, on ${states} networks from seed ${seed}`, { timeout: 7_200_000 }, () => {
    console.log(`seed ${seed}`);
    const counts = new Map<string, number>();
    const wrong: unknown[] = [];
    for (let number = seed; number < seed + states && wrong.length < 3; number += 1) {
      const state = randomState(number);
      const model = buildModel(state);
      const world = buildWorld(model, { hasGroups: false });
      const { space } = world;
      const { bdd } = space;
      const chance = new Chance(number + 11);
      const sender = chance.of(Object.keys(state.stacks));
      const forged = { 4: forge(world, sender, 4, 1), 6: forge(world, sender, 6, 1) };
      for (let index = 0; index < packets; index += 1) {
        const asked = randomFlow(chance, state);
        const { family } = asked;
        const other = randomFlow(chance, state).destination;
        const far = family === 4 ? ['8.8.8.8', '0.0.0.9', '224.0.0.5', '10.0.3.255'] : ['2001:db8::7', 'fe80::99'];
        const source = chance.is(0.7) && parseIp(other)?.family === family ? other : chance.of(far);
        const flow: Flow = { ...asked, from: sender, source, isForged: true };
        const { sent, delivered, unclear } = forged[family];
        const headers = bdd.and(headersOf(space, flow), sent);
        if (headers === 0 || bdd.and(headers, bdd.exists(unclear, space.headerEnd, space.end)) !== 0) {
          counts.set('left out', (counts.get('left out') ?? 0) + 1);
          continue;
        }
        const arrives = bdd.exists(bdd.and(headers, bdd.union(delivered.map(({ set }) => set))), 0, space.headerEnd);
        const said = arrives === 0 ? 'no' : arrives === 1 ? 'yes' : 'perhaps';
        const walked = walk(model, flow, { isTraced: false });
        const ends = [walked, ...walked.alternatives].map(
          ({ verdict, deliveredTo }) => verdict !== 'no' && deliveredTo !== null && deliveredTo !== sender,
        );
        const found = new Set(ends).size > 1 ? 'perhaps' : ends[0] === true ? 'yes' : 'no';
        counts.set(`${said}: ${found}`, (counts.get(`${said}: ${found}`) ?? 0) + 1);
        if (said === found) continue;
        wrong.push({ state: number, flow, said, found, to: walked.deliveredTo, stop: walked.stop });
        break;
      }
    }
    console.log(JSON.stringify(Object.fromEntries(counts)));
    expect(wrong).toEqual([]);
  });
});
