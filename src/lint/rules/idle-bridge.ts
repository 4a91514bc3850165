/** A bridge that nothing is plugged into and that has no address: what a tool has left behind. */
import { type RawFinding } from '../finding.ts';
import { type LintRule } from '../rule.ts';
import { interfacesOf, stacksIn } from '../stacks.ts';
import { interfaceSubject } from '../subject.ts';

export const idleBridge: LintRule = {
  code: 'idle-bridge',
  severity: 'note',
  title: 'a bridge without ports, addresses or servers',
  explanation:
    'It carries nothing. Guests may be plugged into it when they start; else it is what a lab, a container or a network that was removed has left, and its name is in the way of the next one.',
  find: (input) =>
    stacksIn(input).flatMap((stack) =>
      interfacesOf(stack).flatMap(({ name, it, ports, children, addresses }): readonly RawFinding[] => {
        if (
          it.kind !== 'bridge' ||
          ports.length > 0 ||
          children.length > 0 ||
          addresses.some(({ scope }) => scope === 'global')
        )
          return [];
        if (stack.stack.services.some((service) => 'interface' in service && service.interface === name)) return [];
        return [
          {
            stack: stack.name,
            message: `\`${name}\` of \`${stack.name}\` is a bridge with nothing plugged into it, and no address`,
            at: interfaceSubject(stack.name, name),
            repair: { words: `take it away (ip link del ${name}), or give it the ports that were meant`, edits: [] },
          },
        ];
      }),
    ),
};
