/**
 * What a line of `policy` or `expect` claims of all packets: who sends, from which of its addresses, to which addresses
 * and ports, and what must come of it. The first policy line that speaks of a packet decides about it.
 */
import { type Lab, type LabMachine, type LabPolicy, type LabServiceMatch } from '../lab/lab.ts';
import { addressSets, type AddressSet } from '../lower/endpoint-sets.ts';
import { ip, type Family } from '../net/address.ts';
import { containsIp, prefix } from '../net/prefix.ts';
import { type Answer, type Predictor } from '../reach/predict.ts';
import { type Representatives } from '../reach/representatives.ts';
import { type Flow } from '../reach/walk.ts';
import { isManaged } from './denials.ts';
import { families, globalAddresses, targetsOf } from './endpoint-targets.ts';
import { type Probe, type WishedProbe } from './plan-probes.ts';
import { everything } from './wish.ts';

export interface Claim {
  readonly flow: Flow;
  /** The stack that has the destination. */
  readonly owner: string | undefined;
  /** `not-arrive`: not even the request may get there. */
  readonly wanted: 'not-arrive' | NonNullable<Probe['expected']>;
  readonly source?: string;
  /** Present: the claim is only about a packet that is delivered as one of those that ask for this. */
  readonly concerns?: (delivered: NonNullable<Answer['deliveredAs']>) => boolean;
}

export const setHolds = ({ inside, outside }: AddressSet, address: string): boolean => {
  const holds = (text: string): boolean => containsIp(prefix(text), ip(address));
  return (inside === undefined || inside.some(holds)) && !outside.some(holds);
};

interface Line {
  readonly policy: LabPolicy;
  readonly from: Readonly<Record<Family, readonly AddressSet[]>>;
  readonly to: Readonly<Record<Family, readonly AddressSet[]>>;
}

const lineOf = (lab: Lab, policy: LabPolicy): Line => {
  const { from, to, except } = policy;
  const both = (make: (family: Family) => readonly AddressSet[]): Line['from'] => ({ 4: make(4), 6: make(6) });
  return {
    policy,
    from: both((family) => addressSets(lab, from, except, family)),
    to: both((family) => addressSets(lab, to, [], family)),
  };
};

const servicesOf = ({ services }: LabPolicy): readonly LabServiceMatch[] =>
  services.length === 0 ? everything : services;

const speaksOf = ({ policy, from, to }: Line, { family, source, destination, protocol, port }: Flow): boolean =>
  (policy.services.length === 0 ||
    policy.services.some((it) => it.protocol === protocol && (it.port === undefined || it.port === port))) &&
  source !== undefined &&
  from[family].some((set) => setHolds(set, source)) &&
  to[family].some((set) => setHolds(set, destination));

/** Ports that stand for all that a service speaks of. */
const portsOf = ({ protocol, port }: LabServiceMatch, all: readonly number[]): readonly (number | null)[] =>
  protocol === 'icmp' ? [null] : port === undefined ? all : [port];

type Packet = Pick<Flow, 'protocol' | 'port' | 'sourcePort'>;

/** Each service from each kind of source port. */
export const packetsOf = (
  services: readonly LabServiceMatch[],
  { ports, sourcePorts }: Representatives,
): readonly Packet[] =>
  services.flatMap((service) =>
    portsOf(service, ports).flatMap((port): readonly Packet[] => {
      const { protocol } = service;
      return port === null ? [{ protocol, port }] : sourcePorts.map((sourcePort) => ({ protocol, port, sourcePort }));
    }),
  );

interface Goal {
  readonly address: string;
  readonly owner: LabMachine | undefined;
}

/** Every address that somebody has, and one of each kind that nobody has. */
const goalsIn = (
  lab: Lab,
  owners: readonly LabMachine[],
  representatives: Representatives,
  family: Family,
  sets: readonly AddressSet[],
): readonly Goal[] => {
  const owned = owners.flatMap((owner) =>
    targetsOf(lab, owner)
      .filter((target) => target.family === family && sets.some((set) => setHolds(set, target.address)))
      .map(({ address }) => ({ address, owner })),
  );
  const unowned = sets.flatMap(({ inside, outside }) => representatives.unowned(family, inside, outside));
  return [...owned, ...[...new Set(unowned)].map((address) => ({ address, owner: undefined }))];
};

/** A twin that was asked about is not asked about again. */
export const sparing = ({ twins }: Predictor): ((flow: Flow, owner: string | undefined) => boolean) => {
  const seen = new Set<string>();
  return ({ from, source = '', destination, protocol, port, sourcePort }, owner) => {
    const [asker, asked] = [twins.classOf(from), owner === undefined ? undefined : twins.classOf(owner)];
    const first = (stack: string): string => twins.members(twins.classOf(stack))[0] ?? stack;
    const own = source === '' ? '' : twins.translate(from, first(from), source);
    const goal = owner === undefined ? destination : twins.translate(owner, first(owner), destination);
    const key = `${asker} ${asked ?? ''} ${from === owner} ${own} ${goal} ${protocol} ${port ?? ''} ${sourcePort ?? ''}`;
    return !seen.has(key) && seen.add(key).has(key);
  };
};

/** Two of each kind of twins stand for all of them. */
export const standIns = (lab: Lab, { twins }: Predictor): readonly LabMachine[] =>
  Object.values(lab.machines).filter(({ name }) => twins.members(twins.classOf(name)).slice(0, 2).includes(name));

/** A line that denies speaks of every packet; it binds where one of the ends is under Lanwright's care. */
const denied = (
  lab: Lab,
  predictor: Predictor,
  representatives: Representatives,
  lines: readonly Line[],
  index: number,
): readonly Claim[] => {
  const line = lines[index];
  if (line === undefined) return [];
  const isNew = sparing(predictor);
  const machines = standIns(lab, predictor);
  const packets = packetsOf(servicesOf(line.policy), representatives);
  return families.flatMap((family) => {
    const goals = goalsIn(lab, machines, representatives, family, line.to[family]);
    return machines.flatMap((sender) =>
      globalAddresses(lab, sender, family)
        .filter((source) => line.from[family].some((set) => setHolds(set, source)))
        .flatMap((source) =>
          goals
            .filter(({ owner }) => owner !== sender && (isManaged(sender) || isManaged(owner)))
            .flatMap(({ address, owner }) =>
              packets.flatMap((packet): readonly Claim[] => {
                const flow: Flow = { from: sender.name, family, destination: address, source, ...packet };
                if (!isNew(flow, owner?.name)) return [];
                if (lines.slice(0, index).some((earlier) => speaksOf(earlier, flow))) return [];
                return [{ flow, owner: owner?.name, wanted: 'not-arrive' }];
              }),
            ),
        ),
    );
  });
};

/** What a line expects or allows, from every kind of source port and, where it names none, to every kind of port. */
const wished = (
  predictor: Predictor,
  representatives: Representatives,
  probes: readonly WishedProbe[],
): readonly Claim[] => {
  const isNew = sparing(predictor);
  return probes.flatMap((probe): readonly Claim[] => {
    const {
      from,
      toStack: owner,
      family,
      address: destination,
      protocol,
      port,
      expected,
      expectedSource,
      isAnyPort,
    } = probe;
    if (expected === null) return [];
    const service = port === null || isAnyPort ? { protocol } : { protocol, port };
    return packetsOf([service], representatives).flatMap((packet): readonly Claim[] => {
      const flow: Flow = { from, family, destination, ...packet };
      if (!isNew(flow, owner)) return [];
      return [{ flow, owner, wanted: expected, ...(expectedSource === undefined ? {} : { source: expectedSource }) }];
    });
  });
};

/** What nobody may get an answer from is asked from every address of the sender, not only from the one it would take. */
const fromAllAddresses = (lab: Lab, predictor: Predictor, claims: readonly Claim[]): readonly Claim[] => {
  const isNew = sparing(predictor);
  return claims.flatMap((claim) => {
    const sender = lab.machines[claim.flow.from];
    if (claim.wanted !== 'no' || sender === undefined) return [claim];
    const bound = globalAddresses(lab, sender, claim.flow.family).map((source) => ({
      ...claim,
      flow: { ...claim.flow, source },
    }));
    return [claim, ...bound.filter(({ flow, owner }) => isNew(flow, owner))];
  });
};

/** All that a policy line claims; `probes`: what it promises to be measured (`wishedProbes`). */
export const claimsOfPolicy = (
  lab: Lab,
  predictor: Predictor,
  representatives: Representatives,
  index: number,
  probes: readonly WishedProbe[],
): readonly Claim[] => {
  const lines = lab.policy.slice(0, index + 1).map((policy) => lineOf(lab, policy));
  return lab.policy[index]?.verdict === 'deny'
    ? denied(lab, predictor, representatives, lines, index)
    : wished(predictor, representatives, probes);
};

export const claimsOfExpectation = (
  lab: Lab,
  predictor: Predictor,
  representatives: Representatives,
  probes: readonly WishedProbe[],
): readonly Claim[] => fromAllAddresses(lab, predictor, wished(predictor, representatives, probes));
