/**
 * Who answers an ARP request, and with what sender address it is asked (arp_process, arp_solicit, arp_ignore,
 * arp_filter, arp_fwd_proxy). Pure decisions over one stack.
 */
import {
  interfaceOf,
  type AddressModel,
  type InterfaceModel,
  type NextHopModel,
  type StackModel,
} from '../model/model.ts';
import { type Packet } from '../packet.ts';
import { inputRoute, isMulticast } from './input-route.ts';
import { lookUpRoute } from './route-lookup.ts';
import { selectAddress4 } from './source-address.ts';
import { ICMP } from './words.ts';

const isInSubnet = ({ value, prefixLength }: AddressModel, other: bigint): boolean =>
  value >> BigInt(32 - prefixLength) === other >> BigInt(32 - prefixLength);

const addresses4 = (it: InterfaceModel): readonly AddressModel[] => it.addresses.filter(({ family }) => family === 4);

/** What kind of address it is for a stack, by its local table first (inet_addr_type). */
const typeOf = (stack: StackModel, address: bigint): string | undefined => {
  const answer = lookUpRoute(stack, bare(address, 0n, 'lo'));
  return answer.kind === 'route' ? answer.route.type : undefined;
};

/** A neighbour that has a broadcast address of the stack, on whichever interface, is everybody (arp_constructor). */
export const isEverybody = (stack: StackModel, nexthop: bigint): boolean => typeOf(stack, nexthop) === 'broadcast';

/** Whether an address is the stack's own, be it by a route alone. */
export const isLocal = (stack: StackModel, address: bigint): boolean => typeOf(stack, address) === 'local';

const bare = (destination: bigint, source: bigint, iif: string) => ({
  family: 4 as const,
  destination,
  source,
  iif,
  mark: 0,
  protocol: 0,
  sourcePort: 0,
  destinationPort: 0,
});

/** The sender address of a request for `target` on behalf of a packet (arp_announce). */
export const arpSender = (stack: StackModel, dev: string, target: bigint, packetSource: bigint): bigint => {
  const it = interfaceOf(stack, dev);
  const isOwn = packetSource !== 0n && isLocal(stack, packetSource);
  const { arpAnnounce } = it.settings;
  if (isOwn && arpAnnounce === 0) return packetSource;
  if (isOwn && arpAnnounce === 1) {
    const isOnLink = addresses4(it).some((address) => isInSubnet(address, target) && isInSubnet(address, packetSource));
    if (isOnLink) return packetSource;
  }
  return selectAddress4(stack, dev, target, true) ?? 0n;
};

/** Whether `arp_ignore` keeps the interface silent about one of the stack's addresses. */
const ignores = (stack: StackModel, it: InterfaceModel, sender: bigint, target: bigint): boolean => {
  const own = addresses4(it).filter(({ value }) => value === target);
  switch (it.settings.arpIgnore) {
    case 1:
      return own.length === 0;
    case 2:
      return !own.some((address) => isInSubnet(address, target) && (sender === 0n || isInSubnet(address, sender)));
    case 3:
      return ![...stack.interfaces.values()].some((other) =>
        addresses4(other).some(({ value, scope }) => value === target && scope !== 'host'),
      );
    case 8:
      return true;
    default:
      return false;
  }
};

/** Which of the next hops a packet takes. */
type Pick = (nexthops: readonly NextHopModel[], source: bigint, destination: bigint) => NextHopModel | undefined;

const leavesElsewhere = (
  stack: StackModel,
  it: InterfaceModel,
  sender: bigint,
  target: bigint,
  pick: Pick,
): boolean => {
  const answer = lookUpRoute(stack, bare(sender, target, 'lo'));
  // What is the stack's own goes by lo.
  if (answer.kind !== 'route' || answer.route.type !== 'unicast') return true;
  return pick(answer.nexthops, target, sender)?.dev !== it.name;
};

/** How a stack comes to answer a request, or undefined where it stays silent. */
export type ArpAnswer = 'own' | 'proxy-arp' | 'proxy-entry' | 'proxy-pvlan';

const isHeardByNobody = ({ settings }: InterfaceModel, target: bigint): boolean =>
  isMulticast(4, target) || (target >> 24n === 127n && !settings.routeLocalnet);

const questionFor = (sender: bigint, target: bigint): Packet => ({
  family: 4,
  source: sender,
  destination: target,
  protocol: ICMP,
  sourcePort: 0,
  destinationPort: 0,
  tcpFlags: 0,
  lengthBytes: 28,
  dontFragment: false,
  hopLimit: 64,
  mark: 0,
});

/**
 * Whether who does not answer a request, and looks for its sender, finds it by that: not where it is asked for an address
 * of its own and keeps silent.
 */
export const hearsOfSender = (stack: StackModel, dev: string, sender: bigint, target: bigint): boolean =>
  sender !== 0n &&
  !isHeardByNobody(interfaceOf(stack, dev), target) &&
  inputRoute(stack, dev, questionFor(sender, target)).kind !== 'local';

export const answersArp = (
  stack: StackModel,
  dev: string,
  sender: bigint,
  target: bigint,
  pick: Pick = ([first]) => first,
): ArpAnswer | undefined => {
  const it = interfaceOf(stack, dev);
  if (isHeardByNobody(it, target)) return undefined;
  if (sender === 0n) return isLocal(stack, target) && !ignores(stack, it, sender, target) ? 'own' : undefined;
  const route = inputRoute(stack, dev, questionFor(sender, target));
  if (route.kind === 'drop' || route.kind === 'broadcast') return undefined;
  if (route.kind === 'local') {
    if (ignores(stack, it, sender, target)) return undefined;
    return it.settings.arpFilter && leavesElsewhere(stack, it, sender, target, pick) ? undefined : 'own';
  }
  if (!it.settings.forwarding4) return undefined;
  const out = pick(route.nexthops, sender, target)?.dev;
  if (out === dev) return it.settings.proxyArpPvlan ? 'proxy-pvlan' : undefined;
  if (it.settings.proxyArp) return 'proxy-arp';
  return stack.proxies.has(`${dev} ${target}`) ? 'proxy-entry' : undefined;
};
