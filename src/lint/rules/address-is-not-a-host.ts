/** A machine whose address is the number of its network, or its broadcast address. */
import { printIp } from '../../net/address.ts';
import { firstOf, lastOf } from '../../net/prefix.ts';
import { type RawFinding } from '../finding.ts';
import { type LintRule } from '../rule.ts';
import { addressesOf, stacksIn, subnetOf } from '../stacks.ts';
import { addressSubject } from '../subject.ts';

export const addressIsNotAHost: LintRule = {
  code: 'address-is-not-a-host',
  severity: 'error',
  title: 'an address that is the number or the broadcast address of its own subnet',
  explanation:
    'The first IPv4 address of a subnet names it, the last one means everybody in it (RFC 1122); a machine with one of them is answered as a broadcast, and refused by others. /31 and /32 have no such addresses (RFC 3021).',
  find: (input) =>
    stacksIn(input).flatMap((stack) =>
      addressesOf(stack, 4).flatMap((own): readonly RawFinding[] => {
        const block = subnetOf(own);
        if (block.length >= 31) return [];
        const [first, last] = [printIp(firstOf(block)), printIp(lastOf(block))];
        if (own.text !== first && own.text !== last) return [];
        return [
          {
            stack: stack.name,
            message: `\`${stack.name}\` has the address ${own.text}/${own.prefixLength}, which is the ${own.text === first ? 'number' : 'broadcast address'} of that subnet`,
            at: addressSubject(stack.name, own.it.name, own.text),
            repair: { words: `choose one between ${first} and ${last}, or the mask that was meant`, edits: [] },
          },
        ];
      }),
    ),
};
