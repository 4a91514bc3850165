/**
 * Which program serves what where a machine's files are in several dialects: the one that configures its interfaces serves
 * what it has all words for, and programs that do nothing else serve the rest. Two on one port would be one too many.
 */
import { type NetworkState, type Stack } from '../state/network-state.ts';
import { type Service } from '../state/service.ts';
import { type Dialect } from './dialect.ts';
import { normalPart } from './differences.ts';
import { stackIn } from './reading.ts';

export interface SharedServices {
  /** For the dialect that configures interfaces. */
  readonly main: NetworkState;
  /** For those beside it. */
  readonly beside: NetworkState;
}

const withServices = (state: NetworkState, stack: string, services: Stack['services']): NetworkState => ({
  ...state,
  stacks: { ...state.stacks, [stack]: { ...stackIn(state, stack), services } },
});

const isServing = ({ kind }: Service): boolean => kind === 'dhcp-server' || kind === 'router-advertiser';

/** What the dialect's own files say is served, as it reads them. */
const servedBy = (main: Dialect, state: NetworkState, stack: string): ReadonlySet<string> => {
  const { files = [] } = main.write?.(state, stack) ?? {};
  return new Set(normalPart(main.read(files, { stack }).stacks[stack]).services.map((one) => JSON.stringify(one)));
};

export const shareServices = (main: Dialect, state: NetworkState, stack: string): SharedServices => {
  const served = servedBy(main, state, stack);
  const isBeside = (service: Service): boolean => isServing(service) && !served.has(JSON.stringify(service));
  const { services } = normalPart(stackIn(state, stack));
  return {
    main: withServices(
      state,
      stack,
      services.filter((service) => !isBeside(service)),
    ),
    beside: withServices(state, stack, services.filter(isBeside)),
  };
};
