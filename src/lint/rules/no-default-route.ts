/** A machine without a default route, beside a router that has one. */
import { printIp, type Family } from '../../net/address.ts';
import { containsIp } from '../../net/prefix.ts';
import { type StackModel } from '../../reach/model/model.ts';
import { type RawFinding } from '../finding.ts';
import { type LintRule } from '../rule.ts';
import { addressesOf, families, isDefault, othersOn, stacksIn, subnetOf } from '../stacks.ts';
import { stackSubject } from '../subject.ts';

/** Whether it has a default route that does not come back here. */
const leadsOn = ({ stack: { routes } }: StackModel, family: Family, here: ReadonlySet<string>): boolean =>
  routes.some(
    (route) => route.family === family && isDefault(route) && (route.via === undefined || !here.has(route.via)),
  );

export const noDefaultRoute: LintRule = {
  code: 'no-default-route',
  severity: 'note',
  title: 'a machine without a default route on the wire of a router',
  explanation:
    'Without a default route a machine reaches its own wires only, and says “Network is unreachable” for the rest; it also cannot answer whoever asks from farther away. On a host-only wire that is meant, which is why this is a note.',
  find: (input) =>
    stacksIn(input).flatMap((stack) =>
      families.flatMap((family): readonly RawFinding[] => {
        const learned = (input.model.facts.routes ?? []).filter((route) => route.stack === stack.name);
        if ([...stack.stack.routes, ...learned].some((route) => route.family === family && isDefault(route))) return [];
        if (stack.stack.services.some(({ kind }) => kind === 'dhcp-client')) return [];
        const own = addressesOf(stack, family).filter(({ prefixLength }) => prefixLength < (family === 4 ? 32 : 128));
        const router = own
          .flatMap(({ it }) => othersOn(input, it).map((leg) => ({ leg, it })))
          .find(({ leg, it }) => {
            const other = input.model.stacks.get(leg.stack);
            return (
              other !== undefined &&
              leg.address.family === family &&
              leg.address.scope === 'global' &&
              leadsOn(other, family, new Set(own.map(({ text }) => text))) &&
              own.some((one) => one.it.name === it.name && containsIp(subnetOf(one), leg.address))
            );
          });
        if (router === undefined) return [];
        const via = printIp(router.leg.address);
        return [
          {
            stack: stack.name,
            message: `\`${stack.name}\` has no IPv${family} default route, and \`${router.leg.stack}\` (${via}) on its wire is a router`,
            at: stackSubject(stack.name),
            repair: {
              words: `add the default route by ${via}`,
              edits: [
                {
                  ...{ kind: 'add-route', stack: stack.name },
                  route: {
                    family,
                    to: family === 4 ? '0.0.0.0/0' : '::/0',
                    type: 'unicast',
                    via,
                    dev: router.it.name,
                    metric: family === 4 ? 0 : 1024,
                    table: 254,
                  },
                },
              ],
            },
          },
        ];
      }),
    ),
};
