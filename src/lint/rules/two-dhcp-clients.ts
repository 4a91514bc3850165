/** DHCP clients on several interfaces of one machine. */
import { type RawFinding } from '../finding.ts';
import { type LintRule } from '../rule.ts';
import { stacksIn } from '../stacks.ts';
import { serviceSubject } from '../subject.ts';

export const twoDhcpClients: LintRule = {
  code: 'two-dhcp-clients',
  severity: 'note',
  title: 'DHCP clients of one metric on several interfaces of one machine',
  explanation:
    'Each client sets the default route and /etc/resolv.conf when its lease is renewed, so that names and ways change without anybody having done anything. Let one of them leave routes and name servers alone ' +
    '(dhclient: a configuration of its own without `routers` and `domain-name-servers`; networkd: UseRoutes=no, UseDNS=no), or give it a greater metric.',
  find: (input) =>
    stacksIn(input).flatMap((stack) => {
      const clients = stack.stack.services.flatMap((service) => (service.kind === 'dhcp-client' ? [service] : []));
      return clients.flatMap((one, index): readonly RawFinding[] => {
        const other = clients.slice(0, index).find(({ metric }) => metric === one.metric);
        if (other === undefined) return [];
        return [
          {
            stack: stack.name,
            message: `\`${stack.name}\` asks for addresses on \`${other.interface}\` and on \`${one.interface}\`: each renewal sets routes and name servers anew`,
            at: serviceSubject(stack.name, 'dhcp-client', one.interface),
            notes: [
              { message: 'the other client is here', at: serviceSubject(stack.name, 'dhcp-client', other.interface) },
            ],
            repair: {
              words: `let \`${one.interface}\` take an address only: no routes, no name servers, or a greater metric`,
              edits: [],
            },
          },
        ];
      });
    }),
};
