/** The network namespace that this process is in, as a NetworkState of one stack; nothing is changed, no privilege needed. */
import { closeNetlink } from '../linux/netlink-socket.ts';
import { mayReadFilter } from '../linux/filters.ts';
import { filterSocketOf, ownKernel, socketOf, type Kernel } from '../linux/kernel.ts';
import { observe } from '../linux/observe.ts';
import {
  readAddresses,
  readLinks,
  readRoutesWithMakers,
  type Link,
  type RouteWithMaker,
} from '../linux/rtnetlink-read.ts';
import { type DefaultRoute, type LinkFacts } from '../inspect/host-facts.ts';
import { type Facts, type LearnedAddress, type LearnedRoute } from '../reach/facts.ts';
import { type NetworkState } from '../state/network-state.ts';
import { readLinkFacts } from './read-links.ts';
import { meantSettings, settingKeys } from './settings.ts';
import { type Sight } from './sight.ts';

export interface OwnStack {
  readonly state: NetworkState;
  /** What DHCP and router advertisements gave. */
  readonly learned: Facts;
  readonly defaultRoutes: readonly DefaultRoute[];
  readonly links: readonly LinkFacts[];
  readonly isFilterSeen: boolean;
}

/** RTPROT_* (linux/rtnetlink.h). */
const makers: Readonly<Record<number, string>> = { 2: 'kernel', 3: 'boot', 4: 'static', 9: 'ra', 16: 'dhcp' };

const isDefault = (to: string): boolean => to === '0.0.0.0/0' || to === '::/0';
const mainTable = 254;

type NameOf = ReadonlyMap<number, string>;

const defaultsOf = (routes: readonly RouteWithMaker[], nameOf: NameOf): readonly DefaultRoute[] =>
  routes.flatMap(
    ({ protocol, route: { family, to, type, via, oif, nexthops = [], metric, table } }): DefaultRoute[] => {
      const hop = nexthops[0];
      const dev = nameOf.get(oif ?? hop?.oif ?? -1);
      if (!isDefault(to) || type !== 'unicast' || table !== mainTable || dev === undefined) return [];
      const gateway = via ?? hop?.via;
      const maker = makers[protocol] ?? `protocol ${protocol}`;
      return [{ family, dev, metric, protocol: maker, ...(gateway === undefined ? {} : { via: gateway }) }];
    },
  );

const because = 'the kernel has it so';

const learnedRoutes = (stack: string, routes: readonly RouteWithMaker[], nameOf: NameOf): readonly LearnedRoute[] =>
  routes.flatMap(({ protocol, route: { family, to, type, via, oif, metric, table } }): LearnedRoute[] => {
    const dev = nameOf.get(oif ?? -1);
    const maker = makers[protocol];
    if ((maker !== 'dhcp' && maker !== 'ra') || type !== 'unicast' || dev === undefined) return [];
    const from = maker === 'dhcp' ? 'dhcp' : 'advertisement';
    return [{ stack, family, to, dev, metric, table, from, because, ...(via === undefined ? {} : { via }) }];
  });

const learnedAddresses = (stack: string, kernel: Kernel, nameOf: NameOf): readonly LearnedAddress[] =>
  readAddresses(socketOf(kernel, stack)).flatMap(({ family, index, address, prefixLength, isPermanent }) => {
    const name = nameOf.get(index);
    if (isPermanent || name === undefined) return [];
    const from = family === 4 ? 'dhcp' : 'advertisement';
    return [{ stack, interface: name, family, address, prefixLength, from, because } as const];
  });

/** Cards have no kind; a tap is one end of a cable whose other end a process holds. */
const isCard = ({ kind, isLoopback }: Link): boolean => !isLoopback && (kind === '' || kind === 'tun');

/** `stack`: the name that it gets. */
export const observeOwn = async (stack: string, sight: Sight): Promise<OwnStack> => {
  const first = ownKernel(stack, [], []);
  const links = readLinks(socketOf(first, stack));
  const nameOf = new Map(links.map(({ index, name }) => [index, name]));
  const facts = readLinkFacts(sight, socketOf(first, stack));
  closeNetlink(socketOf(first, stack));
  const kernel = ownKernel(
    stack,
    settingKeys([...nameOf.values()]),
    links.filter(isCard).map(({ name }) => name),
  );
  const isFilterSeen = mayReadFilter(kernel, stack);
  if (!isFilterSeen) sight.miss('packet filter', 'only root may read it');
  const observed = await observe(kernel, () => []);
  const own = observed.stacks[stack];
  const routes = readRoutesWithMakers(socketOf(kernel, stack));
  const learned = {
    addresses: learnedAddresses(stack, kernel, nameOf),
    routes: learnedRoutes(stack, routes, nameOf),
  };
  for (const socket of [socketOf(kernel, stack), filterSocketOf(kernel, stack)]) closeNetlink(socket);
  const stacks = own === undefined ? {} : { [stack]: { ...own, sysctls: meantSettings(own.sysctls) } };
  return {
    state: { ...observed, stacks },
    learned,
    defaultRoutes: defaultsOf(routes, nameOf),
    links: facts,
    isFilterSeen,
  };
};
