/** A route that takes a network for on-link, although it is behind a router on that wire. */
import { printIp } from '../../net/address.ts';
import { prefix, printPrefix } from '../../net/prefix.ts';
import { type StackModel } from '../../reach/model/model.ts';
import { type Route } from '../../state/network-state.ts';
import { type RawFinding } from '../finding.ts';
import { type LintInput, type LintRule } from '../rule.ts';
import { addressesOf, isOneSegment, othersOn, stacksIn, subnetOf } from '../stacks.ts';
import { routeSubject } from '../subject.ts';
import { containsIp } from '../../net/prefix.ts';

interface Router {
  readonly name: string;
  /** On the wire of the route. */
  readonly via: string;
  readonly behind: string;
  readonly hasOthers: boolean;
}

/** A neighbour with that network on another interface of its. */
const routerFor = (input: LintInput, stack: StackModel, route: Route): Router | undefined => {
  const it = route.dev === undefined ? undefined : stack.interfaces.get(route.dev);
  if (it === undefined) return undefined;
  for (const { stack: name, it: near, address } of othersOn(input, it)) {
    const other = input.model.stacks.get(name);
    if (other === undefined || address.family !== route.family || address.scope !== 'global') continue;
    if (!addressesOf(stack, route.family).some((own) => own.it.name === it.name && containsIp(subnetOf(own), address)))
      continue;
    const inner = addressesOf(other, route.family).find(
      (own) => !isOneSegment(input, own.it, near) && printPrefix(subnetOf(own)) === route.to,
    );
    if (inner === undefined) continue;
    const hasOthers = othersOn(input, inner.it).some(({ stack: far }) => far !== stack.name);
    return { name, via: printIp(address), behind: inner.it.name, hasOthers };
  }
  return undefined;
};

const findingFor = (input: LintInput, stack: StackModel, route: Route): readonly RawFinding[] => {
  if (
    route.via !== undefined ||
    route.nexthops !== undefined ||
    route.type !== 'unicast' ||
    prefix(route.to).length >= (route.family === 4 ? 31 : 127)
  )
    return [];
  const router = routerFor(input, stack, route);
  if (router === undefined) return [];
  return [
    {
      stack: stack.name,
      ...(router.hasOthers ? {} : { severity: 'warning' as const }),
      message: `\`${stack.name}\` takes ${route.to} to be on its link \`${route.dev ?? ''}\`, and it is behind \`${router.name}\` (\`${router.behind}\`): it reaches \`${router.name}\` there, and nobody else`,
      at: routeSubject(stack.name, route),
      repair: {
        words: `lead it by the router: ${route.to} via ${router.via}`,
        edits: [{ kind: 'replace-route', stack: stack.name, was: route, route: { ...route, via: router.via } }],
      },
    },
  ];
};

export const onlinkBehindRouter: LintRule = {
  code: 'onlink-behind-router',
  severity: 'error',
  title: 'a route that takes a network behind a router for on-link',
  explanation:
    '`route add -net … dev eth0` without a gateway says that every address of the network is a neighbour: the machine asks for each of them by ARP. The router answers for its own address there, since Linux answers for all its addresses on all its interfaces, so that a ping to the router works and the route looks right. ' +
    'Nobody answers for the machines behind it, and their packets are not answered either. It needs `gw`, or `via`, with the router’s address on this wire.',
  find: (input) =>
    stacksIn(input).flatMap((stack) => stack.stack.routes.flatMap((route) => findingFor(input, stack, route))),
};
