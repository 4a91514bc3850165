/**
 * Turns a lab into the questions that measure it: ping from every machine to every address of every other one, and what
 * each `expect` and `policy` line says. Lines about a ping that is asked anyway are put to it; lines that contradict each
 * other are asked apart, so that both are told.
 */
import { type Span } from '../diagnostics/diagnostic.ts';
import { type Lab, type LabExpectation, type LabMachine, type LabServiceMatch } from '../lab/lab.ts';
import { ip } from '../net/address.ts';
import { destinations, senders, speaks, targetsOf, type Target } from './endpoint-targets.ts';
import { type ProbeRequest } from './measurement.ts';
import { policyWishes } from './plan-policy-probes.ts';
import { anyPort, type Wish } from './wish.ts';

export interface Probe extends ProbeRequest {
  /** A machine, or the text of an address that nobody has. */
  readonly to: string;
  readonly expected: 'yes' | 'no' | 'refused' | 'timeout' | 'unreachable' | null;
  /** The source address that the far end must see. */
  readonly expectedSource?: string;
  /** The policy or expectation that says so. */
  readonly because?: Span;
}

export interface ProbePlan {
  readonly probes: readonly Probe[];
}

type Draft = Omit<Probe, 'id'>;

const draftOf = (from: string, { to, toStack, family, address }: Target): Draft => ({
  from,
  to,
  ...(toStack === undefined ? {} : { toStack }),
  family,
  address,
  protocol: 'icmp',
  port: null,
  expected: null,
});

/** Each of `from` to each of `to`, at all of its addresses. */
export const pingsBetween = (lab: Lab, from: readonly LabMachine[], to: readonly LabMachine[]): Omit<Probe, 'id'>[] => {
  const targets = to.flatMap((machine) => targetsOf(lab, machine));
  return from.flatMap((machine) => {
    const spoken = { 4: speaks(lab, machine, 4), 6: speaks(lab, machine, 6) };
    return targets
      .filter((target) => target.to !== machine.name && spoken[target.family])
      .map((target) => draftOf(machine.name, target));
  });
};

/** Everybody to everybody. */
const pings = (lab: Lab): Draft[] => {
  const machines = Object.values(lab.machines);
  return pingsBetween(lab, machines, machines);
};

/** An answer is wished from the address that a machine is known by; none, from all of its addresses. */
const chosen = (expectation: LabExpectation, sender: LabMachine, lab: Lab): readonly Target[] =>
  expectation.to
    .flatMap((end) => destinations(lab, end))
    .filter(({ toStack }) => toStack !== sender.name)
    .filter(({ family }) => expectation.family === undefined || expectation.family === family)
    .filter(({ isMain }) => isMain || expectation.answer === 'no')
    .filter(({ isGiven, family }) => isGiven || speaks(lab, sender, family));

const expectationWishes = (lab: Lab): readonly Wish[] =>
  lab.expect.flatMap((expectation) => {
    const from = new Set(expectation.from.flatMap((end) => senders(lab, end)));
    return [...from].flatMap((sender) =>
      chosen(expectation, sender, lab).flatMap((target) => {
        const source = expectation.source?.find((address) => ip(address).family === target.family);
        return expectation.services.map((service) => ({
          from: sender.name,
          target,
          service,
          answer: expectation.answer,
          ...(source === undefined ? {} : { source }),
          at: expectation.at,
        }));
      }),
    );
  });

/** Where a published port or address leads. */
const publishedAt = (lab: Lab, { address }: Target, protocol: 'tcp' | 'udp', port: number): Draft['listen'] => {
  const all = Object.values(lab.networks).flatMap(({ publish }) => publish.filter(({ outer }) => outer === address));
  const found =
    all.find((publish) => publish.protocol === protocol && publish.outerPort === port) ??
    all.find((publish) => publish.protocol === undefined);
  return found && { stack: found.machine, address: found.inner, port: found.innerPort ?? port };
};

const portOf = (lab: Lab, target: Target, { protocol, port = anyPort }: LabServiceMatch): Partial<Draft> => {
  if (protocol === 'icmp') return {};
  const listen = publishedAt(lab, target, protocol, port);
  return { protocol, port, ...(listen === undefined ? {} : { listen }) };
};

const wished = (lab: Lab, { from, target, service, answer, source, at }: Wish): Draft => ({
  ...draftOf(from, target),
  ...portOf(lab, target, service),
  expected: answer,
  ...(source === undefined ? {} : { expectedSource: source }),
  because: at,
});

const keyOf = ({ from, address, protocol, port }: Draft): string => `${from} ${address} ${protocol} ${port ?? ''}`;

/** Whether a probe that is planned already says all that another says. */
const says = (planned: Draft, draft: Draft): boolean =>
  draft.expected === null ||
  (planned.expected === draft.expected &&
    (draft.expectedSource === undefined || planned.expectedSource === draft.expectedSource));

const addWish = (drafts: Draft[], known: Map<string, number[]>, draft: Draft): void => {
  const key = keyOf(draft);
  const places = known.get(key) ?? [];
  if (places.some((place) => says(drafts[place] ?? draft, draft))) return;
  const open = places.find((place) => drafts[place]?.expected === null);
  if (open !== undefined) drafts[open] = draft;
  else known.set(key, [...places, drafts.push(draft) - 1]);
};

/** What a line says about one sender and one address. `isAnyPort`: the port stands for all ports. */
export type WishedProbe = Draft & { readonly isAnyPort: boolean };

/** What the lines of `expect` and `policy` say, each by itself. */
export const wishedProbes = (lab: Lab): readonly WishedProbe[] =>
  [...expectationWishes(lab), ...policyWishes(lab)].map((wish) => ({
    ...wished(lab, wish),
    isAnyPort: wish.service.port === undefined,
  }));

export const planProbes = (lab: Lab): ProbePlan => {
  const drafts = pings(lab);
  const wishes = wishedProbes(lab);
  const known = new Map(wishes.length === 0 ? [] : drafts.map((draft, index) => [keyOf(draft), [index]]));
  for (const { isAnyPort: _, ...wish } of wishes) addWish(drafts, known, wish);
  return { probes: drafts.map((draft, id) => ({ id, ...draft })) };
};
