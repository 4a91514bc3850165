/** Requests that arrive, and answers that do not find their way back, for want of one route. */
import { containsIp } from '../../net/prefix.ts';
import { editedModel } from '../../reach/repair/edited.ts';
import { type Flow } from '../../reach/walk.ts';
import { walk } from '../../reach/walker/walk.ts';
import { type Edit } from '../../reach/repair/edit.ts';
import { type Route } from '../../state/network-state.ts';
import { type RawFinding } from '../finding.ts';
import { culpritOf, type MendablePair } from '../mendable.ts';
import { type LintInput, type LintRule } from '../rule.ts';
import { addressesOf, isDefault, isOneSegment, subnetOf, subnetText } from '../stacks.ts';
import { noDefaultRoute } from './no-default-route.ts';
import { routeSubject, stackSubject } from '../subject.ts';

type RouteEdit = Extract<Edit, { kind: 'add-route' | 'replace-route' }>;

const isRouteEdit = (edit: Edit): edit is RouteEdit => edit.kind === 'add-route' || edit.kind === 'replace-route';

/** A route to one machine is how a proxy is mended, which has a rule of its own. */
const isSingle = ({ to }: Route): boolean => to.endsWith('/32') || to.endsWith('/128');

const wayText = ({ via, dev }: Route): string =>
  [...(via === undefined ? [] : [`via ${via}`]), ...(dev === undefined ? [] : [`dev ${dev}`])].join(' ');

/** The route that leads the answer back the way that the question came: to the asker’s subnet, by who passed it on. */
const plainRoute = (input: LintInput, { pair, walk: before }: MendablePair): readonly RouteEdit[] => {
  const culprit = input.model.stacks.get(culpritOf(input.outside.fixed, before) ?? '');
  const asker = input.model.stacks.get(pair.from);
  if (culprit === undefined || asker === undefined || before.seenSource === null) return [];
  const family = pair.address.includes(':') ? 6 : 4;
  const source = addressesOf(asker, family).find(({ text }) => text === before.seenSource);
  if (source === undefined) return [];
  const passers = [...new Set(before.forward.map(({ stack }) => stack))].filter(
    (name) => name !== pair.from && name !== culprit.name,
  );
  const ways = passers.toReversed().flatMap((name) => {
    const passer = input.model.stacks.get(name);
    return addressesOf(culprit, family).flatMap((mine) =>
      (passer === undefined ? [] : addressesOf(passer, family))
        .filter(({ address, it }) => containsIp(subnetOf(mine), address) && isOneSegment(input, mine.it, it))
        .map(({ text }) => ({ via: text, dev: mine.it.name })),
    );
  });
  return ways.map(({ via, dev }): RouteEdit => ({
    ...{ kind: 'add-route', stack: culprit.name },
    route: { family, to: subnetText(source), type: 'unicast', via, dev, metric: family === 4 ? 0 : 1024, table: 254 },
  }));
};

const mends = (input: LintInput, edit: Edit, { pair: { from, address } }: MendablePair): boolean => {
  const flow: Flow = {
    from,
    family: address.includes(':') ? 6 : 4,
    destination: address,
    protocol: 'icmp',
    port: null,
  };
  return walk(editedModel(input.model, [edit]), flow, { isTraced: false }).verdict === 'yes';
};

const routeFor = (input: LintInput, mendable: MendablePair): RouteEdit | undefined => {
  const plain = plainRoute(input, mendable).find((edit) => !isSingle(edit.route) && mends(input, edit, mendable));
  if (plain !== undefined) return plain;
  const [edit, ...more] =
    mendable.repairs.find(({ edits }) => edits.every((one) => isRouteEdit(one) && !isSingle(one.route)))?.edits ?? [];
  return edit !== undefined && isRouteEdit(edit) && more.length === 0 ? edit : undefined;
};

export const missingReturnRoute: LintRule = {
  code: 'missing-return-route',
  severity: 'error',
  title: 'a request arrives, and the answer is lost for want of a route back',
  explanation:
    'Routing is two ways: who answers looks up the asker’s address in its own table. A network behind a router that only the router knows is reached by its packets and answers nobody, since the answer goes to the default gateway, which passes it to the internet. ' +
    'It is one route on one machine: to the network behind, by the router. Who does not own that machine translates instead (NAT).',
  find: (input) => {
    const told = new Set<string>();
    // Who has no default route lacks that.
    const homeless = new Set(
      noDefaultRoute
        .find(input)
        .flatMap(({ stack, repair }) =>
          (repair?.edits ?? []).filter(isRouteEdit).map(({ route }) => `${stack} ${route.family}`),
        ),
    );
    return input.mendable().flatMap((mendable): readonly RawFinding[] => {
      const { pair, walk: before } = mendable;
      const edit = routeFor(input, mendable);
      if (edit === undefined || edit.stack === pair.from || homeless.has(`${edit.stack} ${edit.route.family}`))
        return [];
      // A route that takes the network for on-link has a rule of its own.
      if (edit.kind === 'replace-route' && edit.was.via === undefined) return [];
      const key = `${edit.stack} ${edit.route.to}`;
      if (told.has(key)) return [];
      told.add(key);
      const stoppedAt = before.stop?.stack ?? '';
      return [
        {
          stack: edit.stack,
          message: `\`${edit.stack}\` has no route back to ${isDefault(edit.route) ? (before.seenSource ?? 'the asker') : edit.route.to}: what \`${pair.from}\` asks of \`${pair.to}\` (${pair.address}) arrives, and the answer is lost${stoppedAt === edit.stack ? '' : ` at \`${stoppedAt}\``}`,
          at: edit.kind === 'replace-route' ? routeSubject(edit.stack, edit.was) : stackSubject(edit.stack),
          repair: {
            words: `add the route ${edit.route.to} ${wayText(edit.route)} on \`${edit.stack}\``,
            edits: [edit],
          },
        },
      ];
    });
  },
};
