/** A machine that serves DHCP or advertises itself on the wire that its own default route leads out by. */
import { type RawFinding } from '../finding.ts';
import { type LintRule } from '../rule.ts';
import { isDefault, stacksIn } from '../stacks.ts';
import { serviceSubject } from '../subject.ts';

export const servesUplink: LintRule = {
  code: 'serves-uplink',
  severity: 'warning',
  title: 'DHCP or router advertisements on the wire of the machine’s own default route',
  explanation:
    'The wire that a machine has its own router on belongs to that router: whoever hears the lab’s DHCP offers or advertisements there takes an address and a gateway from the wrong one. A server that is bound to no ' +
    'interface listens on all of them.',
  find: (input) =>
    stacksIn(input).flatMap((stack) =>
      stack.stack.services.flatMap((service): readonly RawFinding[] => {
        if (service.kind !== 'dhcp-server' && service.kind !== 'router-advertiser') return [];
        if (service.kind === 'router-advertiser' && !service.isDefaultRouter) return [];
        const family = service.kind === 'dhcp-server' ? 4 : 6;
        const isUplink =
          stack.stack.routes.some(
            (route) =>
              route.family === family && isDefault(route) && route.dev === service.interface && route.via !== undefined,
          ) ||
          (family === 4 &&
            stack.stack.services.some(
              (other) => other.kind === 'dhcp-client' && other.interface === service.interface,
            ));
        // An address server that is no router tells the clients of its own one.
        const tellsRouter =
          service.kind === 'dhcp-server' &&
          stack.stack.routes.some(
            (route) => isDefault(route) && route.via !== undefined && route.via === service.router,
          );
        if (!isUplink || tellsRouter) return [];
        return [
          {
            stack: stack.name,
            message: `\`${stack.name}\` ${service.kind === 'dhcp-server' ? 'serves DHCP' : 'advertises itself as IPv6 router'} on \`${service.interface}\`, where its own default route leads`,
            at: serviceSubject(stack.name, service.kind, service.interface),
            repair: {
              words: 'bind the server to the interface of its guests (dnsmasq: interface=, bind-interfaces)',
              edits: [],
            },
          },
        ];
      }),
    ),
};
