/** Builds the model of a NetworkState, once for any number of questions. */
import { ip } from '../../net/address.ts';
import { type NetworkState, type Stack } from '../../state/network-state.ts';
import { type Facts } from '../facts.ts';
import { buildHooks, tracksOf } from './hooks.ts';
import { buildInterfaces, surroundingsOf, type Surroundings } from './interfaces.ts';
import { type InterfaceModel, type Model, type StackModel } from './model.ts';
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

export const buildStack = (around: Surroundings, name: string, stack: Stack): StackModel => {
  const interfaces = buildInterfaces(around, name, stack);
  const learned = (around.facts.routes ?? []).filter((route) => route.stack === name);
  const vrfs = vrfsAmong(interfaces);
  const routing = {
    4: buildRouting(4, stack, interfaces, vrfs, learned),
    6: buildRouting(6, stack, interfaces, vrfs, learned),
  };
  return {
    name,
    stack,
    interfaces,
    vrfs,
    routing,
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
