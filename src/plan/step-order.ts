/** The order of the kinds of steps: what goes before what comes, and each after what it needs. */
import { type Route } from '../state/network-state.ts';
import { type Step, type StepKind } from './plan.ts';

const order: readonly StepKind[] = [
  'stop-service',
  'remove-neighbour',
  'remove-proxy',
  'remove-rule',
  'remove-route',
  'remove-address',
  'remove-link',
  'remove-cable',
  'remove-bridge',
  'remove-stack',
  'add-stack',
  'set-sysctl',
  'add-bridge',
  'add-cable',
  'set-interface',
  'add-link',
  'add-address',
  'add-route',
  'add-rule',
  'add-proxy',
  'add-neighbour',
  'set-filter',
  'set-wireguard',
  'set-resolver',
  'change-service',
  'start-service',
];
const rank = new Map(order.map((kind, index) => [kind, index]));

/** Sysctls of one interface exist only once it does; the others are set before any interface comes up. */
const perInterface = /^net\/ipv[46]\/(?:conf|neigh)\/(?!all\/|default\/)([^/]+)\//;

export const interfaceOfSysctl = (key: string): string | undefined => perInterface.exec(key)?.[1];

/** A gateway has to be on the link already: by an address, or by a route without one. */
const hasGateway = ({ via, nexthops }: Route): boolean =>
  via !== undefined || (nexthops ?? []).some((hop) => hop.via !== undefined);

const position = (step: Step): number => {
  const base = rank.get(step.kind) ?? 0;
  if (step.kind === 'add-route' && hasGateway(step.route)) return base + 0.5;
  // Their members are plugged in like ports of bridges.
  if (step.kind === 'add-link' && ['bond', 'vrf'].includes(step.interface.kind))
    return (rank.get('add-bridge') ?? 0) + 0.5;
  if (step.kind !== 'set-sysctl' || interfaceOfSysctl(step.key) === undefined) return base;
  // After the interfaces, before their addresses; what is unset goes before what is set for all interfaces at once.
  return step.to === undefined ? base - 0.5 : (rank.get('add-link') ?? 0) + 0.5;
};

/** Steps of one kind stay in the order given. */
export const inOrder = (steps: readonly Step[]): Step[] =>
  steps
    .map((step) => ({ step, at: position(step) }))
    .sort((a, b) => a.at - b.at)
    .map(({ step }) => step);
