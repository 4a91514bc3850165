/** Builds the model of a NetworkState, once for any number of questions. */
import { ip } from '../../net/address.ts';
import { type NetworkState, type Stack } from '../../state/network-state.ts';
import { type Facts } from '../facts.ts';
import { buildHooks, tracksOf } from './hooks.ts';
import { buildInterfaces, surroundingsOf, type Surroundings } from './interfaces.ts';
import { type Model, type StackModel } from './model.ts';
import { buildRouting } from './routes.ts';
import { stackSettings } from './settings.ts';

const buildStack = (around: Surroundings, name: string, stack: Stack): StackModel => {
  const interfaces = buildInterfaces(around, name, stack);
  const learned = (around.facts.routes ?? []).filter((route) => route.stack === name);
  const redirects = (around.facts.redirects ?? []).filter((redirect) => redirect.stack === name);
  return {
    name,
    stack,
    interfaces,
    routing: {
      4: buildRouting(4, stack, interfaces, learned),
      6: buildRouting(6, stack, interfaces, learned),
    },
    settings: stackSettings(stack),
    hooks: buildHooks(stack),
    tracks: { 4: tracksOf(stack, 4), 6: tracksOf(stack, 6) },
    neighbours: new Map((stack.neighbours ?? []).map(({ dev, address, mac }) => [`${dev} ${ip(address).value}`, mac])),
    proxies: new Set(stack.neighbourProxies.map(({ dev, address }) => `${dev} ${ip(address).value}`)),
    redirects: new Map(redirects.map(({ destination, via }) => [`${ip(destination).value}`, ip(via).value])),
  };
};

export const buildModel = (state: NetworkState, facts: Facts = {}): Model => {
  const around = surroundingsOf(state, facts);
  return {
    state,
    facts,
    stacks: new Map(Object.entries(state.stacks).map(([name, stack]) => [name, buildStack(around, name, stack)])),
  };
};
