/** Builds the model of a NetworkState, once for any number of questions. */
import { ip, type Family } from '../../net/address.ts';
import { type NetworkState, type Stack } from '../../state/network-state.ts';
import { type Facts } from '../facts.ts';
import { buildHooks, tracksOf } from './hooks.ts';
import { buildInterfaces, surroundingsOf, type Surroundings } from './interfaces.ts';
import { type InterfaceModel, type Model, type StackModel } from './model.ts';
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
  if (isOpen) return () => true;
  const own: Readonly<Record<Family, Set<bigint>>> = { 4: new Set(), 6: new Set() };
  for (const { addresses } of interfaces.values()) for (const { family, value } of addresses) own[family].add(value);
  return (family, address) => own[family].has(address);
};

export const buildStack = (around: Surroundings, name: string, stack: Stack): StackModel => {
  const interfaces = buildInterfaces(around, name, stack);
  const learned = (around.facts.routes ?? []).filter((route) => route.stack === name);
  const redirects = (around.facts.redirects ?? []).filter((redirect) => redirect.stack === name);
  const routing = {
    4: buildRouting(4, stack, interfaces, learned),
    6: buildRouting(6, stack, interfaces, learned),
  };
  return {
    name,
    stack,
    interfaces,
    vrfs: vrfsAmong(interfaces),
    routing,
    mayAnswer: answererOf(stack, interfaces),
    settings: stackSettings(stack, around.facts.hadPolicyRules?.includes(name) === true),
    hooks: buildHooks(stack),
    tracks: { 4: tracksOf(stack, 4), 6: tracksOf(stack, 6) },
    neighbours: new Map((stack.neighbours ?? []).map(({ dev, address, mac }) => [`${dev} ${ip(address).value}`, mac])),
    proxies: new Set(stack.neighbourProxies.map(({ dev, address }) => `${dev} ${ip(address).value}`)),
    redirects: new Map(redirects.map(({ destination, via }) => [`${ip(destination).value}`, ip(via).value])),
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
