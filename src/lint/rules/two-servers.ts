/** Two that give out addresses or default routes on one wire. */
import { type RawFinding } from '../finding.ts';
import { type LintInput, type LintRule } from '../rule.ts';
import { stacksIn } from '../stacks.ts';
import { serviceSubject } from '../subject.ts';
import { type DhcpServer, type RouterAdvertiser } from '../../state/service.ts';
import { ip } from '../../net/address.ts';

interface Placed<S> {
  readonly stack: string;
  readonly service: S;
}

const placed = <S extends DhcpServer | RouterAdvertiser>(input: LintInput, kind: S['kind']): readonly Placed<S>[] =>
  stacksIn(input).flatMap(({ name, stack: { services } }) =>
    services.flatMap((service) => (service.kind === kind ? [{ stack: name, service: service as S }] : [])),
  );

const pairsOn = <S extends DhcpServer | RouterAdvertiser>(
  input: LintInput,
  all: readonly Placed<S>[],
): readonly (readonly [Placed<S>, Placed<S>])[] =>
  all.flatMap((one, index) => {
    const segment = input.terrain.segmentOf(one.stack, one.service.interface);
    const other = all
      .slice(0, index)
      .find(
        ({ stack, service }) => stack !== one.stack && input.terrain.segmentOf(stack, service.interface) === segment,
      );
    return other === undefined ? [] : [[other, one] as const];
  });

/** Two servers with ranges that do not meet are a way to have one left when the other fails. */
const meet = (a: DhcpServer, b: DhcpServer): boolean =>
  ip(a.first).value <= ip(b.last).value && ip(b.first).value <= ip(a.last).value;

export const twoServers: LintRule = {
  code: 'two-servers',
  severity: 'warning',
  title: 'two DHCP servers, or two routers that advertise themselves as default, on one wire',
  explanation:
    'Clients take the first offer that comes, so that chance decides whose address and gateway they have. Two advertising routers are both default routers, and the kernel changes between them. A lab’s server that ' +
    'can be heard in the office, or an appliance that makes itself the IPv6 router of a network that has one, takes other people’s machines off the network. Servers with ranges that do not meet and one gateway are meant, and not told.',
  find: (input) => [
    ...pairsOn(input, placed<DhcpServer>(input, 'dhcp-server')).flatMap(([first, second]): readonly RawFinding[] =>
      meet(first.service, second.service) || first.service.router !== second.service.router
        ? [
            {
              stack: second.stack,
              message: `\`${second.stack}\` serves DHCP on a wire where \`${first.stack}\` does, with ${meet(first.service, second.service) ? 'a range that overlaps' : 'another router'}`,
              at: serviceSubject(second.stack, 'dhcp-server', second.service.interface),
              notes: [
                {
                  message: 'the other one is here',
                  at: serviceSubject(first.stack, 'dhcp-server', first.service.interface),
                },
              ],
              repair: { words: 'let one of them serve, or split the range between them', edits: [] },
            },
          ]
        : [],
    ),
    ...pairsOn(input, placed<RouterAdvertiser>(input, 'router-advertiser')).flatMap(
      ([first, second]): readonly RawFinding[] =>
        first.service.isDefaultRouter && second.service.isDefaultRouter
          ? [
              {
                stack: second.stack,
                message: `\`${second.stack}\` advertises itself as IPv6 default router on a wire where \`${first.stack}\` does`,
                at: serviceSubject(second.stack, 'router-advertiser', second.service.interface),
                notes: [
                  {
                    message: 'the other one is here',
                    at: serviceSubject(first.stack, 'router-advertiser', first.service.interface),
                  },
                ],
                repair: {
                  words:
                    'let one of them advertise a lifetime of 0 (no default router), or take its advertisements off this wire',
                  edits: [],
                },
              },
            ]
          : [],
    ),
  ],
};
