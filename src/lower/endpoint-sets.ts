/**
 * Turns the ends of a policy into addresses: a machine is all its addresses, a network its prefixes, `internet` is
 * everything that no network of the lab holds. One end becomes alternatives, each of which one rule can say.
 */
import { knownAddresses, nicAddresses } from '../lab/known-addresses.ts';
import { type Lab, type LabEndpoint } from '../lab/lab.ts';
import { ip, type Family } from '../net/address.ts';
import { containsIp, containsPrefix, prefix } from '../net/prefix.ts';
import { coverOf } from '../state/prefix-cover.ts';
import { machineOf, networkOf } from './names.ts';

/** Addresses of one family: those in `inside` (undefined: all), without those in `outside`. */
export interface AddressSet {
  readonly inside?: readonly string[];
  readonly outside: readonly string[];
}

const single = (family: Family, address: string): string => `${address}/${family === 4 ? 32 : 128}`;

const networkPrefix = (lab: Lab, name: string, family: Family): readonly string[] => {
  const network = networkOf(lab, name);
  const text = family === 4 ? network.ipv4 : network.ipv6;
  return text === undefined ? [] : [text];
};

/** Every prefix of the lab that is not on the internet, and the addresses on its NICs that none of them holds. */
export const insideOf = (lab: Lab, family: Family): readonly string[] => {
  const blocks = Object.values(lab.networks)
    .filter((network) => network.kind !== 'internet')
    .flatMap((network) => networkPrefix(lab, network.name, family));
  const strays = Object.values(lab.machines)
    .filter((machine) => machine.role !== 'internet')
    .flatMap((machine) => machine.nics)
    .filter((nic) => networkOf(lab, nic.network).kind !== 'internet')
    .flatMap((nic) => nicAddresses(lab, nic, family))
    .filter((address) => !blocks.some((block) => containsIp(prefix(block), ip(address))))
    .map((address) => single(family, address));
  return [...new Set([...blocks, ...strays])];
};

const positive = (lab: Lab, endpoint: LabEndpoint, family: Family): readonly string[] => {
  switch (endpoint.kind) {
    case 'machine':
      return knownAddresses(lab, machineOf(lab, endpoint.name), family).map((address) => single(family, address));
    case 'network':
      return networkPrefix(lab, endpoint.name, family);
    case 'address':
      return endpoint.family === family ? [single(family, endpoint.address)] : [];
    case 'prefix':
      return endpoint.family === family ? [endpoint.prefix] : [];
    case 'any':
    case 'internet':
      return [];
  }
};

/**
 * The alternatives that the endpoints are in one family; none: they have no address of it.
 * `except` holds those that are left out.
 */
export const addressSets = (
  lab: Lab,
  endpoints: readonly LabEndpoint[],
  except: readonly LabEndpoint[],
  family: Family,
): readonly AddressSet[] => {
  const minus = except.flatMap((endpoint) => positive(lab, endpoint, family));
  const onlyInside = except.some(({ kind }) => kind === 'internet') ? insideOf(lab, family) : undefined;
  const base = onlyInside === undefined ? {} : { inside: coverOf(onlyInside) };
  if (except.some(({ kind }) => kind === 'any')) return [];
  if (endpoints.some(({ kind }) => kind === 'any')) return [{ ...base, outside: coverOf(minus) }];
  const named = coverOf(endpoints.flatMap((endpoint) => positive(lab, endpoint, family)));
  const hasInternet = endpoints.some(({ kind }) => kind === 'internet') && onlyInside === undefined;
  return [
    ...(named.length === 0 ? [] : [{ inside: named, outside: relevant(minus, named) }]),
    ...(hasInternet ? [{ outside: coverOf([...insideOf(lab, family), ...minus]) }] : []),
  ];
};

/** The exceptions that touch these prefixes at all. */
const relevant = (minus: readonly string[], inside: readonly string[]): readonly string[] =>
  coverOf(minus).filter((out) =>
    inside.some((it) => containsPrefix(prefix(it), prefix(out)) || containsPrefix(prefix(out), prefix(it))),
  );

const holds = (block: string, address: string): boolean => containsIp(prefix(block), ip(address));

/** The set as far as it is about some addresses; undefined when none of them is in it. */
export const narrowedTo = (set: AddressSet, addresses: readonly string[]): AddressSet | undefined => {
  const open = addresses.filter((address) => !set.outside.some((block) => holds(block, address)));
  if (open.length === 0) return undefined;
  if (set.inside === undefined) return set;
  const inside = set.inside.filter((block) => open.some((address) => holds(block, address)));
  return inside.length === 0 ? undefined : { inside, outside: set.outside };
};
