/** Routes in a file for an interface that no file makes. */
import { makerOf } from '../domains.ts';
import { type RawFinding } from '../finding.ts';
import { type LintRule } from '../rule.ts';
import { stacksIn, withoutRoute } from '../stacks.ts';
import { placeOfSubject, routeSubject } from '../subject.ts';

/** ifcfg(5), routes(5) of SUSE, and Red Hat’s route-NAME. */
const fileName = /\/(?:ifroute|route6?)-([^/]+)$/;

export const unusedRouteFile: LintRule = {
  code: 'unused-route-file',
  severity: 'error',
  title: 'routes in a file that belongs to an interface which is never brought up',
  explanation:
    'ifroute-br0 is read when br0 is brought up, whatever interfaces its lines name: without an ifcfg-br0 nobody ever reads it, and the default route that is in it is not there after the next boot. Routes for all interfaces stand in `routes`.',
  find: (input) =>
    stacksIn(input).flatMap((stack) => {
      const told = new Set<string>();
      return stack.stack.routes.flatMap((route): readonly RawFinding[] => {
        const at = routeSubject(stack.name, route);
        const place = placeOfSubject(input.origins, at);
        const [, name] = fileName.exec(place?.path ?? '') ?? [];
        if (place === undefined || name === undefined || told.has(place.path)) return [];
        // A bridge that a guest’s file names is made by nobody.
        if (stack.interfaces.has(name) && makerOf(input, stack.name, name) !== 'domain') return [];
        told.add(place.path);
        const lost = stack.stack.routes.filter(
          (other) => placeOfSubject(input.origins, routeSubject(stack.name, other))?.path === place.path,
        );
        return [
          {
            stack: stack.name,
            message: `\`${name}\`, whose routes these are, is no interface of \`${stack.name}\`: nobody reads the file`,
            at,
            elsewhere: {
              when: 'once the machine has booted',
              mend: (state) => lost.reduce((now, one) => withoutRoute(now, stack.name, one), state),
            },
            repair: {
              words: `name the file after ${route.dev === undefined ? 'the interface' : `\`${route.dev}\``}, or write its lines to \`routes\``,
              edits: [],
            },
          },
        ];
      });
    }),
};
