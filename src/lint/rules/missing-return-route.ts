/** Requests that arrive, and answers that do not find their way back, for want of one route. */
import { type Edit } from '../../reach/repair/edit.ts';
import { type Route } from '../../state/network-state.ts';
import { type RawFinding } from '../finding.ts';
import { type LintRule } from '../rule.ts';
import { isDefault } from '../stacks.ts';
import { routeSubject, stackSubject } from '../subject.ts';

type RouteEdit = Extract<Edit, { kind: 'add-route' | 'replace-route' }>;

const isRouteEdit = (edit: Edit): edit is RouteEdit => edit.kind === 'add-route' || edit.kind === 'replace-route';

const wayText = ({ via, dev }: Route): string =>
  [...(via === undefined ? [] : [`via ${via}`]), ...(dev === undefined ? [] : [`dev ${dev}`])].join(' ');

export const missingReturnRoute: LintRule = {
  code: 'missing-return-route',
  severity: 'error',
  title: 'a request arrives, and the answer is lost for want of a route back',
  explanation:
    'Routing is two ways: who answers looks up the asker’s address in its own table. A network behind a router that only the router knows is reached by its packets and answers nobody, since the answer goes to the default gateway, which passes it to the internet. ' +
    'It is one route on one machine: to the network behind, by the router. Who does not own that machine translates instead (NAT).',
  find: (input) => {
    const told = new Set<string>();
    return input.mendable().flatMap(({ pair, walk, repair }): readonly RawFinding[] => {
      const edits = repair.edits.filter(isRouteEdit);
      const [edit] = edits;
      if (edit === undefined || edits.length !== repair.edits.length || edit.stack === pair.from) return [];
      // A route that takes the network for on-link has a rule of its own.
      if (edit.kind === 'replace-route' && edit.was.via === undefined) return [];
      const key = `${edit.stack} ${edit.route.to}`;
      if (told.has(key)) return [];
      told.add(key);
      const stoppedAt = walk.stop?.stack ?? '';
      return [
        {
          stack: edit.stack,
          message: `\`${edit.stack}\` has no route back to ${isDefault(edit.route) ? (walk.seenSource ?? 'the asker') : edit.route.to}: what \`${pair.from}\` asks of \`${pair.to}\` (${pair.address}) arrives, and the answer is lost${stoppedAt === edit.stack ? '' : ` at \`${stoppedAt}\``}`,
          at: edit.kind === 'replace-route' ? routeSubject(edit.stack, edit.was) : stackSubject(edit.stack),
          repair: {
            words: `add the route ${edit.route.to} ${wayText(edit.route)} on \`${edit.stack}\``,
            edits: repair.edits,
          },
        },
      ];
    });
  },
};
