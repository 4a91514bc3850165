/**
 * Random networks of routers that speak BGP: what BIRD settles on, in the kernels, is what is predicted. ASes of one router, of
 * two, and of three that hear each other; lines, parallel lines and exchanges; stubs, and routers that tell of little.
 * BGP_SEED repeats a network.
 */
import { randomInt } from 'node:crypto';
import { expect, it } from 'vitest';
import { labOf } from './lab-run.ts';
import { lowered, predicted, untilAsPredicted } from './routed.ts';

/** mulberry32: numbers below `most`. */
const drawing = (seed: number): ((most: number) => number) => {
  let state = seed >>> 0;
  return (most) => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) % most;
  };
};

interface Network {
  readonly name: string;
  readonly members: readonly number[];
}

/** The routers of each AS. */
const systemsOf = (draw: (most: number) => number): readonly (readonly number[])[] => {
  const systems: number[][] = [];
  let next = 1;
  while (systems.length < 4 || next < 6) {
    const size = [1, 1, 2, 3][draw(4)] ?? 1;
    systems.push(Array.from({ length: size }, (_, index) => next + index));
    next += size;
  }
  return systems;
};

/** Each AS has a network of its own; lines join each AS to one before it, and some more; one exchange. */
const networksOf = (systems: readonly (readonly number[])[], draw: (most: number) => number): readonly Network[] => {
  const oneOf = (members: readonly number[] = []): number => members[draw(members.length)] ?? 1;
  const line = (a: number, b: number, index: number): Network => ({
    name: `line${index}`,
    members: [oneOf(systems[a]), oneOf(systems[b])],
  });
  const lines = systems.slice(1).map((_, index) => line(index + 1, draw(index + 1), index));
  const more = Array.from({ length: 3 }, (_, index) => {
    const a = draw(systems.length);
    return line(a, (a + 1 + draw(systems.length - 1)) % systems.length, systems.length + index);
  });
  const exchange = [...new Set([oneOf(systems[0]), oneOf(systems[1]), oneOf(systems[draw(systems.length)])])];
  return [
    ...systems.map((members, index) => ({ name: `home${index}`, members })),
    ...lines,
    ...more,
    { name: 'exchange', members: exchange },
  ];
};

const labText = (seed: number): { readonly text: string; readonly routers: readonly string[] } => {
  const draw = drawing(seed);
  const systems = systemsOf(draw);
  const networks = networksOf(systems, draw);
  const numbers = systems.flat();
  const usesOspf = systems.map((members) => members.length > 1 && draw(3) === 0);
  const machines = numbers.map((number) => {
    const own = systems.findIndex((members) => members.includes(number));
    const nics = networks.flatMap(({ name, members }) => (members.includes(number) ? [`${name}: ${name}`] : []));
    const announce = draw(3) === 0 ? `, announce: [home${own}]` : '';
    const transit = draw(6) === 0 ? ', transit: false' : '';
    const ospf = usesOspf[own] === true ? 'ospf: true, ' : '';
    const routing = `{ ${ospf}bgp: { as: ${64600 + draw(2) * 20 + own}${announce}${transit} } }`;
    return { number, own, nics, routing };
  });
  const first = machines.map(({ own }) => machines.find((one) => one.own === own)?.routing ?? '');
  const asOf = (routing: string): string => /as: \d+/.exec(routing)?.[0] ?? '';
  const lines = [
    `lab: bgp-random`,
    'networks:',
    ...networks.map(
      ({ name }, index) =>
        `  ${name}: { mode: private, ipv4: 10.${index}.0.0/24${index % 2 === 0 ? `, ipv6: 'fd00:${index}::/64'` : ''} }`,
    ),
    'machines:',
    ...machines.map(
      ({ number, nics, routing }, index) =>
        `  r${number}: { number: ${number}, nics: { ${nics.join(', ')} }, routing: ${routing.replace(/as: \d+/, asOf(first[index] ?? ''))} }`,
    ),
    '',
  ];
  return { text: lines.join('\n'), routers: numbers.map((number) => `r${number}`) };
};

const given = process.env['BGP_SEED'];
const seeds = given === undefined ? Array.from({ length: 3 }, () => randomInt(2 ** 31)) : [Number(given)];

it.each(seeds)(
  'network %i settles as predicted',
  async (seed) => {
    const { text, routers } = labText(seed);
    const state = lowered(text);
    const lab = labOf(text);
    try {
      const up = await lab.run('up', lab.file);
      expect(up.status, up.stderr).toBe(0);
      await untilAsPredicted(lab, state, routers);
      expect(routers.flatMap((router) => predicted(state, router)).length).toBeGreaterThan(5);
    } catch (error) {
      throw new Error(`BGP_SEED=${seed}\n${text}`, { cause: error });
    } finally {
      await lab.dispose();
    }
  },
  150_000,
);
