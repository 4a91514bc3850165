/**
 * A state as far as it matters to one service: without the filter rules that no packet of its requests and answers can
 * meet. Machines that differ in the ports of others only are twins then, and fare as they do in the whole state.
 */
import { type NetworkState } from '../state/network-state.ts';
import { type FilterMatch, type FilterRule } from '../state/packet-filter.ts';
import { defaultSourcePort } from './engine/world.ts';
import { type Flow } from './walk.ts';

export type Service = Pick<Flow, 'protocol' | 'port'>;

const rulesOf = ({ stacks }: NetworkState): readonly FilterRule[] =>
  Object.values(stacks).flatMap(({ filter }) =>
    filter.flatMap(({ chains, subchains = [] }) => [...chains, ...subchains].flatMap(({ rules }) => rules)),
  );

/** Ports that packets of the service have or are given, at either end. */
const portsIn = (state: NetworkState, { port }: Service): ReadonlySet<number> =>
  new Set([
    ...(port === null ? [] : [port]),
    defaultSourcePort,
    ...rulesOf(state).flatMap(({ verdict }) => ('port' in verdict ? [verdict.port] : [])),
  ]);

/** Whether any packet of the service may meet a match; whatever is not about ports may be met. */
const mayHold = (match: FilterMatch, { protocol }: Service, ports: ReadonlySet<number>): boolean => {
  if (match.kind !== 'port' && match.kind !== 'source-port') return true;
  if (match.protocol !== protocol) return false;
  const isAny = match.ports.length === 0 && match.ranges === undefined;
  return (
    isAny ||
    match.negate === true ||
    match.ports.some((port) => ports.has(port)) ||
    (match.ranges ?? []).some(([first, last]) => [...ports].some((port) => port >= first && port <= last))
  );
};

/** Packets inside of packets have ports of their own: then nothing is left out. */
const hasTunnels = ({ stacks }: NetworkState): boolean =>
  Object.values(stacks).some(({ interfaces }) =>
    Object.values(interfaces).some(
      (it) => it.tunnel !== undefined || it.vxlan !== undefined || it.kind === 'wireguard',
    ),
  );

export const narrowedTo = (state: NetworkState, service: Service): NetworkState => {
  if (hasTunnels(state)) return state;
  const ports = portsIn(state, service);
  const kept = (rules: readonly FilterRule[]): readonly FilterRule[] =>
    rules.filter(({ matches }) => matches.every((match) => mayHold(match, service, ports)));
  return {
    ...state,
    stacks: Object.fromEntries(
      Object.entries(state.stacks).map(([name, stack]) => [
        name,
        {
          ...stack,
          filter: stack.filter.map((table) => ({
            ...table,
            chains: table.chains.map((chain) => ({ ...chain, rules: kept(chain.rules) })),
            ...(table.subchains === undefined
              ? {}
              : { subchains: table.subchains.map((chain) => ({ ...chain, rules: kept(chain.rules) })) }),
          })),
        },
      ]),
    ),
  };
};
