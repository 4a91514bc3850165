/** Routes and rules of other programs on a machine whose networking systemd-networkd manages. */
import { type RawFinding } from '../finding.ts';
import { type LintRule } from '../rule.ts';
import { stacksIn } from '../stacks.ts';
import { routeSubject } from '../subject.ts';
import { placeOfSubject } from '../subject.ts';

const networkd = new Set(['networkd', 'netplan']);
const others = new Set(['ifupdown', 'sysconfig', 'xen', 'networkmanager']);

export const foreignRoutes: LintRule = {
  code: 'foreign-routes',
  severity: 'warning',
  title: 'routes of another program beside systemd-networkd',
  explanation:
    'networkd removes routes and rules that it did not make, when it starts and when it is reloaded, unless networkd.conf says ManageForeignRoutes=no and ManageForeignRoutingPolicyRules=no: those of VPNs, labs, ifup and hypervisors’ scripts are gone after the next upgrade of systemd.',
  find: (input) =>
    stacksIn(input).flatMap((stack) => {
      const dialects = new Set(
        Object.entries(input.origins).flatMap(([key, { path }]) =>
          key.startsWith(`${stack.name}/`) ? (input.dialectOf.get(path) ?? []) : [],
        ),
      );
      if (![...dialects].some((name) => networkd.has(name))) return [];
      return stack.stack.routes.flatMap((route): readonly RawFinding[] => {
        const at = routeSubject(stack.name, route);
        const place = placeOfSubject(input.origins, at);
        const by = place === undefined ? undefined : input.dialectOf.get(place.path);
        if (by === undefined || !others.has(by)) return [];
        return [
          {
            stack: stack.name,
            message: `\`${stack.name}\` has a route to ${route.to} by ${by}, and systemd-networkd, which runs there too, removes what it did not make`,
            at,
            repair: {
              words: 'write the route in a .network file, or set ManageForeignRoutes=no in networkd.conf',
              edits: [],
            },
          },
        ];
      });
    }),
};
