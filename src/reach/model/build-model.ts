/** Builds the model of a NetworkState, once for any number of questions. */
import { ip, type Family } from '../../net/address.ts';
import { type NetworkState, type Stack } from '../../state/network-state.ts';
import { type Facts, type LearnedRoute } from '../facts.ts';
import { buildHooks, tracksOf } from './hooks.ts';
import { buildInterfaces, surroundingsOf, type Surroundings } from './interfaces.ts';
import { type InterfaceModel, type Model, type Routing, type StackModel } from './model.ts';
import { ownAddressesOf } from './own-addresses.ts';
import { buildRouting, LOCAL } from './routes.ts';
import { stackSettings } from './settings.ts';
import { vrfsAmong } from './vrf.ts';

/** Whether a prefix on the loopback interface makes more addresses local than are written. */
const hasLocalPrefix = (it: InterfaceModel): boolean =>
  it.it.kind === 'loopback' &&
  it.addresses.some(({ family, prefixLength, scope }) => family === 4 && prefixLength < 32 && scope !== 'host');

/** Its own addresses, where nothing makes it answer for others. */
const answererOf = (stack: Stack, interfaces: StackModel['interfaces']): StackModel['mayAnswer'] => {
  const isOpen =
    stack.neighbourProxies.length > 0 ||
    stack.rules.length > 0 ||
    stack.routes.some(({ type, table }) => type === 'local' || table === LOCAL) ||
    [...interfaces.values()].some(
      (it) => it.settings.proxyArp || it.settings.proxyArpPvlan || it.settings.forwarding6 || hasLocalPrefix(it),
    );
  return isOpen ? () => true : (family, address) => ownAddressesOf({ interfaces }).all[family].has(address);
};

/** Most stacks have none of all these. */
const none = { of: new Map<string, never>(), set: new Set<never>() } as const;

const neighboursOf = ({ neighbours = [] }: Stack): StackModel['neighbours'] =>
  neighbours.length === 0
    ? none.of
    : new Map(neighbours.map(({ dev, address, mac }) => [`${dev} ${ip(address).value}`, mac]));

const proxiesOf = ({ neighbourProxies }: Stack): StackModel['proxies'] =>
  neighbourProxies.length === 0
    ? none.set
    : new Set(neighbourProxies.map(({ dev, address }) => `${dev} ${ip(address).value}`));

const redirectsOf = ({ redirects = [] }: Facts, name: string): StackModel['redirects'] => {
  const own = redirects.filter(({ stack }) => stack === name);
  return own.length === 0
    ? none.of
    : new Map(own.map(({ destination, via }) => [`${ip(destination).value}`, ip(via).value]));
};

/** Packets of others pass through a stack with several cards; of those with one, few of a large network are looked at. */
const routingOf = (
  stack: Stack,
  interfaces: StackModel['interfaces'],
  vrfs: StackModel['vrfs'],
  learned: readonly LearnedRoute[],
): StackModel['routing'] => {
  const made: Partial<Record<Family, Routing>> = {};
  const routing = (family: Family): Routing =>
    (made[family] ??= buildRouting(family, stack, interfaces, vrfs, learned));
  if (interfaces.size > 2) {
    routing(4);
    routing(6);
  }
  return routing;
};

export const buildStack = (around: Surroundings, name: string, stack: Stack): StackModel => {
  const interfaces = buildInterfaces(around, name, stack);
  const learned = (around.facts.routes ?? []).filter((route) => route.stack === name);
  const vrfs = vrfsAmong(interfaces);
  return {
    name,
    stack,
    interfaces,
    vrfs,
    routing: routingOf(stack, interfaces, vrfs, learned),
    mayAnswer: answererOf(stack, interfaces),
    settings: stackSettings(stack, around.facts.hadPolicyRules?.includes(name) === true),
    hooks: buildHooks(stack),
    tracks: { 4: tracksOf(stack, 4), 6: tracksOf(stack, 6) },
    neighbours: neighboursOf(stack),
    proxies: proxiesOf(stack),
    redirects: redirectsOf(around.facts, name),
  };
};

/** The model of a stack with another filter, which is read apart from all else. */
export const refilteredStack = (before: StackModel, stack: Stack): StackModel => ({
  ...before,
  stack,
  hooks: buildHooks(stack),
  tracks: { 4: tracksOf(stack, 4), 6: tracksOf(stack, 6) },
});

const vocalMacsOf = (stacks: Iterable<StackModel>): ReadonlySet<string> => {
  const macs = new Set<string>();
  for (const { interfaces } of stacks)
    for (const { mac, settings, isUp, hasCarrier } of interfaces.values())
      if (settings.ipv6 && isUp && hasCarrier) macs.add(mac);
  return macs;
};

/** A model of stacks that are built already. */
export const modelOf = (state: NetworkState, facts: Facts, stacks: Model['stacks']): Model => ({
  state,
  facts,
  stacks,
  vocalMacs: vocalMacsOf(stacks.values()),
});

export const buildModel = (state: NetworkState, facts: Facts = {}): Model => {
  const around = surroundingsOf(state, facts);
  const stacks = new Map(Object.entries(state.stacks).map(([name, stack]) => [name, buildStack(around, name, stack)]));
  return modelOf(state, facts, stacks);
};
