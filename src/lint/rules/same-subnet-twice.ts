/** Two interfaces of one machine in one subnet and on one wire. */
import { overlaps } from '../../net/prefix.ts';
import { type RawFinding } from '../finding.ts';
import { type InterfaceModel, type StackModel } from '../../reach/model/model.ts';
import { type LintInput, type LintRule } from '../rule.ts';
import {
  addressesOf,
  isCard,
  isOneSegment,
  othersOn,
  stacksIn,
  subnetOf,
  subnetText,
  type OwnAddress,
} from '../stacks.ts';
import { addressSubject } from '../subject.ts';

const isNarrow = ({ address, prefixLength }: OwnAddress): boolean => prefixLength >= (address.family === 4 ? 32 : 128);

/** Where files do not say what a card is plugged into, one subnet is one wire. */
const isOneWire = (input: LintInput, stack: StackModel, a: InterfaceModel, b: InterfaceModel): boolean =>
  isOneSegment(input, a, b) ||
  [a, b].every((it) => isCard(stack, it) && it.it.vlan === undefined && othersOn(input, it).length === 0);

export const sameSubnetTwice: LintRule = {
  code: 'same-subnet-twice',
  severity: 'warning',
  title: 'two interfaces of one machine in one subnet of one wire',
  explanation:
    'Linux answers ARP for any of its addresses on any of its interfaces (arp_ignore 0, ip-sysctl), so that either NIC may come to be known for both addresses; ' +
    'and everything for the subnet leaves by the interface whose route was made first, whatever the source address. Where `rp_filter` is strict, what comes in ' +
    'by the other one is dropped. A bond, or one interface with both addresses, is what was meant.',
  find: (input) =>
    stacksIn(input).flatMap((stack) => {
      const own = addressesOf(stack).filter((it) => !isNarrow(it));
      const told = new Set<string>();
      return own.flatMap((one, index): readonly RawFinding[] => {
        const other = own
          .slice(0, index)
          .find(
            (it) =>
              it.it.name !== one.it.name &&
              it.address.family === one.address.family &&
              overlaps(subnetOf(it), subnetOf(one)) &&
              isOneWire(input, stack, it.it, one.it),
          );
        const key = `${other?.it.name ?? ''} ${one.it.name} ${one.address.family}`;
        if (other === undefined || told.has(key)) return [];
        told.add(key);
        return [
          {
            stack: stack.name,
            message: `\`${stack.name}\` is in ${subnetText(one)} with both \`${other.it.name}\` and \`${one.it.name}\``,
            at: addressSubject(stack.name, one.it.name, one.text),
            notes: [
              {
                message: `either may answer ARP for both addresses; everything for ${subnetText(one)} leaves by one of them`,
                at: addressSubject(stack.name, other.it.name, other.text),
              },
            ],
            repair: {
              words: `give \`${one.it.name}\` an address in another subnet, or join the two to a bond, or set net.ipv4.conf.all.arp_ignore to 1 and arp_announce to 2`,
              edits: [
                { kind: 'set-sysctl', stack: stack.name, key: 'net/ipv4/conf/all/arp_ignore', value: '1' },
                { kind: 'set-sysctl', stack: stack.name, key: 'net/ipv4/conf/all/arp_announce', value: '2' },
              ],
            },
          },
        ];
      });
    }),
};
