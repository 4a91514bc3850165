/** Everybody's ping to every address of everybody else: the questions that consequences are shown with. */
import { printIp } from '../net/address.ts';
import { type Model } from '../reach/model/model.ts';
import { type Flow, type Walk } from '../reach/walk.ts';
import { walk } from '../reach/walker/walk.ts';
import { type Pair } from './finding.ts';

export interface AskedPair {
  readonly flow: Flow;
  readonly to: string;
  readonly walk: Walk;
}

/** More machines or questions than these are not walked pair by pair. */
const mostStacks = 16;
const mostQuestions = 800;

interface Target {
  readonly stack: string;
  readonly family: 4 | 6;
  readonly address: string;
}

/** Global addresses, each once; those of loopback interfaces that are more than the host's own. */
const targetsOf = (model: Model): readonly Target[] =>
  [...model.stacks.values()].flatMap(({ name, interfaces }) =>
    [...interfaces.values()].flatMap(({ addresses }) =>
      addresses
        .filter(({ scope }) => scope === 'global')
        .map(({ family, value }) => ({ stack: name, family, address: printIp({ family, value }) })),
    ),
  );

const speakers = (model: Model): readonly string[] =>
  [...model.stacks.values()].flatMap(({ name, stack, interfaces }) =>
    [...interfaces.values()].some(({ addresses }) => addresses.some(({ scope }) => scope === 'global')) ||
    stack.services.some(({ kind }) => kind === 'dhcp-client')
      ? [name]
      : [],
  );

/** Pings that a network of this size is asked; none where there are too many. */
export const pingsIn = (model: Model): readonly (readonly [Flow, string])[] => {
  const from = speakers(model);
  const targets = targetsOf(model);
  if (from.length > mostStacks || from.length * targets.length > mostQuestions) return [];
  return from.flatMap((sender) =>
    targets
      .filter(({ stack }) => stack !== sender)
      .map(
        ({ stack, family, address }) =>
          [{ from: sender, family, destination: address, protocol: 'icmp', port: null } as const, stack] as const,
      ),
  );
};

export const walkPairs = (model: Model): readonly AskedPair[] =>
  pingsIn(model).map(([flow, to]) => ({ flow, to, walk: walk(model, flow) }));

export const pairOf = ({ from, destination, protocol, port }: Flow, to: string): Pair => ({
  ...{ from, to, address: destination, protocol, port },
});
