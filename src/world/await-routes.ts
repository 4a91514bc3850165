/**
 * Waits, within bounds, for the routes that routing daemons come to by prediction: a network without them answers to nobody's
 * questions as it will at rest.
 */
import { socketOf, type Kernel } from '../linux/kernel.ts';
import { readRoutesWithMakers } from '../linux/rtnetlink-read.ts';
import { unlessLost } from '../linux/stack-door.ts';
import { type NetworkState } from '../state/network-state.ts';

const RTPROT_BIRD = 12;

interface AwaitedRoute {
  readonly stack: string;
  /** A prefix, and by which gateway. */
  readonly to: string;
  readonly via: string | undefined;
}

const findsRoutes = ({ stacks }: NetworkState): boolean =>
  Object.values(stacks).some(({ services }) => services.some(({ kind }) => kind === 'routing-daemon'));

/** All routes that daemons will have found once the network is at rest. */
const routesToCome = async (desired: NetworkState): Promise<readonly AwaitedRoute[]> => {
  if (!findsRoutes(desired)) return [];
  // Loaded late: few networks find routes, and the others shall not wait for what predicts them.
  const { settledFacts } = await import('../reach/settled.ts');
  return (settledFacts(desired).routes ?? []).flatMap(({ from, stack, to, via }) =>
    from === 'ospf' || from === 'bgp' ? [{ stack, to, via }] : [],
  );
};

/** Of stacks that do not answer, nothing is missing. */
const missingOf = (kernel: Kernel, stack: string, awaited: readonly AwaitedRoute[]): readonly AwaitedRoute[] =>
  unlessLost(() => {
    const routes = readRoutesWithMakers(socketOf(kernel, stack));
    const given = new Set(
      routes.filter(({ protocol }) => protocol === RTPROT_BIRD).map(({ route }) => `${route.to} ${route.via}`),
    );
    return awaited.filter((route) => route.stack === stack && !given.has(`${route.to} ${route.via}`));
  }) ?? [];

/** A router tells of itself once in five seconds at most (MinLSInterval, RFC 2328 appendix B), and has to do so several times. */
const patienceMs = 30_000;
const lookEveryMs = 100;

export const untilRouted = async (kernel: Kernel, desired: NetworkState): Promise<void> => {
  let awaited = await routesToCome(desired);
  for (const end = Date.now() + patienceMs; awaited.length > 0 && Date.now() < end;) {
    awaited = [...new Set(awaited.map(({ stack }) => stack))].flatMap((stack) => missingOf(kernel, stack, awaited));
    if (awaited.length > 0) await new Promise((resolve) => setTimeout(resolve, lookEveryMs));
  }
};
