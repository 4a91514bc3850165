/** Two default routes of one family and metric in one table: which one counts is settled by order. */
import { type Family } from '../../net/address.ts';
import { type StackModel } from '../../reach/model/model.ts';
import { type NetworkState, type Route } from '../../state/network-state.ts';
import { type RawFinding, type Subject } from '../finding.ts';
import { type LintRule } from '../rule.ts';
import { families, isDefault, stacksIn, withoutRoute, withStack } from '../stacks.ts';
import { routeSubject, serviceSubject } from '../subject.ts';

interface Way {
  readonly text: string;
  readonly dev: string;
  readonly metric: number;
  readonly at: Subject;
  readonly remove: (state: NetworkState) => NetworkState;
}

const written = (stack: string, route: Route): Way => ({
  text: `via ${route.via ?? 'the link'}`,
  dev: route.dev ?? '',
  metric: route.metric,
  at: routeSubject(stack, route),
  remove: (state) => withoutRoute(state, stack, route),
});

/** A DHCP client brings a default route; whether the server names a router is not known where the server is not. */
const byDhcp = (stack: string, dev: string, metric: number): Way => ({
  text: 'by DHCP',
  ...{ dev, metric, at: serviceSubject(stack, 'dhcp-client', dev) },
  remove: (state) =>
    withStack(state, stack, (own) => ({
      ...own,
      services: own.services.filter(
        ({ kind, ...it }) => kind !== 'dhcp-client' || !('interface' in it) || it.interface !== dev,
      ),
    })),
});

const waysOf = ({ name, stack }: StackModel, family: Family): readonly Way[] => [
  ...stack.services.flatMap((service) =>
    service.kind === 'dhcp-client' && family === 4 ? [byDhcp(name, service.interface, service.metric)] : [],
  ),
  ...stack.routes
    .filter((route) => route.family === family && isDefault(route) && route.table === 254 && route.type === 'unicast')
    .map((route) => written(name, route)),
];

const findingIn = (stack: string, family: Family, ways: readonly Way[]): readonly RawFinding[] =>
  ways.flatMap((way, index) => {
    const first = ways.slice(0, index).find(({ dev, metric }) => metric === way.metric && dev !== way.dev);
    if (first === undefined) return [];
    return [
      {
        stack,
        message: `\`${stack}\` has two IPv${family} default routes of one metric: ${first.text} on \`${first.dev}\`, and ${way.text} on \`${way.dev}\``,
        at: way.at,
        notes: [{ message: 'the other one comes from here', at: first.at }],
        repair: {
          words: `take the gateway off \`${way.dev}\`, or give it a greater metric; answers that must leave by \`${way.dev}\` need a rule by source and a table of their own`,
          edits: [],
          mend: way.remove,
        },
      },
    ];
  });

export const twoDefaultRoutes: LintRule = {
  code: 'two-default-routes',
  severity: 'warning',
  title: 'two default routes of one metric on different interfaces',
  explanation:
    'The kernel keeps one IPv4 default route of a metric: the second `ip route add` fails with “File exists”, and ifup stops there. Where both get in, ' +
    'the order in which DHCP and ifup happened to run decides by which interface packets leave, and answers leave by another one than questions came in. ' +
    'A firewall that keeps state, a provider that filters by source and `rp_filter` then drop them.',
  find: (input) =>
    stacksIn(input).flatMap((stack) =>
      families.flatMap((family) => findingIn(stack.name, family, waysOf(stack, family))),
    ),
};
