/**
 * What policy lines promise, as wishes to be measured. The first line that matches decides, so that a line is only asked
 * about what no earlier line took from it; and only about machines that Lanwright configures.
 */
import { knownAddresses } from '../lab/known-addresses.ts';
import { type Lab, type LabEndpoint, type LabMachine, type LabPolicy, type LabServiceMatch } from '../lab/lab.ts';
import { ip, type Family } from '../net/address.ts';
import { containsIp, prefix } from '../net/prefix.ts';
import { destinations, senders, speaks, type Target } from './endpoint-targets.ts';
import { everything, type Wish } from './wish.ts';

const isManaged = (machine: LabMachine | undefined): boolean => machine?.role === 'host' || machine?.role === 'guest';

/** Whether an end holds an address of a machine. */
const holds = (lab: Lab, endpoint: LabEndpoint, machine: LabMachine | undefined, address: string): boolean => {
  switch (endpoint.kind) {
    case 'any':
      return true;
    case 'internet':
      return machine?.role === 'internet';
    case 'machine':
      return machine?.name === endpoint.name;
    case 'network': {
      const network = lab.networks[endpoint.name];
      return [network?.ipv4, network?.ipv6].some((it) => it !== undefined && containsIp(prefix(it), ip(address)));
    }
    case 'address':
      return address === endpoint.address;
    case 'prefix':
      return containsIp(prefix(endpoint.prefix), ip(address));
  }
};

/** Rules see the address that a machine happens to send from: `some` of its addresses decide nothing. */
const share = (
  lab: Lab,
  ends: readonly LabEndpoint[],
  machine: LabMachine,
  family: Family,
): 'all' | 'some' | 'none' => {
  const addresses = knownAddresses(lab, machine, family);
  const held = addresses.filter((address) => ends.some((end) => holds(lab, end, machine, address))).length;
  if (addresses.length === 0) return ends.some(({ kind }) => kind === 'any') ? 'all' : 'none';
  return held === 0 ? 'none' : held === addresses.length ? 'all' : 'some';
};

const coversService = (policy: LabPolicy, service: LabServiceMatch): boolean =>
  policy.services.length === 0 ||
  policy.services.some((it) => it.protocol === service.protocol && (it.port === undefined || it.port === service.port));

type Coverage = 'yes' | 'no' | 'perhaps';

const covers = (lab: Lab, policy: LabPolicy, from: LabMachine, target: Target, service: LabServiceMatch): Coverage => {
  const owner = target.toStack === undefined ? undefined : lab.machines[target.toStack];
  if (!coversService(policy, service)) return 'no';
  if (!policy.to.some((end) => holds(lab, end, owner, target.address))) return 'no';
  const source = share(lab, policy.from, from, target.family);
  const excepted = share(lab, policy.except, from, target.family);
  if (source === 'none' || excepted === 'all') return 'no';
  return source === 'all' && excepted === 'none' ? 'yes' : 'perhaps';
};

/** A line that lets a named machine through promises an answer; one that lets `any` through promises no route. */
const isPromise = ({ verdict, from }: LabPolicy): boolean =>
  verdict === 'deny' || from.every(({ kind }) => kind === 'machine' || kind === 'internet' || kind === 'address');

const wishesOf = (lab: Lab, index: number, policy: LabPolicy): readonly Wish[] => {
  const earlier = lab.policy.slice(0, index);
  const from = new Set(policy.from.flatMap((end) => senders(lab, end)));
  const targets = policy.to.flatMap((end) => destinations(lab, end));
  const services = policy.services.length === 0 ? everything : policy.services;
  const wishes: Wish[] = [];
  for (const sender of from) {
    for (const target of targets) {
      const owner = target.toStack === undefined ? undefined : lab.machines[target.toStack];
      if (owner === sender || !speaks(lab, sender, target.family)) continue;
      if (!isManaged(sender) && !isManaged(owner)) continue;
      if (policy.verdict === 'allow' && !target.isMain) continue;
      for (const service of services) {
        if (covers(lab, policy, sender, target, service) !== 'yes') continue;
        if (earlier.some((line) => covers(lab, line, sender, target, service) !== 'no')) continue;
        const answer = policy.verdict === 'deny' ? 'no' : isPromise(policy) ? 'yes' : null;
        wishes.push({ from: sender.name, target, service, answer, at: policy.at });
      }
    }
  }
  return wishes;
};

export const policyWishes = (lab: Lab): readonly Wish[] =>
  lab.policy.flatMap((policy, index) => wishesOf(lab, index, policy));
