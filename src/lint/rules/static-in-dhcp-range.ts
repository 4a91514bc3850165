/** A static address inside of what a DHCP server on the wire gives out. */
import { ip } from '../../net/address.ts';
import { type RawFinding } from '../finding.ts';
import { type LintRule } from '../rule.ts';
import { stacksIn } from '../stacks.ts';
import { addressSubject, serviceSubject } from '../subject.ts';

export const staticInDhcpRange: LintRule = {
  code: 'static-in-dhcp-range',
  severity: 'warning',
  title: 'a static address inside of a DHCP server’s range',
  explanation:
    'The server does not know of it, and gives it to the next machine that asks, unless that one happens to be up and answers the server’s ping first. libvirt’s default range is the whole subnet. A reservation ' +
    'for the machine’s MAC keeps the address for it.',
  find: (input) => {
    const own = stacksIn(input);
    return own.flatMap((server) =>
      server.stack.services.flatMap((service): readonly RawFinding[] => {
        if (service.kind !== 'dhcp-server') return [];
        const segment = input.terrain.segmentOf(server.name, service.interface);
        const [first, last] = [ip(service.first).value, ip(service.last).value];
        return own.flatMap((stack) =>
          Object.entries(stack.stack.interfaces).flatMap(([name, it]) => {
            if (input.terrain.segmentOf(stack.name, name) !== segment) return [];
            return it.addresses.flatMap(({ family, address }): readonly RawFinding[] => {
              if (family !== 4 || ip(address).value < first || ip(address).value > last) return [];
              if (service.reservations.some((kept) => kept.address === address)) return [];
              // A server never gives away its own (dnsmasq, Kea).
              if (stack.name === server.name && name === service.interface) return [];
              return [
                {
                  stack: stack.name,
                  message: `\`${stack.name}\` has the static address ${address}, which \`${server.name}\` gives out by DHCP (${service.first} to ${service.last})`,
                  at: addressSubject(stack.name, name, address),
                  notes: [
                    {
                      message: 'the range is said here',
                      at: serviceSubject(server.name, 'dhcp-server', service.interface),
                    },
                  ],
                  repair: {
                    words: `end the range before it, or reserve ${address} for the MAC of \`${stack.name}\``,
                    edits: [],
                  },
                },
              ];
            });
          }),
        );
      }),
    );
  },
};
