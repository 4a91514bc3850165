/** Everything that could be done about a packet that does not get through, before anybody has tried it. */
import { proposeFilters } from './propose-filters.ts';
import { bringUpOwn, proposeForStop } from './propose-links.ts';
import { proposeNeighbours, proposeOtherBridge } from './propose-neighbours.ts';
import { proposeRoutes } from './propose-routes.ts';
import { proposeSettings } from './propose-settings.ts';
import { proposeSubnets } from './propose-subnets.ts';
import { proposeTranslation } from './propose-translation.ts';
import { proposeTunnels } from './propose-tunnels.ts';
import { type Proposal } from './proposal.ts';
import { type Situation } from './situation.ts';

/** A stack that cannot even begin: interfaces that are down, subnets that do not fit, DHCP that nobody answers. */
const proposeBeginnings = (situation: Situation): readonly Proposal[] => {
  const { stop, model, family, terrain } = situation;
  if (stop.reason !== 'no_route' && stop.reason !== 'no_source_address') return [];
  const { stack } = stop;
  const asking = (model.state.stacks[stack]?.services ?? []).flatMap((service) =>
    service.kind === 'dhcp-client' ? [service.interface] : [],
  );
  const served = new Set(
    Object.entries(model.state.stacks).flatMap(([name, { services }]) =>
      services.flatMap((service) =>
        service.kind === 'dhcp-server' ? [terrain.segmentOf(name, service.interface)] : [],
      ),
    ),
  );
  const unanswered = asking.filter(
    (dev) =>
      model.stacks
        .get(stack)
        ?.interfaces.get(dev)
        ?.addresses.every((it) => it.family !== family) === true,
  );
  return [
    ...bringUpOwn(situation, stack),
    ...proposeSubnets(situation, stack),
    ...unanswered.flatMap((dev) => proposeOtherBridge(situation, stack, dev, (segment) => served.has(segment))),
  ];
};

/** The easiest first; the same edits once. */
export const propose = (situation: Situation): readonly Proposal[] => {
  const all = [
    ...proposeForStop(situation, situation.stop),
    ...proposeBeginnings(situation),
    ...proposeSettings(situation),
    ...proposeFilters(situation),
    ...proposeNeighbours(situation),
    ...proposeRoutes(situation),
    ...proposeTranslation(situation),
    ...proposeTunnels(situation),
  ];
  const byEdits = new Map<string, Proposal>();
  for (const proposal of all) {
    const key = JSON.stringify(proposal.edits);
    const before = byEdits.get(key);
    if (before === undefined || before.effort > proposal.effort) byEdits.set(key, proposal);
  }
  return [...byEdits.values()].sort((a, b) => a.effort - b.effort);
};
