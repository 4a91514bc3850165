/** Bridges and bonds of netplan that `netplan try` does not take back. */
import { type RawFinding } from '../finding.ts';
import { type LintRule } from '../rule.ts';
import { interfacesOf, stacksIn } from '../stacks.ts';
import { interfaceSubject } from '../subject.ts';

export const netplanTryKeeps: LintRule = {
  code: 'netplan-try-keeps',
  severity: 'note',
  title: 'a bridge or bond with parameters, which netplan try cannot revert',
  explanation:
    '`netplan try` asks for a key within 120 seconds and else writes the old files again; it refuses where bridges or bonds have `parameters` (is_revertable), and its manual warns that what was made may stay. Over ssh a change to such a device needs another way back: a timer that restores files and kernel both.',
  find: (input) =>
    stacksIn(input).flatMap((stack) =>
      interfacesOf(stack).flatMap(({ name, it }): readonly RawFinding[] => {
        const place = input.origins[`${stack.name}/interfaces/${name}`];
        if (place === undefined || input.dialectOf.get(place.path) !== 'netplan') return [];
        const isTuned =
          (it.kind === 'bridge' && (it.bridge?.stp === false || it.bridge?.forwardDelaySeconds !== 15)) ||
          (it.kind === 'bond' && (it.bond?.mode !== 'balance-rr' || it.bond.miimonMilliseconds !== undefined));
        if (!isTuned) return [];
        return [
          {
            stack: stack.name,
            message: `\`${name}\` of \`${stack.name}\` is a ${it.kind} with parameters: \`netplan try\` does not revert it`,
            at: interfaceSubject(stack.name, name),
            repair: {
              words: 'try it on a twin first (`lanwright predict --files`), and arm a way back of your own',
              edits: [],
            },
          },
        ];
      }),
    ),
};
