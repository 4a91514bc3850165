/** A guest of Xen whose MAC address is another one at every start. */
import { type RawFinding } from '../finding.ts';
import { type LintRule } from '../rule.ts';
import { stacksIn } from '../stacks.ts';
import { interfaceSubject } from '../subject.ts';

/** A guest's card, as against the host's end of it. */
const isCard = /^eth\d+$/;

export const macByChance: LintRule = {
  code: 'mac-by-chance',
  severity: 'note',
  title: 'a vif without a MAC address',
  explanation:
    'Without `mac=` the toolstack makes up another MAC address (00:16:3e and three bytes of chance) each time the domain is created: DHCP gives another address, udev of the guest calls the card eth1, and neighbours keep the old MAC for a while (xl-network-configuration(5)).',
  find: (input) =>
    stacksIn(input).flatMap(({ name: stack }) =>
      input.state.cables.flatMap(({ a, b }) =>
        [
          [a, b],
          [b, a],
        ].flatMap(([near, far]): readonly RawFinding[] => {
          if (near?.stack !== stack || far === undefined) return [];
          const place = input.origins[`${stack}/interfaces/${near.interface}`];
          const guest = input.state.stacks[far.stack]?.interfaces[far.interface];
          if (
            place === undefined ||
            isCard.test(near.interface) ||
            !isCard.test(far.interface) ||
            input.dialectOf.get(place.path) !== 'xen' ||
            guest === undefined ||
            guest.mac !== undefined
          )
            return [];
          return [
            {
              stack,
              message: `\`${far.stack}\` has no MAC address of its own on \`${near.interface}\`: it has another one at every start`,
              at: interfaceSubject(stack, near.interface),
              repair: { words: 'add mac=00:16:3e:… to the vif, and keep it', edits: [] },
            },
          ];
        }),
      ),
    ),
};
