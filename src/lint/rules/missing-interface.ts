/** A rule, route or service that names an interface which the machine does not have. */
import { rulesOf } from '../filters.ts';
import { type RawFinding, type Subject } from '../finding.ts';
import { type LintRule } from '../rule.ts';
import { stacksIn } from '../stacks.ts';
import { type StackModel } from '../../reach/model/model.ts';
import { routeSubject, ruleSubject, serviceSubject } from '../subject.ts';

/** Names of interfaces that come and go with guests, calls and containers. */
const comesAndGoes = /^(?:ppp|tun|tap|vnet|vif|veth|wg|docker|br-|cali|lxc|ipsec|virbr|wlan|wwan|usb|xen|lo)|\*$/;

interface Naming {
  readonly name: string;
  readonly what: string;
  readonly at: Subject;
}

const namings = ({ name: stack, stack: own }: StackModel): readonly Naming[] => [
  ...rulesOf(own).flatMap(({ table, chain, index, rule }) =>
    rule.matches.flatMap((match) =>
      'names' in match
        ? match.names.map((name) => ({
            name,
            what: `a rule of \`${chain}\``,
            at: ruleSubject(stack, table, chain, index),
          }))
        : [],
    ),
  ),
  ...own.routes.flatMap((route) =>
    [route.dev, ...(route.nexthops ?? []).map(({ dev }) => dev)].flatMap((name) =>
      name === undefined ? [] : [{ name, what: `a route to ${route.to}`, at: routeSubject(stack, route) }],
    ),
  ),
  ...own.services.flatMap((service) =>
    'interface' in service
      ? [
          {
            name: service.interface,
            what: `a ${service.kind.replaceAll('-', ' ')}`,
            at: serviceSubject(stack, service.kind, service.interface),
          },
        ]
      : [],
  ),
];

export const missingInterface: LintRule = {
  code: 'missing-interface',
  severity: 'warning',
  title: 'a rule, route or service for an interface that the machine does not have',
  explanation:
    'Filters take any name, so that a rule for an interface that was renamed (eth0 to enp3s0), or for one that a tool has taken away, is silent and does nothing; a route by it is refused, and a server does not start. Rules that a tool has left behind are ' +
    'told here as well. Interfaces that come and go (tap, vnet, vif, ppp, wg, docker …) are not.',
  find: (input) =>
    stacksIn(input).flatMap((stack) => {
      // Files of a filter alone say nothing about what interfaces there are.
      if ([...stack.interfaces.values()].every(({ it }) => it.kind === 'loopback')) return [];
      const told = new Set<string>();
      return namings(stack).flatMap(({ name, what, at }): readonly RawFinding[] => {
        if (stack.interfaces.has(name) || comesAndGoes.test(name) || told.has(name)) return [];
        told.add(name);
        return [
          {
            stack: stack.name,
            message: `\`${stack.name}\` has ${what} for \`${name}\`, and no interface of that name`,
            at,
            repair: {
              words: `name one that there is: ${[...stack.interfaces.keys()].filter((it) => it !== 'lo').join(', ')}`,
              edits: [],
            },
          },
        ];
      });
    }),
};
