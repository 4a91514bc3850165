/** All that stays the same while sets are pushed through a model. */
import { type Family } from '../../net/address.ts';
import { prefix } from '../../net/prefix.ts';
import { refilteredStack } from '../model/build-model.ts';
import { stackOf, type InterfaceModel, type Model } from '../model/model.ts';
import { EVERYTHING, type PacketSet } from './bdd.ts';
import { addFilter, constantsOf, sharers } from './constants.ts';
import { FilterSets } from './filter-sets.ts';
import { FrameWays } from './frame-ways.ts';
import { Links } from './links.ts';
import { nodesOf, type Node } from './nodes.ts';
import { RoutingSets } from './routing-sets.ts';
import { segmentsIn, type Segment } from './segments.ts';
import { addBlock, emptyConstants, onAxis, Space, type Constants } from './space.ts';

/** What a program serves; a null port is an ICMP echo. */
export interface AskedService {
  readonly protocol: 'icmp' | 'tcp' | 'udp';
  readonly port: number | null;
}

export interface EngineOptions {
  /** Only these are asked about, from the usual source port and the address that the kernel chooses; default: everything. */
  readonly services?: readonly AskedService[];
  /** Ports that will be asked about; others can be asked too, at the price of cutting the axis later. */
  readonly ports?: readonly number[];
  /** Prefixes that will be asked about, likewise. */
  readonly prefixes?: readonly string[];
  /**
   * Whether members of a group can be asked about one by one though nothing on the way tells them apart; default: yes.
   * Without, a matrix of many machines takes less.
   */
  readonly tellsMembers?: boolean;
  /** Whether machines that differ in nothing but addresses are followed as one; default: yes. What is forged has any source. */
  readonly hasGroups?: boolean;
  /** Whether packets of all lengths are followed; default: small ones only. */
  readonly allLengths?: boolean;
}

export interface World {
  readonly model: Model;
  readonly options: EngineOptions;
  readonly space: Space;
  readonly segments: readonly Segment[];
  readonly segmentOf: (it: InterfaceModel) => Segment;
  readonly nodes: readonly Node[];
  readonly nodeOf: (stack: string) => Node;
  /** Groups by the number of the link that they are on. */
  readonly groupsOn: ReadonlyMap<number, readonly Node[]>;
  /** By stack: the place of its node. */
  readonly placeOf: ReadonlyMap<string, number>;
  /** Senders that share an address with another: their code of the origin field. */
  readonly origins: ReadonlyMap<string, number>;
  readonly filters: FilterSets;
  readonly routing: RoutingSets;
  readonly links: Links;
  readonly frameWays: FrameWays;
}

/** What the walker takes when nobody says otherwise. */
export const defaultSourcePort = 40_000;
const defaultLengths = { icmp: 64, tcp: 60, udp: 60 } as const;
export const longestByDefault = 84;
export const defaultLength = (family: Family, protocol: keyof typeof defaultLengths): number =>
  defaultLengths[protocol] + (family === 6 ? 20 : 0);

/** Headers of what is asked about, as far as their ends do not matter. */
export const usualRequests = (space: Space, { services }: EngineOptions): PacketSet => {
  if (services === undefined) return EVERYTHING;
  const { bdd } = space;
  const isPort = (name: 'sourcePort' | 'destinationPort', port: number): PacketSet =>
    space.values(name, BigInt(port), BigInt(port));
  const fromUsual = isPort('sourcePort', defaultSourcePort);
  const asked = services.map(({ protocol, port }) => {
    const ofProtocol = space.protocol(protocol);
    return port === null ? ofProtocol : bdd.and(ofProtocol, bdd.and(isPort('destinationPort', port), fromUsual));
  });
  return bdd.and(space.codes('bound', 0, 0), bdd.union(asked));
};

/** Who takes part in a model, and the values that are asked about. */
interface Layout extends Pick<
  World,
  'model' | 'segments' | 'segmentOf' | 'origins' | 'nodes' | 'groupsOn' | 'placeOf' | 'nodeOf'
> {
  readonly constants: Constants;
}

const addOptions = (constants: Constants, { ports, services, prefixes }: EngineOptions): void => {
  for (const text of prefixes ?? []) {
    const { family, value, length } = prefix(text);
    addBlock(constants, family, value, length);
  }
  const served = (services ?? []).flatMap(({ port }) => port ?? []);
  for (const port of [...(ports ?? []), ...served, defaultSourcePort]) {
    constants.ports.add(port);
    constants.ports.add(port + 1);
  }
};

const layoutOf = (model: Model, options: EngineOptions): Layout => {
  const { all: segments, of: segmentOf } = segmentsIn(model);
  const origins = sharers(model);
  const nodes = nodesOf(model, segments, (stack) => options.hasGroups === false || origins.has(stack));
  const placeOf = new Map<string, number>();
  for (const [place, { stack, group }] of nodes.entries())
    for (const name of group?.members ?? [stack.name]) placeOf.set(name, place);
  const groupsOn = new Map<number, Node[]>();
  for (const node of nodes)
    if (node.group !== undefined) groupsOn.set(node.group.segment, [...(groupsOn.get(node.group.segment) ?? []), node]);
  const told = options.tellsMembers === false ? nodes.map(({ stack }) => stack) : model.stacks.values();
  const constants = constantsOf(told);
  constants.origins = origins.size + 1;
  for (const { group } of nodes)
    for (const { first, last } of group === undefined ? [] : [...group.runs[4], ...group.runs[6]])
      constants.addresses.add(first).add(last + 1n);
  addOptions(constants, options);
  return {
    model,
    segments,
    segmentOf,
    origins,
    nodes,
    groupsOn,
    placeOf,
    nodeOf: (stack) => nodes[placeOf.get(stack)!]!,
    constants,
  };
};

const worldIn = (space: Space, filters: FilterSets, layout: Layout, options: EngineOptions): World => {
  const { constants: _constants, ...parts } = layout;
  space.tellApart(
    parts.nodes.flatMap(({ stack, group }) =>
      group !== undefined
        ? []
        : [...stack.interfaces.values()].flatMap(({ addresses }) =>
            addresses.filter(({ scope }) => scope === 'global').map(({ family, value }) => onAxis(family, value)),
          ),
    ),
  );
  const { model } = parts;
  const links = { links: new Links(model), frameWays: new FrameWays(model) };
  return { ...parts, options, space, filters, routing: new RoutingSets(space), ...links };
};

/** `others`: models whose sets are to be made of the same values. */
export const buildWorld = (model: Model, options: EngineOptions = {}, others: readonly Model[] = []): World => {
  const layout = layoutOf(model, options);
  const { constants } = layout;
  for (const other of others) {
    const more = layoutOf(other, options).constants;
    for (const value of more.addresses) constants.addresses.add(value);
    for (const value of more.ports) constants.ports.add(value);
    for (const value of more.lengths) constants.lengths.add(value);
    constants.origins = Math.max(constants.origins, more.origins);
  }
  const space = new Space(constants);
  return worldIn(space, new FilterSets(space, usualRequests(space, options)), layout, options);
};

/** The stacks of a model, of which all but those of other filters are the very ones that a world is of. */
const refilteredStacksOf = ({ model: before }: World, model: Model, names: readonly string[]): Model['stacks'] => {
  if (model.refiltered?.of === before.stacks) return model.stacks;
  const stacks = new Map(before.stacks);
  for (const name of names) stacks.set(name, refilteredStack(stackOf(before, name), stackOf(model, name).stack));
  return stacks;
};

/** The world after an edit of some stacks' filters alone; undefined where its sets have no room for their constants. */
export const refilteredWorld = (world: World, model: Model, names: readonly string[]): World | undefined => {
  const constants = emptyConstants();
  for (const name of names) addFilter(constants, stackOf(model, name).stack);
  if (!world.space.makeRoom(constants)) return undefined;
  const stacks = refilteredStacksOf(world, model, names);
  // Stacks with filters are in no group.
  const isMeant = new Set(names);
  const nodes = world.nodes.map((node) =>
    node.group === undefined && isMeant.has(node.stack.name) ? { ...node, stack: stacks.get(node.stack.name)! } : node,
  );
  const { state, facts, vocalMacs } = model;
  return {
    ...world,
    model: { state, facts, stacks, vocalMacs },
    nodes,
    nodeOf: (stack) => nodes[world.placeOf.get(stack)!]!,
  };
};

/** The world after an edit, of the same sets; undefined where these have no room for its constants. */
export const rebuildWorld = ({ space, options, filters }: World, model: Model): World | undefined => {
  const layout = layoutOf(model, options);
  return space.makeRoom(layout.constants) ? worldIn(space, filters, layout, options) : undefined;
};
