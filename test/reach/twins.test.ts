/** Twins: who is one, and that what is said of a stand-in is what the walker says of the stack itself. */
import { readdirSync, readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { printIp } from '../../src/net/address.ts';
import { addressAt, networkOf, sizeOf } from '../../src/net/prefix.ts';
import { design, type Design } from '../../src/pipeline.ts';
import { planProbes } from '../../src/probe/plan-probes.ts';
import { predictorOf } from '../../src/reach/predict.ts';
import {
  type CableEnd,
  type Interface,
  type InterfaceAddress,
  type NetworkState,
  type Stack,
} from '../../src/state/network-state.ts';
import { Chance } from './chance.ts';
import { randomFlow } from './random-questions.ts';
import { randomState } from './random-state.ts';

/** A thousand find more; this many are over in a second or two. */
const states = Number(process.env['TWINS_STATES'] ?? 60);

const designed = (file: string, text: string): Design => {
  const { value } = design({ file, text }, undefined, {
    random: (bytes: number) => new Uint8Array(bytes).fill(0xab),
  });
  if (value === undefined) throw new Error(`${file} has errors`);
  return value;
};

const interfaceAt = (state: NetworkState, { stack, interface: name }: CableEnd): Interface | undefined =>
  state.stacks[stack]?.interfaces[name];

/** Another address of the same subnet, far from those that are drawn. */
const beside = (own: InterfaceAddress, number: number): InterfaceAddress => {
  const block = networkOf(own.address, own.prefixLength);
  const address = addressAt(block, sizeOf(block) - 2n - BigInt(number));
  return address === undefined ? own : { ...own, address: printIp(address) };
};

/** Copies of every stack that hangs with one interface on a bridge, each with a MAC and addresses of its own. */
const withCopies = (state: NetworkState, seed: number): NetworkState => {
  const stacks: Record<string, Stack> = { ...state.stacks };
  const cables = [...state.cables];
  for (const [name, stack] of Object.entries(state.stacks)) {
    const mine = state.cables.filter(({ a, b }) => a.stack === name || b.stack === name);
    const [cable, more] = mine;
    if (cable === undefined || more !== undefined) continue;
    const [near, far] = cable.a.stack === name ? [cable.a, cable.b] : [cable.b, cable.a];
    const [own, there, holder] = [interfaceAt(state, near), interfaceAt(state, far), stacks[far.stack]];
    if (own === undefined || there?.master === undefined || holder === undefined) continue;
    for (const number of [1, 2, 3]) {
      const copy = `${name}-copy${number}`;
      const addresses = own.addresses.map((address) => beside(address, number * 7 + (seed % 5)));
      const mac = `52:54:01:00:${String(number).padStart(2, '0')}:${String(cables.length % 100).padStart(2, '0')}`;
      stacks[copy] = { ...stack, interfaces: { ...stack.interfaces, [near.interface]: { ...own, mac, addresses } } };
      const { mac: _, ...body } = there;
      const plug = `p${cables.length}`;
      const current = stacks[far.stack] ?? holder;
      stacks[far.stack] = { ...current, interfaces: { ...current.interfaces, [plug]: body } };
      cables.push({ a: { stack: copy, interface: near.interface }, b: { stack: far.stack, interface: plug } });
    }
  }
  return { ...state, stacks, cables };
};

const clones = `lab: clones
networks:
  lan: { mode: nat, ipv4: 10.7.0.0/24, dhcp: true }
  servers: { mode: routed }
machines:
  web: { nics: [servers], count: 5 }
  desk: { nics: [{ network: lan, address: dhcp }], count: 4 }
  mail: { nics: [servers], services: [{ firewall: { incoming: deny, allow: [ping, { tcp: 22, from: desk-2 }] } }] }
policy:
  - { deny: web-3, to: internet }
  - { allow: desk, to: servers, tcp: [80, 443] }
`;

const examples = readdirSync('examples')
  .filter((name) => /^[^.]+\.yaml$/.test(name))
  .map((name) => [name, readFileSync(`examples/${name}`, 'utf8')] as const);

describe('twins', () => {
  it('are those that nothing tells apart', () => {
    const { state } = designed('clones.yaml', clones).lowered;
    const { twins } = predictorOf(state);
    expect(twins.members(twins.classOf('web-1'))).toEqual(['web-1', 'web-2', 'web-4', 'web-5']);
    expect(twins.members(twins.classOf('desk-1'))).toEqual(['desk-1', 'desk-3', 'desk-4']);
    for (const name of ['web-3', 'desk-2', 'mail', 'internet'])
      if (name in state.stacks) expect(twins.members(twins.classOf(name))).toEqual([name]);
  });

  it.each([['clones.yaml', clones] as const, ...examples])(
    '%s: a stand-in is answered as the stack is',
    (file, text) => {
      const { lab, lowered } = designed(file, text);
      const predictor = predictorOf(lowered.state);
      const wrong = planProbes(lab).probes.flatMap(({ from, toStack, address, family, protocol, port }) => {
        const flow = { from, destination: address, family, protocol, port };
        const { verdict, clientSees, seenSource, deliveredTo } = predictor.answer(flow, toStack);
        const walk = predictor.walk(flow);
        const isSame =
          verdict === walk.verdict &&
          clientSees === walk.clientSees &&
          (walk.verdict === 'sometimes' || (seenSource === walk.seenSource && deliveredTo === walk.deliveredTo));
        return isSame ? [] : [[flow, verdict, clientSees, seenSource, walk.verdict, walk.clientSees, walk.seenSource]];
      });
      expect(wrong).toEqual([]);
    },
  );

  it('tells questions apart that differ in how the packet is sent', () => {
    const { state } = designed('clones.yaml', clones).lowered;
    const stacks = Object.entries(state.stacks).flatMap(([from, { interfaces }]) =>
      Object.values(interfaces).flatMap(({ kind, addresses }) =>
        kind === 'loopback'
          ? []
          : addresses.flatMap(({ family, address }) => (family === 4 ? [{ from, address }] : [])),
      ),
    );
    const web = stacks.find(({ from }) => from === 'web-1')!;
    const desk = { from: 'web-2', family: 4, destination: web.address, protocol: 'icmp', port: null } as const;
    const predictor = predictorOf(state);
    for (const rare of [
      {},
      { lengthBytes: 2000 },
      { lengthBytes: 2000, dontFragment: true },
      { source: '192.0.2.77', isForged: true as const },
      { source: '192.0.2.77' },
      { interface: 'lo' },
    ]) {
      const flow = { ...desk, ...rare };
      expect([rare, predictor.answer(flow, 'web-1').verdict]).toEqual([rare, predictor.walk(flow).verdict]);
    }
  });

  it('holds on random networks, collisions and all', () => {
    const first = Number(process.env['TWINS_SEED'] ?? Date.now() % 1_000_000);
    let asked = 0;
    for (let seed = first; seed < first + states; seed += 1) {
      const state = withCopies(randomState(seed), seed);
      const predictor = predictorOf(state);
      const owners = new Map(
        Object.entries(state.stacks).flatMap(([name, { interfaces }]) =>
          Object.values(interfaces).flatMap((own) => own.addresses.map(({ address }) => [address, name] as const)),
        ),
      );
      const hasTwins = Object.keys(state.stacks).some(
        (name) => predictor.twins.members(predictor.twins.classOf(name)).length > 1,
      );
      if (!hasTwins) continue;
      const chance = new Chance(seed);
      for (let index = 0; index < 60; index += 1) {
        const flow = randomFlow(chance, state);
        const owner = owners.get(flow.destination);
        const { verdict, clientSees, seenSource, deliveredTo } = predictor.answer(flow, owner);
        const walk = predictor.walk(flow);
        asked += 1;
        const short = walk.verdict === 'sometimes' ? { verdict } : { verdict, clientSees, seenSource, deliveredTo };
        expect(walk, `TWINS_SEED=${seed} ${JSON.stringify(flow)}`).toMatchObject(short);
      }
    }
    expect(asked).toBeGreaterThan(0);
  });
});
