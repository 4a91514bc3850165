/** Guests on macvlan or macvtap, and a host that has its address on the interface below. */
import { type RawFinding } from '../finding.ts';
import { type LintRule } from '../rule.ts';
import { addressesOf, interfacesOf, stacksIn } from '../stacks.ts';
import { interfaceSubject } from '../subject.ts';

export const macvlanHidesHost: LintRule = {
  code: 'macvlan-hides-host',
  severity: 'warning',
  title: 'guests by macvlan or macvtap that cannot reach their host',
  explanation:
    'Frames of a macvlan leave by the card, and the card does not hand them back: host and guest see everybody but each other, unless the switch outside sends frames back (hairpin). A bridge instead, a macvlan in bridge mode that has the host’s address, or a second, isolated network are the ways out.',
  find: (input) =>
    stacksIn(input).flatMap((stack) =>
      interfacesOf(stack).flatMap((it): readonly RawFinding[] => {
        const link = it.it.macvlan?.link;
        const below = link === undefined ? undefined : stack.interfaces.get(link);
        if (link === undefined || below === undefined) return [];
        const hostHas = addressesOf(stack).filter((own) => own.it.name === link);
        // Where a macvlan has an address of the host itself, that is how the host talks to the others.
        if (hostHas.length === 0 || it.addresses.some(({ scope }) => scope === 'global')) return [];
        if (
          interfacesOf(stack).some(
            (other) => other.it.macvlan?.link === link && other.addresses.some(({ scope }) => scope === 'global'),
          )
        )
          return [];
        return [
          {
            stack: stack.name,
            message: `\`${stack.name}\` has its address on \`${link}\`, under the ${it.it.macvlan?.mode ?? ''} macvlan \`${it.name}\`: whoever is on that cannot reach \`${stack.name}\`, nor be reached from it`,
            at: interfaceSubject(stack.name, it.name),
            repair: {
              words: `make a bridge of \`${link}\`, or move the host’s address to a macvlan of its own (mode bridge)`,
              edits: [],
            },
          },
        ];
      }),
    ),
};
