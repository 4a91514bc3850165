/** Builds the model of a NetworkState, once for any number of questions. */
import { ip, type Family } from '../../net/address.ts';
import { type NetworkState, type Stack } from '../../state/network-state.ts';
import { type Facts } from '../facts.ts';
import { buildHooks, tracksOf } from './hooks.ts';
import { buildInterfaces, surroundingsOf, type Surroundings } from './interfaces.ts';
import { type Model, type StackModel } from './model.ts';
import { buildRouting } from './routes.ts';
import { stackSettings } from './settings.ts';

/** Local addresses, and whether anything else could make it answer. */
const answererOf = ({
  stack,
  interfaces,
  routing,
}: Pick<StackModel, 'stack' | 'interfaces' | 'routing'>): StackModel['mayAnswer'] => {
  const isOpen =
    stack.neighbourProxies.length > 0 ||
    [...interfaces.values()].some(
      ({ settings }) => settings.proxyArp || settings.proxyArpPvlan || settings.forwarding6,
    );
  const hasLocalPrefix = ([4, 6] as const).some((family) =>
    [...routing[family].tables.values()].some((table) =>
      table.lengths.some(
        ({ length, routes }) =>
          length < (family === 4 ? 32 : 128) &&
          [...routes.values()].some((list) =>
            list.some(({ type, to }) => type === 'local' && !(family === 4 && to >> 24n === 127n)),
          ),
      ),
    ),
  );
  if (isOpen || hasLocalPrefix || stack.rules.length > 0) return () => true;
  const own: Readonly<Record<Family, ReadonlySet<bigint>>> = {
    4: new Set(localTo(4, routing)),
    6: new Set(localTo(6, routing)),
  };
  return (family, address) => own[family].has(address);
};

const localTo = (family: Family, routing: StackModel['routing']): bigint[] =>
  [...routing[family].tables.values()].flatMap((table) =>
    table.lengths.flatMap(({ routes }) =>
      [...routes.values()].flatMap((list) =>
        list.flatMap(({ type, to }) => (type === 'local' || type === 'anycast' ? [to] : [])),
      ),
    ),
  );

const buildStack = (around: Surroundings, name: string, stack: Stack): StackModel => {
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
    routing,
    mayAnswer: answererOf({ stack, interfaces, routing }),
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
