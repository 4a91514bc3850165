/** A DHCP range, reservation or router that is in no subnet of the interface that the server listens on. */
import { ip } from '../../net/address.ts';
import { containsIp } from '../../net/prefix.ts';
import { type RawFinding } from '../finding.ts';
import { type LintRule } from '../rule.ts';
import { addressesOf, stacksIn, subnetOf, subnetText } from '../stacks.ts';
import { serviceSubject } from '../subject.ts';

export const dhcpRangeOutside: LintRule = {
  code: 'dhcp-range-outside',
  severity: 'error',
  title: 'a DHCP server that gives out what does not fit its interface, or has no address there',
  explanation:
    'A server chooses the range by the subnet of the interface that the question comes in by: one without an address there, or with ranges of another subnet, says “no address range available” and is silent. ' +
    'A router outside of the client’s subnet cannot become its gateway.',
  find: (input) =>
    stacksIn(input).flatMap((stack) =>
      stack.stack.services.flatMap((service): readonly RawFinding[] => {
        if (service.kind !== 'dhcp-server') return [];
        const own = addressesOf(stack, 4).filter(({ it }) => it.name === service.interface);
        const at = serviceSubject(stack.name, 'dhcp-server', service.interface);
        if (own.length === 0)
          return [
            {
              stack: stack.name,
              message: `\`${stack.name}\` serves DHCP on \`${service.interface}\`, and has no IPv4 address there`,
              at,
              repair: { words: `give \`${service.interface}\` an address of the subnet that it serves`, edits: [] },
            },
          ];
        const outside = [
          service.first,
          service.last,
          ...(service.router === undefined ? [] : [service.router]),
          ...service.reservations.map(({ address }) => address),
        ].filter((text) => !own.some((one) => containsIp(subnetOf(one), ip(text))));
        const [first] = outside;
        if (first === undefined) return [];
        return [
          {
            stack: stack.name,
            message: `\`${stack.name}\` gives out ${[...new Set(outside)].join(', ')} on \`${service.interface}\`, whose subnet is ${own.map(subnetText).join(', ')}`,
            at,
            repair: { words: `give out addresses of ${own.map(subnetText).join(' or ')}`, edits: [] },
          },
        ];
      }),
    ),
};
