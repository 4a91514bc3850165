/**
 * Random networks of autonomous systems as lab files: ASes of one router, of two or three on one wire, and of as many around a
 * router inside that speaks OSPF alone; lines between them, some in parallel, and an exchange; stubs, and routers that tell of
 * little.
 */

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

type Draw = (most: number) => number;

interface System {
  readonly asNumber: number;
  /** Numbers of its routers. */
  readonly members: readonly number[];
  /** `star`: each of them has a wire to a router inside. */
  readonly inside: 'wire' | 'wire with OSPF' | 'star';
}

interface Network {
  readonly name: string;
  readonly members: readonly number[];
}

const coreOf = ({ members }: System): number => 100 + (members[0] ?? 0);

const systemsOf = (draw: Draw): readonly System[] => {
  const systems: System[] = [];
  let next = 1;
  while (systems.length < 4 || next < 6) {
    const size = [1, 1, 2, 3][draw(4)] ?? 1;
    const members = Array.from({ length: size }, (_, index) => next + index);
    const inside = size === 1 ? 'wire' : (['wire', 'wire with OSPF', 'star'] as const)[draw(3)];
    systems.push({ asNumber: 64600 + draw(2) * 100 + systems.length, members, inside: inside ?? 'wire' });
    next += size;
  }
  return systems;
};

const networksInside = (system: System, index: number): readonly Network[] => {
  const { members, inside } = system;
  if (inside !== 'star') return [{ name: `home${index}`, members }];
  const core = coreOf(system);
  return [
    { name: `home${index}`, members: [core] },
    ...members.map((member) => ({ name: `spoke${member}`, members: [core, member] })),
  ];
};

const networksBetween = (systems: readonly System[], draw: Draw): readonly Network[] => {
  const oneOf = (system: System | undefined): number => system?.members[draw(system.members.length)] ?? 1;
  const line = (a: number, b: number, index: number): Network => ({
    name: `line${index}`,
    members: [oneOf(systems[a]), oneOf(systems[b])],
  });
  const lines = systems.slice(1).map((_, index) => line(index + 1, draw(index + 1), index));
  const more = [0, 1, 2].map((index) => {
    const a = draw(systems.length);
    return line(a, (a + 1 + draw(systems.length - 1)) % systems.length, systems.length + index);
  });
  const exchange = [...new Set([oneOf(systems[0]), oneOf(systems[1]), oneOf(systems[draw(systems.length)])])];
  return [...lines, ...more, { name: 'exchange', members: exchange }];
};

interface RandomLab {
  readonly text: string;
  readonly routers: readonly string[];
}

export const randomSystems = (seed: number): RandomLab => {
  const draw = drawing(seed);
  const systems = systemsOf(draw);
  const networks = [...systems.flatMap(networksInside), ...networksBetween(systems, draw)];
  const nicsOf = (number: number, hasCosts: boolean): string =>
    networks
      .filter(({ members }) => members.includes(number))
      .map(({ name }) => (hasCosts && draw(3) === 0 ? `${name}: { network: ${name}, cost: 5 }` : `${name}: ${name}`))
      .join(', ');
  const machine = (number: number, hasCosts: boolean, routing: string): string =>
    `  r${number}: { number: ${number}, nics: { ${nicsOf(number, hasCosts)} }, routing: ${routing} }`;
  const machines = systems.flatMap((system, index) => {
    const hasOspf = system.inside !== 'wire';
    const routers = system.members.map((number) => {
      const bgp = [
        `as: ${system.asNumber}`,
        ...(draw(3) === 0 ? [`announce: [home${index}]`] : []),
        ...(draw(6) === 0 ? ['transit: false'] : []),
      ];
      return machine(number, hasOspf, `{ ${hasOspf ? 'ospf: true, ' : ''}bgp: { ${bgp.join(', ')} } }`);
    });
    return [...routers, ...(system.inside === 'star' ? [machine(coreOf(system), true, 'ospf')] : [])];
  });
  const lines = [
    'lab: bgp-random',
    'networks:',
    ...networks.map(
      ({ name }, index) =>
        `  ${name}: { mode: private, ipv4: 10.${index}.0.0/24${index % 3 === 0 ? '' : `, ipv6: 'fd00:${index}::/64'`} }`,
    ),
    'machines:',
    ...machines,
    '',
  ];
  const numbers = systems.flatMap((system) => [
    ...system.members,
    ...(system.inside === 'star' ? [coreOf(system)] : []),
  ]);
  return { text: lines.join('\n'), routers: numbers.map((number) => `r${number}`) };
};
