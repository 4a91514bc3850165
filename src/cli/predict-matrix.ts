/**
 * Who reaches whom by prediction, in few questions: of machines that are twins, two stand for all. Pairs of machines, or of
 * the networks that they are on.
 */
import { type Lab, type LabMachine } from '../lab/lab.ts';
import { containsIp, prefix } from '../net/prefix.ts';
import { ip } from '../net/address.ts';
import { pingsBetween, type Probe } from '../probe/plan-probes.ts';
import { narrowedTo, type Service } from '../reach/narrow.ts';
import { predictorOf, type Predictor } from '../reach/predict.ts';
import { answererOf, type Question } from './answer-many.ts';
import { type AnsweredPair, type ReachMatrix } from './reach-matrix.ts';

export interface Scope {
  readonly from: readonly LabMachine[];
  readonly to: readonly LabMachine[];
}

/** Those who stand for machines that are asked alike: by name, with all for whom they stand. */
export interface StandIns {
  readonly scope: Scope;
  readonly members: ReadonlyMap<string, readonly string[]>;
}

/** Two of each kind: one alone could not be asked about its like. */
export const standInsOf = (lab: Lab, { twins }: Predictor, { from, to }: Scope): StandIns => {
  const [senders, receivers] = [new Set(from), new Set(to)];
  const kinds = new Map<string, LabMachine[]>();
  for (const machine of Object.values(lab.machines)) {
    const key = `${twins.classOf(machine.name)} ${senders.has(machine)} ${receivers.has(machine)}`;
    const kind = kinds.get(key);
    if (kind === undefined) kinds.set(key, [machine]);
    else kind.push(machine);
  }
  const chosen = new Set([...kinds.values()].flatMap((kind) => kind.slice(0, 2)));
  const members = [...kinds.values()].flatMap((kind) => {
    const names = kind.map(({ name }) => name);
    const [first, second, ...others] = names;
    if (first === undefined) return [];
    return second === undefined
      ? [[first, [first]] as const]
      : [[first, [first]] as const, [second, [second, ...others]] as const];
  });
  return {
    scope: { from: from.filter((machine) => chosen.has(machine)), to: to.filter((machine) => chosen.has(machine)) },
    members: new Map(members),
  };
};

/** Fewer machines are asked about in the whole state. */
const fewMachines = 60;

/** Where many machines differ, they are told apart only by what matters to the service. */
export const predictorFor = (lab: Lab, predictor: Predictor, scope: Scope, service: Service): Predictor => {
  const { from, to } = standInsOf(lab, predictor, scope).scope;
  return from.length * to.length <= fewMachines ** 2
    ? predictor
    : predictorOf(narrowedTo(predictor.state, service), predictor.facts);
};

export const questionsOf = (lab: Lab, { from, to }: Scope, service: Service): readonly Omit<Probe, 'id'>[] =>
  pingsBetween(lab, from, to).map((probe) => ({ ...probe, ...service }));

const tellDispute = ({ from, address }: Question): void =>
  void process.stderr.write(
    `sets of packets and the walker differ about ${from} and ${address}, which is a fault of Lanwright: everything is walked\n`,
  );

export const answersOf = (
  lab: Lab,
  predictor: Predictor,
  scope: Scope,
  service: Service,
): readonly (AnsweredPair & { readonly address: string })[] => {
  const questions = questionsOf(lab, scope, service);
  const answer = answererOf(predictor, service, questions, tellDispute);
  return questions.map((question) => {
    const { from, to, address, family } = question;
    return { from, to, address, family, answer: answer(question) };
  });
};

/** A matrix of stand-ins as one of all machines. */
export const withEverybody = (
  matrix: ReachMatrix,
  members: StandIns['members'],
  order: readonly string[],
): ReachMatrix => {
  const place = new Map(order.map((name, index) => [name, index]));
  return {
    ...matrix,
    groups: matrix.groups.map((group) =>
      group.flatMap((name) => members.get(name) ?? [name]).sort((a, b) => (place.get(a) ?? 0) - (place.get(b) ?? 0)),
    ),
  };
};

const networksHolding = (lab: Lab, owner: string, address: string): readonly string[] => {
  const on = new Set(lab.machines[owner]?.nics.map(({ network }) => network));
  const holding = Object.values(lab.networks).filter(({ ipv4, ipv6 }) =>
    [ipv4, ipv6].some((text) => text !== undefined && containsIp(prefix(text), ip(address))),
  );
  const own = holding.filter(({ name }) => on.has(name));
  const named = (own.length > 0 ? own : holding).map(({ name }) => name);
  return named.length > 0 ? named : [...on].slice(0, 1);
};

/** From every network that a sender is on to the network that holds the address. */
export const byNetwork = (
  lab: Lab,
  pairs: readonly (AnsweredPair & { readonly address: string })[],
): readonly AnsweredPair[] =>
  pairs.flatMap(({ from, to, address, family, answer }) => {
    const origins = [...new Set(lab.machines[from]?.nics.map(({ network }) => network))];
    const goals = networksHolding(lab, to, address);
    return origins.flatMap((origin) => goals.map((goal) => ({ from: origin, to: goal, family, answer })));
  });
