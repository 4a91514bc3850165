/** Where a bridge takes a frame whose packet a translation has given another destination (br_nf_pre_routing_finish). */
import { isLinkLocal6 } from '../../net/address.ts';
import { type InterfaceModel, type NextHopModel, type StackModel } from '../model/model.ts';
import { type Packet } from '../packet.ts';
import { inputRoute, keyOfPacket } from './input-route.ts';
import { lookUpRoute } from './route-lookup.ts';

/**
 * The next hop of a translated packet, where it is on the bridge itself; `up`: its stack sees to it; `lost`: there is no
 * way, which IPv6 says to nobody.
 */
export const nextHopOnBridge = (
  stack: StackModel,
  bridge: InterfaceModel,
  packet: Packet,
): NextHopModel | 'up' | 'lost' => {
  // IPv4 asks for a route in, which there is none of without forwarding; IPv6 does not ask for that here.
  if (packet.family === 4) {
    const way = inputRoute(stack, bridge.name, packet);
    return (way.kind === 'forward' ? way.nexthops.find(({ dev }) => dev === bridge.name) : undefined) ?? 'up';
  }
  const isOfLink = isLinkLocal6(packet.destination) || packet.destination === 1n;
  const zone = isOfLink ? { oif: bridge.name, ruleOif: null } : {};
  const answer = lookUpRoute(stack, { ...keyOfPacket(packet, bridge.name), ...zone });
  const hop = answer.kind === 'route' ? answer.nexthops[0] : undefined;
  if (answer.kind !== 'route' || hop === undefined) return 'lost';
  return answer.route.type === 'unicast' && hop.dev === bridge.name ? hop : 'up';
};
