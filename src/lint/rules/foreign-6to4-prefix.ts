/** An address of 6to4 whose IPv4 part is not the machine’s own. */
import { ip, printIp } from '../../net/address.ts';
import { containsIp, prefix } from '../../net/prefix.ts';
import { type RawFinding } from '../finding.ts';
import { type LintRule } from '../rule.ts';
import { addressesOf, interfacesOf, stacksIn } from '../stacks.ts';
import { addressSubject } from '../subject.ts';

const sixToFour = prefix('2002::/16');

export const foreign6to4Prefix: LintRule = {
  code: 'foreign-6to4-prefix',
  severity: 'warning',
  title: 'a 6to4 address made of an IPv4 address that the machine does not have',
  explanation:
    'The far end of 6to4 is found from the address itself: whoever answers 2002:V4:: sends protocol 41 to V4. Where V4 is the outside address of a router that translates, that router must pass protocol 41 on to the machine; most pass on only what answers something that was sent to the very same relay.',
  find: (input) =>
    stacksIn(input).flatMap((stack) => {
      // Machines behind the router have addresses of its prefix.
      if (!interfacesOf(stack).some(({ it }) => it.tunnel?.mode === 'sit')) return [];
      const own = new Set(addressesOf(stack, 4).map(({ address }) => address.value));
      const told = new Set<bigint>();
      return interfacesOf(stack).flatMap(({ name, it }) =>
        it.addresses.flatMap(({ family, address }): readonly RawFinding[] => {
          if (family !== 6 || !containsIp(sixToFour, ip(address))) return [];
          const four = (ip(address).value >> 80n) & 0xffffffffn;
          if (own.has(four) || told.has(four)) return [];
          told.add(four);
          return [
            {
              stack: stack.name,
              message: `\`${stack.name}\` has the 6to4 address ${address}, which belongs to ${printIp({ family: 4, value: four })}: that is not an address of its own`,
              at: addressSubject(stack.name, name, address),
              repair: {
                words:
                  'let the router that has the address pass protocol 41 on to this machine, or use a tunnel that works behind NAT',
                edits: [],
              },
            },
          ];
        }),
      );
    }),
};
