/** Stacks, cables, bridges and macvlan children: a connected network without loops of bridges. */
import { type Cable } from '../../../src/state/network-state.ts';
import { bridgeNames, macvlanCables, macvlanNames, plainCables } from '../panel/inventory.ts';
import { newStack, stackOf, type Draft, type DraftInterface, type Member, type Segment } from './draft.ts';

const ethernet = (more: Partial<DraftInterface> = {}): DraftInterface => ({
  kind: 'ethernet',
  mtuBytes: 1500,
  up: true,
  addresses: [],
  ...more,
});

const isBetween = ({ a, b }: Cable, first: string, second: string): boolean =>
  (a.stack === first && b.stack === second) || (a.stack === second && b.stack === first);

/** Takes a cable that is free; the ends, that of `first` first. */
const takeCable = (draft: Draft, first: string, second: string, stock = plainCables): [Member, Member] | undefined => {
  const free = stock.find((cable) => isBetween(cable, first, second) && !draft.cables.includes(cable));
  if (free === undefined) return undefined;
  draft.cables.push(free);
  return free.a.stack === first ? [free.a, free.b] : [free.b, free.a];
};

const put = (draft: Draft, { stack, interface: name }: Member, it: DraftInterface): void => {
  stackOf(draft, stack).interfaces[name] = it;
};

const newSegment = (draft: Draft, members: Member[], bridges: Member[]): Segment => {
  const segment = { id: draft.segments.length, members, bridges };
  draft.segments.push(segment);
  return segment;
};

const freeBridge = (draft: Draft, stack: string): string | undefined =>
  bridgeNames.find((name) => stackOf(draft, stack).interfaces[name] === undefined);

const openBridge = (draft: Draft, hub: string): Segment | undefined => {
  const name = freeBridge(draft, hub);
  if (name === undefined) return undefined;
  const bridge = { stack: hub, interface: name };
  put(draft, bridge, ethernet({ kind: 'bridge', bridge: { stp: false, forwardDelaySeconds: 0 } }));
  return newSegment(draft, draft.has('bridge-address') && draft.chance.flip(0.8) ? [bridge] : [], [bridge]);
};

const join = (draft: Draft, segment: Segment, stack: string): boolean => {
  const hub = draft.chance.pick(segment.bridges);
  if (hub.stack === stack) return false;
  const ends = takeCable(draft, hub.stack, stack);
  if (ends === undefined) return false;
  put(draft, ends[0], ethernet({ master: hub.interface }));
  put(draft, ends[1], ethernet());
  segment.members.push(ends[1]);
  return true;
};

const connectDirectly = (draft: Draft, first: string, second: string): void => {
  const children = draft.has('macvlan') ? takeCable(draft, first, second, macvlanCables) : undefined;
  if (children !== undefined) {
    const [parent, far] = first < second ? children : [children[1], children[0]];
    put(draft, parent, ethernet());
    put(draft, far, ethernet());
    const mode = draft.chance.pick(['bridge', 'private', 'vepa'] as const);
    const members = macvlanNames.slice(draft.chance.below(2)).map((name) => ({ stack: parent.stack, interface: name }));
    for (const member of members)
      put(draft, member, ethernet({ kind: 'macvlan', macvlan: { link: parent.interface, mode } }));
    newSegment(draft, [...members, ...(draft.chance.flip(0.6) ? [parent] : []), far], []);
    return;
  }
  const ends = takeCable(draft, first, second);
  if (ends === undefined) return;
  for (const end of ends) put(draft, end, ethernet());
  newSegment(draft, ends, []);
};

/** A second interface of the same stack on a segment. */
const addSecondNic = (draft: Draft): void => {
  const segment = draft.chance.maybe(draft.segments.filter(({ bridges }) => bridges.length > 0));
  const member =
    segment && draft.chance.maybe(segment.members.filter(({ stack }) => stack !== segment.bridges[0]?.stack));
  if (segment !== undefined && member !== undefined) join(draft, segment, member.stack);
};

/** Joins two segments by a cable between their bridges. */
const cascade = (draft: Draft): void => {
  const bridged = draft.segments.filter(({ bridges }) => bridges.length > 0);
  const [one, two] = draft.chance.shuffle(bridged);
  if (one === undefined || two === undefined) return;
  const [near, far] = [draft.chance.pick(one.bridges), draft.chance.pick(two.bridges)];
  const ends = near.stack === far.stack ? undefined : takeCable(draft, near.stack, far.stack);
  if (ends === undefined) return;
  put(draft, ends[0], ethernet({ master: near.interface }));
  put(draft, ends[1], ethernet({ master: far.interface }));
  one.members.push(...two.members);
  one.bridges.push(...two.bridges);
  draft.segments.splice(draft.segments.indexOf(two), 1);
};

/** All interfaces that can be down or share a MAC. */
export const realInterfaces = (draft: Draft): DraftInterface[] =>
  draft.stacks.flatMap(({ interfaces }) => Object.values(interfaces).filter(({ kind }) => kind !== 'loopback'));

const setMacs = (draft: Draft): void => {
  const all = realInterfaces(draft);
  for (const [index, it] of all.entries()) {
    const bytes = [2, draft.universe, 0, 0, index >> 8, index & 255];
    it.mac = bytes.map((byte) => byte.toString(16).padStart(2, '0')).join(':');
  }
  if (!draft.has('same-mac')) return;
  const [one, two] = draft.chance.shuffle(all);
  // Two macvlan children of one parent, or child and parent, cannot share a MAC (EBUSY).
  if (one?.mac !== undefined && two !== undefined && one.kind !== 'macvlan' && two.kind !== 'macvlan')
    two.mac = one.mac;
};

const setPorts = (draft: Draft): void => {
  const ports = realInterfaces(draft).filter(({ master }) => master !== undefined);
  for (const port of draft.chance.shuffle(ports)) {
    const flags = {
      ...(draft.has('isolated') && draft.chance.flip(0.6) ? { isolated: true as const } : {}),
      ...(draft.has('hairpin') && draft.chance.flip(0.5) ? { hairpin: true as const } : {}),
      ...(draft.has('no-learning') && draft.chance.flip(0.5) ? { learning: false as const } : {}),
      ...(draft.has('no-flood') && draft.chance.flip(0.5) ? { flood: false as const } : {}),
    };
    if (Object.keys(flags).length > 0) port.port = flags;
  }
  calmReflections(draft);
};

/** Two hairpin ports that face each other send every flooded frame to and fro without end, and the machine has no time left. */
const calmReflections = (draft: Draft): void => {
  for (const { a, b } of draft.cables) {
    const [near, far] = [a, b].map(
      (end) => draft.stacks.find(({ name }) => name === end.stack)?.interfaces[end.interface],
    );
    if (near?.port?.hairpin !== true || far?.port?.hairpin !== true) continue;
    const { hairpin: _, ...rest } = far.port;
    far.port = rest;
  }
};

const setLinks = (draft: Draft): void => {
  const all = realInterfaces(draft);
  if (draft.has('interface-down')) {
    const victim = draft.chance.maybe(all);
    if (victim !== undefined) victim.up = false;
    // Children cannot be up where their parent is down.
    for (const { interfaces } of draft.stacks)
      for (const it of Object.values(interfaces))
        if (it.macvlan !== undefined && interfaces[it.macvlan.link]?.up === false) it.up = false;
  }
  if (draft.has('small-mtu')) {
    for (const it of draft.chance
      .shuffle(all.filter(({ kind }) => kind !== 'macvlan'))
      .slice(0, 1 + draft.chance.below(2)))
      it.mtuBytes = draft.chance.pick([1280, 1300, 1400, 1492]);
  }
  if (draft.has('mixed-mtus'))
    for (const it of all)
      if (draft.chance.flip(0.4))
        it.mtuBytes = draft.chance.pick([1280, 1300, 1400, 1480, 1492, 1496, 1504, 1600, 2000, 9000]);
  for (const { interfaces } of draft.stacks)
    for (const it of Object.values(interfaces))
      if (it.macvlan !== undefined) it.mtuBytes = interfaces[it.macvlan.link]?.mtuBytes ?? it.mtuBytes;
};

/** `count` stacks; each after the first is connected to one before it. */
export const wire = (draft: Draft, count: number): void => {
  const { chance } = draft;
  for (let index = 0; index < count; index += 1) draft.stacks.push(newStack(`s${index}`));
  for (let index = 1; index < count; index += 1) {
    const stack = `s${index}`;
    const before = `s${draft.has('macvlan') && chance.flip(0.7) ? index - 1 : chance.below(index)}`;
    const bridged = draft.segments.filter(({ bridges }) => bridges.length > 0);
    if (draft.has('bridge') && bridged.length > 0 && chance.flip(0.55) && join(draft, chance.pick(bridged), stack))
      continue;
    const opened = draft.has('bridge') && chance.flip(0.6) ? openBridge(draft, before) : undefined;
    if (opened === undefined || !join(draft, opened, stack)) connectDirectly(draft, before, stack);
  }
  if (chance.flip(0.3) && count > 2) {
    const [one, two] = chance.shuffle(draft.stacks);
    if (one !== undefined && two !== undefined) connectDirectly(draft, one.name, two.name);
  }
  if (draft.has('two-nics')) addSecondNic(draft);
  if (draft.has('cascade')) cascade(draft);
  setMacs(draft);
  setPorts(draft);
  setLinks(draft);
};
