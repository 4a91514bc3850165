/** A rule or route that names an address which DHCP gives to whoever comes first. */
import { ip } from '../../net/address.ts';
import { type DhcpServer } from '../../state/service.ts';
import { rulesOf } from '../filters.ts';
import { type RawFinding, type Subject } from '../finding.ts';
import { type LintInput, type LintRule } from '../rule.ts';
import { stacksIn } from '../stacks.ts';
import { routeSubject, ruleSubject, serviceSubject } from '../subject.ts';

interface Use {
  readonly stack: string;
  readonly address: string;
  readonly what: string;
  readonly at: Subject;
}

const singles = (prefixes: readonly string[]): readonly string[] =>
  prefixes.flatMap((text) => (text.endsWith('/32') ? [text.slice(0, -3)] : []));

const usesIn = (input: LintInput): readonly Use[] =>
  stacksIn(input).flatMap(({ name, stack }) => [
    ...rulesOf(stack).flatMap(({ table, chain, index, rule }) => {
      const matched = rule.matches.flatMap((match) =>
        (match.kind === 'source' || match.kind === 'destination') && match.family === 4 ? singles(match.prefixes) : [],
      );
      const translated =
        rule.verdict.kind === 'dnat' && !rule.verdict.address.includes(':') ? [rule.verdict.address] : [];
      return [...matched, ...translated].map((address) => ({
        ...{ stack: name, address, what: 'a rule' },
        at: ruleSubject(name, table, chain, index),
      }));
    }),
    ...stack.routes.flatMap((route) =>
      route.via === undefined || route.family !== 4
        ? []
        : [{ stack: name, address: route.via, what: 'a route', at: routeSubject(name, route) }],
    ),
  ]);

const isDynamic = ({ first, last, reservations, router }: DhcpServer, address: string): boolean => {
  const { value } = ip(address);
  return (
    value >= ip(first).value &&
    value <= ip(last).value &&
    address !== router &&
    !reservations.some((kept) => kept.address === address)
  );
};

export const leasedAddressNamed: LintRule = {
  code: 'leased-address-named',
  severity: 'warning',
  title: 'a rule or route that names an address of a DHCP range which nobody has reserved',
  explanation:
    'The address belongs to whoever asked first: after a rebuild the guest has another one, and the rule opens the port of somebody else. A reservation for the MAC of the machine that is meant keeps both together.',
  find: (input) => {
    const servers = stacksIn(input).flatMap(({ name, stack: { services } }) =>
      services.flatMap((service) => (service.kind === 'dhcp-server' ? [{ name, service }] : [])),
    );
    const isStatic = (address: string): boolean =>
      Object.values(input.state.stacks).some(({ interfaces }) =>
        Object.values(interfaces).some(({ addresses }) => addresses.some((own) => own.address === address)),
      );
    return usesIn(input).flatMap(({ stack, address, what, at }): readonly RawFinding[] => {
      const server = servers.find(({ service }) => isDynamic(service, address));
      if (server === undefined || isStatic(address)) return [];
      return [
        {
          stack,
          message: `\`${stack}\` has ${what} for ${address}, which \`${server.name}\` gives to whoever asks by DHCP`,
          at,
          notes: [
            {
              message: 'the range is said here',
              at: serviceSubject(server.name, 'dhcp-server', server.service.interface),
            },
          ],
          repair: { words: `reserve ${address} for the MAC of the machine that is meant`, edits: [] },
        },
      ];
    });
  },
};
