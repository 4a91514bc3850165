/** All that stays the same while sets are pushed through a model. */
import { type Family } from '../../net/address.ts';
import { type InterfaceModel, type Model } from '../model/model.ts';
import { constantsOf, sharers } from './constants.ts';
import { FilterSets } from './filter-sets.ts';
import { Links } from './links.ts';
import { nodesOf, type Node } from './nodes.ts';
import { RoutingSets } from './routing-sets.ts';
import { segmentsIn, type Segment } from './segments.ts';
import { onAxis, Space } from './space.ts';

/** What a program serves; a null port is an ICMP echo. */
export interface AskedService {
  readonly protocol: 'icmp' | 'tcp' | 'udp';
  readonly port: number | null;
}

export interface EngineOptions {
  /** Only these are asked about, from the usual source port; default: everything. */
  readonly services?: readonly AskedService[];
  /** Ports that will be asked about; others can be asked too, at the price of cutting the axis later. */
  readonly ports?: readonly number[];
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
  /** Senders that share an address with another: their code of the origin field. */
  readonly origins: ReadonlyMap<string, number>;
  readonly filters: FilterSets;
  readonly routing: RoutingSets;
  readonly links: Links;
}

/** What the walker takes when nobody says otherwise. */
export const defaultSourcePort = 40_000;
const defaultLengths = { icmp: 64, tcp: 60, udp: 60 } as const;
export const defaultLength = (family: Family, protocol: keyof typeof defaultLengths): number =>
  defaultLengths[protocol] + (family === 6 ? 20 : 0);

export const buildWorld = (model: Model, options: EngineOptions = {}): World => {
  const constants = constantsOf(model);
  const served = (options.services ?? []).flatMap(({ port }) => port ?? []);
  for (const port of [...(options.ports ?? []), ...served, defaultSourcePort]) {
    constants.ports.add(port);
    constants.ports.add(port + 1);
  }
  const space = new Space(constants);
  const { all: segments, of: segmentOf } = segmentsIn(model);
  const origins = sharers(model);
  const nodes = nodesOf(model, segments, (stack) => origins.has(stack));
  const byStack = new Map<string, Node>();
  for (const node of nodes) for (const name of node.group?.members ?? [node.stack.name]) byStack.set(name, node);
  space.ownAddresses = nodes.flatMap(({ stack, group }) =>
    group !== undefined
      ? []
      : [...stack.interfaces.values()].flatMap(({ addresses }) =>
          addresses.filter(({ scope }) => scope === 'global').map(({ family, value }) => onAxis(family, value)),
        ),
  );
  return {
    model,
    options,
    space,
    segments,
    segmentOf,
    nodes,
    nodeOf: (stack) => byStack.get(stack)!,
    origins,
    filters: new FilterSets(space),
    routing: new RoutingSets(space),
    links: new Links(model),
  };
};
