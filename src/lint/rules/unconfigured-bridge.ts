/** A bridge that only the file of a guest speaks of. */
import { makerOf } from '../domains.ts';
import { type RawFinding } from '../finding.ts';
import { type LintRule } from '../rule.ts';
import { interfacesOf, stacksIn } from '../stacks.ts';
import { interfaceSubject } from '../subject.ts';

export const unconfiguredBridge: LintRule = {
  code: 'unconfigured-bridge',
  severity: 'error',
  title: 'a guest on a bridge that the host does not make',
  explanation:
    'A domain file names a bridge, and no file of the host makes it: Xen’s vif-bridge fails (“Could not find bridge device”), libvirt does not start the guest (“Cannot get interface MTU”). The guest was meant for another bridge, or the bridge was renamed.',
  find: (input) =>
    stacksIn(input).flatMap((stack) =>
      interfacesOf(stack).flatMap(({ name, it }): readonly RawFinding[] => {
        if (it.kind !== 'bridge' || makerOf(input, stack.name, name) !== 'domain') return [];
        // A host none of whose own files is here may well have it.
        const own = interfacesOf(stack).filter(
          (other) => other.it.kind !== 'loopback' && makerOf(input, stack.name, other.name) === 'host',
        );
        if (own.length === 0) return [];
        const bridges = own.filter((other) => other.it.kind === 'bridge').map((other) => `\`${other.name}\``);
        return [
          {
            stack: stack.name,
            message: `\`${name}\` is named as the bridge of a guest, and no file of \`${stack.name}\` makes it`,
            at: interfaceSubject(stack.name, name),
            repair: {
              words:
                bridges.length === 0
                  ? 'make it, with the ports that were meant'
                  : `name one that there is: ${bridges.join(', ')}`,
              edits: [],
            },
          },
        ];
      }),
    ),
};
