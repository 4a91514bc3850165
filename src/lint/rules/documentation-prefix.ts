/** Addresses that are for examples only. */
import { ip } from '../../net/address.ts';
import { containsIp, prefix, printPrefix } from '../../net/prefix.ts';
import { type RawFinding } from '../finding.ts';
import { type LintRule } from '../rule.ts';
import { interfacesOf, stacksIn } from '../stacks.ts';
import { addressSubject } from '../subject.ts';

const examples = ['192.0.2.0/24', '198.51.100.0/24', '203.0.113.0/24', '2001:db8::/32', '3fff::/20'].map(prefix);

export const documentationPrefix: LintRule = {
  code: 'documentation-prefix',
  severity: 'note',
  title: 'an address of a prefix that is for documentation',
  explanation:
    '192.0.2.0/24, 198.51.100.0/24, 203.0.113.0/24 (RFC 5737), 2001:db8::/32 (RFC 3849) and 3fff::/20 (RFC 9637) are routed by nobody and dropped by many: a network that was copied from a guide with its addresses works within itself and nowhere else. It is told of configuration files, not of labs.',
  find: (input) =>
    stacksIn(input).flatMap((stack) => {
      const told = new Set<string>();
      return interfacesOf(stack).flatMap(({ name, it }) =>
        it.addresses.flatMap(({ address }): readonly RawFinding[] => {
          const block = examples.find((own) => containsIp(own, ip(address)));
          const text = block === undefined ? '' : printPrefix(block);
          if (block === undefined || told.has(text)) return [];
          told.add(text);
          return [
            {
              stack: stack.name,
              message: `\`${stack.name}\` has the address ${address} of ${text}, which is for documentation`,
              at: addressSubject(stack.name, name, address),
              repair: { words: 'use a prefix that is yours, or a private one', edits: [] },
            },
          ];
        }),
      );
    }),
};
