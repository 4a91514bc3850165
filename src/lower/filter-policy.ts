/**
 * Turns policy lines into filter rules of one machine. A line speaks of new connections: what belongs to an established
 * one was let through before. Lines keep their order in every chain, so that the first one that matches decides.
 */
import { knownAddresses } from '../lab/known-addresses.ts';
import { type Lab, type LabEndpoint, type LabMachine, type LabPolicy, type LabServiceMatch } from '../lab/lab.ts';
import { type FilterMatch, type FilterRule } from '../state/packet-filter.ts';
import { type Family } from '../net/address.ts';
import { addressSets, narrowedTo, type AddressSet } from './endpoint-sets.ts';

export type PolicyChain = 'input' | 'forward' | 'output';

const endpointText = (endpoint: LabEndpoint): string => {
  switch (endpoint.kind) {
    case 'machine':
    case 'network':
      return endpoint.name;
    case 'address':
      return endpoint.address;
    case 'prefix':
      return endpoint.prefix;
    default:
      return endpoint.kind;
  }
};
/** Long lists would leave no room for the rest of a comment. */
const mostNamed = 4;
const endpointsText = (endpoints: readonly LabEndpoint[]): string => {
  const named = endpoints.slice(0, mostNamed).map(endpointText).join(',');
  return endpoints.length <= mostNamed ? named : `${named} and ${endpoints.length - mostNamed} more`;
};

/** The ports of each protocol, in one match each; undefined stands for everything. */
const serviceMatches = (services: readonly LabServiceMatch[]): readonly (FilterMatch | undefined)[] => {
  if (services.length === 0) return [undefined];
  const ofPorts = (['tcp', 'udp'] as const).flatMap((protocol): readonly FilterMatch[] => {
    const chosen = services.filter((service) => service.protocol === protocol);
    const ports = chosen.flatMap(({ port }) => (port === undefined ? [] : [port]));
    if (chosen.length === 0) return [];
    return [{ kind: 'port', protocol, ports: chosen.some(({ port }) => port === undefined) ? [] : ports }];
  });
  const ping = services.some(({ protocol }) => protocol === 'icmp');
  return [...ofPorts, ...(ping ? [{ kind: 'icmp', types: 'echo-request' } as const] : [])];
};

const servicesText = (services: readonly LabServiceMatch[]): string =>
  services.map(({ protocol, port }) => (protocol === 'icmp' ? ' ping' : ` ${protocol} ${port ?? 'any'}`)).join('');

export const commentOf = (policy: LabPolicy, index: number): string => {
  const except = policy.except.length === 0 ? '' : ` except ${endpointsText(policy.except)}`;
  const ends = `${endpointsText(policy.from)} to ${endpointsText(policy.to)}`;
  return `policy ${index + 1}: ${policy.verdict} ${ends}${servicesText(policy.services)}${except}`;
};

const setMatches = (kind: 'source' | 'destination', family: Family, set: AddressSet): readonly FilterMatch[] => [
  ...(set.inside === undefined ? [] : [{ kind, family, prefixes: set.inside }]),
  ...(set.outside.length === 0 ? [] : [{ kind, family, prefixes: set.outside, negate: true }]),
];

export interface Ends {
  readonly family: Family;
  readonly from: AddressSet;
  readonly to: AddressSet;
}

/** Every way in which a line may match: family, and an alternative of either end. */
const endsOf = (lab: Lab, { from, to, except }: LabPolicy): readonly Ends[] =>
  ([4, 6] as const).flatMap((family) =>
    addressSets(lab, from, except, family).flatMap((source) =>
      addressSets(lab, to, [], family).map((destination) => ({ family, from: source, to: destination })),
    ),
  );

const isEverything = ({ from, to }: Ends): boolean =>
  [from, to].every((set) => set.inside === undefined && set.outside.length === 0);

const rulesOf = (policy: LabPolicy, index: number, ends: readonly Ends[]): readonly FilterRule[] => {
  // Both families alike need no rule for each.
  const chosen = ends.length === 2 && ends.every(isEverything) ? ends.slice(0, 1) : ends;
  const alike = chosen.length < ends.length;
  return chosen.flatMap((end) => {
    const addresses = [...setMatches('source', end.family, end.from), ...setMatches('destination', end.family, end.to)];
    const family: readonly FilterMatch[] =
      alike || addresses.length > 0 ? [] : [{ kind: 'family', family: end.family }];
    return serviceMatches(policy.services).map((service): FilterRule => ({
      matches: [...family, ...addresses, ...(service === undefined ? [] : [service])],
      verdict: { kind: policy.verdict === 'allow' ? 'accept' : 'drop' },
      comment: commentOf(policy, index),
    }));
  });
};

/** A policy line with every way in which it may match; the same for all machines. */
export interface PolicyLine {
  readonly policy: LabPolicy;
  readonly ends: readonly Ends[];
}

export const policyLines = (lab: Lab): readonly PolicyLine[] =>
  lab.policy.map((policy) => ({ policy, ends: endsOf(lab, policy) }));

/**
 * The rules of all policy lines that a chain of this machine may meet: its own packets for input and output, everything
 * for forward. Without a machine under Lanwright's care there are none.
 */
export const policyRules = (
  lab: Lab,
  lines: readonly PolicyLine[],
  machine: LabMachine,
  chain: PolicyChain,
): readonly FilterRule[] => {
  if (machine.role !== 'host' && machine.role !== 'guest') return [];
  const own = { 4: knownAddresses(lab, machine, 4), 6: knownAddresses(lab, machine, 6) };
  const met = (ends: Ends): readonly Ends[] => {
    if (chain === 'forward') return [ends];
    const side = chain === 'input' ? 'to' : 'from';
    const set = narrowedTo(ends[side], own[ends.family]);
    return set === undefined ? [] : [{ ...ends, [side]: set }];
  };
  return lines.flatMap(({ policy, ends }, index) => rulesOf(policy, index, ends.flatMap(met)));
};
