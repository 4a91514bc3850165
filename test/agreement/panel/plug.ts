/**
 * Plugs a variant together in a pool, and pulls it apart again. What the kernel refuses (a gateway that is not on link,
 * a route that is there already) is left out: the state that comes back is the one that is really there.
 */
import { addressRequest } from '../../../src/linux/address-requests.ts';
import { filterSocketOf, socketOf, within } from '../../../src/linux/kernel.ts';
import { setLink } from '../../../src/linux/link-requests.ts';
import { neighbourRequest, proxyRequest } from '../../../src/linux/neighbour-requests.ts';
import { type NetlinkRequest } from '../../../src/linux/netlink-message.ts';
import { sendRequests } from '../../../src/linux/netlink-socket.ts';
import { setPort } from '../../../src/linux/port-requests.ts';
import { routeRequest } from '../../../src/linux/route-requests.ts';
import { readAddresses, readLinks, readProxies, readRoutes, readRules } from '../../../src/linux/rtnetlink-read.ts';
import { ruleRequest } from '../../../src/linux/rule-requests.ts';
import { writeNft } from '../../../src/dialects/nft/write.ts';
import { type Interface, type NetworkState, type Stack } from '../../../src/state/network-state.ts';
import { type FilterTable } from '../../../src/state/packet-filter.ts';
import { type Pool } from './pool.ts';
import { forgetConnections, getLink, setMacvlanMode } from './requests.ts';
import { setSysctls } from './sysctls.ts';

/** Tells what was refused, for a person. */
export type OnRefusal = (what: string, why: string) => void;

export interface Plugged {
  readonly state: NetworkState;
  /** Without it, the state is what was asked for. */
  readonly refusals: readonly string[];
}

/** Links change state in a worker of the kernel's own (linkwatch); bridges and routes hear of it there. */
const linkSettleMs = 4;

const indexIn = (pool: Pool, stack: string, name: string): number => pool.indices.get(stack)?.get(name) ?? 0x7fffffff;

/** Sends one request an item; the items that were taken. */
const sendEach = <T>(
  pool: Pool,
  stack: string,
  items: readonly T[],
  requestOf: (item: T) => NetlinkRequest,
  onRefusal: OnRefusal,
): T[] => {
  if (items.length === 0) return [];
  const refused = new Set<number>();
  for (const { index, message } of sendRequests(socketOf(pool.kernel, stack), items.map(requestOf))) {
    refused.add(index);
    onRefusal(`${stack} ${JSON.stringify(items[index])}`, message);
  }
  return items.filter((_, index) => !refused.has(index));
};

/** Bridges before their ports, parents before their children. */
const plugOrder = ({ kind, master }: Interface): number =>
  kind === 'bridge' ? 0 : kind === 'macvlan' ? 2 : master === undefined ? 1 : 1;

const plugLinks = (pool: Pool, stack: string, interfaces: Stack['interfaces']): void => {
  const requests = Object.entries(interfaces)
    .sort(([, a], [, b]) => plugOrder(a) - plugOrder(b))
    .flatMap(([name, it]): NetlinkRequest[] => {
      const index = indexIn(pool, stack, name);
      if (it.kind === 'loopback') return it.up ? [] : [setLink(index, { mtuBytes: it.mtuBytes, up: false }, undefined)];
      const { bridge: _bridge, ...settings } = it;
      const master = it.master === undefined ? undefined : indexIn(pool, stack, it.master);
      return [
        ...(it.macvlan === undefined ? [] : [setMacvlanMode(index, it.macvlan.mode)]),
        setLink(index, settings, master),
        ...(it.port === undefined ? [] : [setPort(index, it.port)]),
      ];
    });
  const [refusal] = sendRequests(socketOf(pool.kernel, stack), requests);
  if (refusal !== undefined) throw new Error(`${stack}: link request ${refusal.index}: ${refusal.message}`);
};

/** The kernel goes through devices in the order of their making where any would do. */
const byIndex = (pool: Pool, stack: string, interfaces: Stack['interfaces']): [string, Interface][] =>
  Object.entries(interfaces).sort(([a], [b]) => indexIn(pool, stack, a) - indexIn(pool, stack, b));

/**
 * The kernel's worker takes its time for bridges that have lost their last port, and until then routes by them count as in
 * use (linkwatch_urgent_event, fib_sync_up). Whoever asks for one link has it looked at now (rtnl_getlink, since Linux 6.7).
 */
const lookAtLinks = (pool: Pool, stack: string, interfaces: Stack['interfaces']): void => {
  const up = Object.keys(interfaces).filter((name) => interfaces[name]?.up === true);
  sendRequests(
    socketOf(pool.kernel, stack),
    up.map((name) => getLink(indexIn(pool, stack, name))),
  );
};

const plugAddresses = (
  pool: Pool,
  stack: string,
  interfaces: Stack['interfaces'],
  onRefusal: OnRefusal,
): Stack['interfaces'] =>
  Object.fromEntries(
    byIndex(pool, stack, interfaces).map(([name, it]) => [
      name,
      {
        ...it,
        addresses: sendEach(
          pool,
          stack,
          it.addresses,
          (address) => addressRequest('add', indexIn(pool, stack, name), address),
          onRefusal,
        ),
      },
    ]),
  );

const plugFilter = (
  pool: Pool,
  name: string,
  filter: readonly FilterTable[],
  onRefusal: OnRefusal,
): readonly FilterTable[] => {
  if (filter.length === 0) return [];
  let text = '';
  try {
    text = writeNft(filter);
  } catch (error) {
    onRefusal(`${name} ${JSON.stringify(filter)}`, (error as Error).message);
    return [];
  }
  const refusal = pool.nft.get(name)?.(text);
  if (refusal === undefined) return filter;
  onRefusal(`${name} ${text}`, refusal);
  return [];
};

const plugStack = (pool: Pool, name: string, stack: Stack, onRefusal: OnRefusal): Stack => {
  const indexOf = (dev: string): number => indexIn(pool, name, dev);
  const each = <T>(items: readonly T[], requestOf: (item: T) => NetlinkRequest): T[] =>
    sendEach(pool, name, items, requestOf, onRefusal);
  const interfaces = plugAddresses(pool, name, stack.interfaces, onRefusal);
  // Gateways are looked up when a route is added: routes to devices come first.
  const isDirect = ({ via, nexthops }: Stack['routes'][number]): boolean => via === undefined && nexthops === undefined;
  const routes = each(
    [...stack.routes.filter(isDirect), ...stack.routes.filter((route) => !isDirect(route))],
    (route) => routeRequest('add', route, indexOf),
  );
  const neighbours = each(stack.neighbours ?? [], (it) => neighbourRequest('add', it, indexOf(it.dev)));
  return {
    ...stack,
    interfaces,
    routes,
    rules: each(stack.rules, (rule) => ruleRequest('add', rule)),
    neighbourProxies: each(stack.neighbourProxies, (it) => proxyRequest('add', it, indexOf(it.dev))),
    ...(neighbours.length === 0 ? {} : { neighbours }),
    filter: plugFilter(pool, name, stack.filter, onRefusal),
  };
};

const setStackSysctls = (
  pool: Pool,
  name: string,
  sysctls: Stack['sysctls'],
  onRefusal: OnRefusal,
): Stack['sysctls'] => {
  const desk = pool.desks.get(name);
  if (desk === undefined) throw new Error(`no stack ${name}`);
  const refused = within(pool.kernel, name, () => setSysctls(desk, sysctls));
  for (const key of refused) onRefusal(`${name} ${key}`, 'sysctl');
  return Object.fromEntries(Object.entries(sysctls).filter(([key]) => !refused.includes(key)));
};

const withoutNeighbours = ({ neighbours: _neighbours, ...stack }: Stack): Stack => stack;

/** Plugs `state` together. The pool must be empty (`unplug`). */
export const plug = async (pool: Pool, state: NetworkState): Promise<Plugged> => {
  const refusals: string[] = [];
  const onRefusal: OnRefusal = (what, why) => void refusals.push(`${what}: ${why}`);
  pool.plugged = state;
  const stacks = Object.entries(state.stacks).map(([name, stack]): [string, Stack] => [
    name,
    {
      ...withoutNeighbours(stack),
      ...(stack.neighbours && { neighbours: stack.neighbours }),
      sysctls: setStackSysctls(pool, name, stack.sysctls, onRefusal),
    },
  ]);
  for (const [name, { interfaces }] of stacks) plugLinks(pool, name, interfaces);
  await new Promise((resolve) => setTimeout(resolve, linkSettleMs));
  for (const [name, { interfaces }] of stacks) lookAtLinks(pool, name, interfaces);
  const plugged = Object.fromEntries(stacks.map(([name, stack]) => [name, plugStack(pool, name, stack, onRefusal)]));
  return { state: { ...state, stacks: plugged }, refusals };
};

const unplugRequests = (pool: Pool, name: string, stack: Stack): NetlinkRequest[] => {
  const indexOf = (dev: string): number => indexIn(pool, name, dev);
  return [
    ...stack.rules.map((rule) => ruleRequest('remove', rule)),
    ...stack.routes.map((route) => routeRequest('remove', route, indexOf)),
    ...Object.entries(stack.interfaces).flatMap(([dev, it]) => [
      ...it.addresses.map((address) => addressRequest('remove', indexOf(dev), address)),
      it.kind === 'loopback'
        ? setLink(1, { mtuBytes: 65536, up: true }, undefined)
        : setLink(indexOf(dev), { mtuBytes: 1500, up: false }, it.master === undefined ? undefined : 0),
    ]),
  ];
};

/** Pulls the variant apart. Neighbours, proxies, IPv6 addresses, learned stations and exceptions go with the links. */
export const unplug = (pool: Pool): void => {
  const state = pool.plugged;
  if (state === undefined) return;
  for (const [name, stack] of Object.entries(state.stacks)) {
    // Much is refused here: what was refused before, or went with something else.
    sendRequests(socketOf(pool.kernel, name), unplugRequests(pool, name, stack));
    if (stack.filter.length > 0) {
      pool.nft.get(name)?.('flush ruleset\n');
      sendRequests(filterSocketOf(pool.kernel, name), [forgetConnections]);
    }
    setStackSysctls(pool, name, {}, () => undefined);
  }
  pool.plugged = undefined;
};

/** What is still there after `unplug`; empty when all is well. */
export const leftovers = (pool: Pool): string[] =>
  [...pool.indices.keys()].flatMap((stack) => {
    const socket = socketOf(pool.kernel, stack);
    return [
      ...readAddresses(socket).filter(({ index }) => index !== 1),
      ...readRules(socket),
      ...readRoutes(socket),
      ...readProxies(socket),
      ...readLinks(socket).filter(({ isUp, isLoopback }) => isUp !== isLoopback),
    ].map((rest) => `${stack}: ${JSON.stringify(rest)}`);
  });
