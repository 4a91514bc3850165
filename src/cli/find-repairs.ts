/** Repairs of a flow that does not get through, within what the file's policy says, as they are told. */
import { type Lab } from '../lab/lab.ts';
import { targetsOf } from '../probe/endpoint-targets.ts';
import { policyWishes } from '../probe/plan-policy-probes.ts';
import { anyPort } from '../probe/wish.ts';
import { type Model } from '../reach/model/model.ts';
import { repairsIn, type MustHold, type Owner, type Repair } from '../reach/repair/repair.ts';
import { type Flow, type Walk } from '../reach/walk.ts';
import { shellLine } from './shell-line.ts';

export interface RepairReport {
  /** Where the first command is typed. */
  readonly machine: string;
  readonly change: string;
  /** All that is typed there, as one line for a shell. */
  readonly command: string;
  /** All commands in their order, on whatever machine. */
  readonly commands: Repair['commands'];
  readonly sideEffects: readonly string[];
}

/** More would cost time and say little. */
const mostOthers = 24;
const mostPromises = 40;

const ownersOf = (lab: Lab): Readonly<Record<string, Owner>> =>
  Object.fromEntries(
    Object.values(lab.machines).flatMap(({ name, role }) => (role === 'internet' ? [] : [[name, role] as const])),
  );

/** The internet and its cables are nobody's here. */
const fixedStacks = (lab: Lab, { stacks }: Model): readonly string[] =>
  [...stacks.keys()].filter((name) => lab.machines[name]?.role === 'internet' || name === 'switch-internet');

/** What the policy says must hold on; expectations only describe how things are. */
const promises = (lab: Lab): readonly MustHold[] =>
  policyWishes(lab).flatMap(({ from, target, service, answer }): readonly MustHold[] => {
    if (answer !== 'yes' && answer !== 'no') return [];
    const { protocol, port = anyPort } = service;
    const { family, address: destination } = target;
    return [{ flow: { from, family, destination, protocol, port: protocol === 'icmp' ? null : port }, answer }];
  });

const isSame = (a: Flow, b: Flow): boolean =>
  a.from === b.from && a.destination === b.destination && a.protocol === b.protocol && a.port === b.port;

/** Pings among the machines nearest to the question: its two ends to all, all to its ends, then the rest. */
const otherFlows = (lab: Lab, flow: Flow, owner: string | undefined): readonly Flow[] => {
  const ends = new Set([flow.from, owner]);
  const machines = Object.values(lab.machines).toSorted((a, b) => Number(ends.has(b.name)) - Number(ends.has(a.name)));
  const flows: Flow[] = [];
  for (const sender of machines) {
    for (const machine of machines) {
      if (machine === sender || flows.length >= mostOthers) continue;
      const target = targetsOf(lab, machine).find(({ family, isMain }) => isMain && family === flow.family);
      if (target === undefined) continue;
      const { address: destination, family } = target;
      flows.push({ from: sender.name, family, destination, protocol: 'icmp', port: null });
    }
  }
  return flows;
};

const reportOf = ({ machine, change, commands, sideEffects }: Repair): RepairReport => {
  const there = commands.filter((command) => command.machine === machine);
  const command = there.map(({ argv }) => shellLine(argv)).join(' && ');
  return { machine, change, command, commands, sideEffects };
};

/** `walk`: what the flow comes to as things are. `owner`: the machine that is asked. */
export const findRepairs = (
  lab: Lab,
  model: Model,
  flow: Flow,
  walk: Walk,
  owner: string | undefined,
): readonly RepairReport[] => {
  if (walk.verdict === 'yes') return [];
  const mustHold = promises(lab);
  // What the policy denies is as it should be.
  if (mustHold.some((promise) => promise.answer === 'no' && isSame(promise.flow, flow))) return [];
  const options = {
    owners: ownersOf(lab),
    fixed: fixedStacks(lab, model),
    mustHold: mustHold.slice(0, mostPromises),
    others: otherFlows(lab, flow, owner),
    walk,
  };
  return repairsIn(model, flow, options).map(reportOf);
};
