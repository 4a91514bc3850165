/** Guests with MAC addresses of their own behind an uplink that lets one pass. */
import { type RawFinding } from '../finding.ts';
import { type LintRule } from '../rule.ts';
import { interfacesOf, stacksIn } from '../stacks.ts';
import { interfaceSubject } from '../subject.ts';

export const oneMacUplink: LintRule = {
  code: 'one-mac-uplink',
  severity: 'error',
  title: 'a bridge or macvlan on an uplink where one MAC address is let through',
  explanation:
    'Hosters, many virtual switches (“forged transmits”) and ports with port security take frames of the one MAC address that they know; a guest that is bridged is dropped, or has the whole host blocked. Its packets have to leave under the host’s MAC: routed, where the provider routes the addresses to the host; ' +
    'with proxy ARP and proxy NDP, where they are on its wire; else translated. Say which uplinks are so with --one-mac MACHINE/INTERFACE.',
  find: (input) =>
    stacksIn(input).flatMap((stack) =>
      interfacesOf(stack).flatMap((it): readonly RawFinding[] => {
        if (!input.outside.oneMac.has(`${stack.name}/${it.name}`)) return [];
        const bridge = it.it.master === undefined ? undefined : stack.interfaces.get(it.it.master);
        const others = [
          ...(bridge?.it.kind === 'bridge' ? bridge.ports.filter((port) => port !== it.name) : []),
          ...it.children.filter((name) => stack.interfaces.get(name)?.it.macvlan !== undefined),
        ];
        if (bridge?.it.kind !== 'bridge' && others.length === 0) return [];
        return [
          {
            stack: stack.name,
            message: `\`${it.name}\` of \`${stack.name}\` lets one MAC address through, and ${others.length === 0 ? `is a port of \`${it.it.master ?? ''}\`` : `carries the frames of ${others.map((name) => `\`${name}\``).join(', ')}`}`,
            at: interfaceSubject(stack.name, it.name),
            repair: {
              words:
                'route the guests instead (routed, or proxied with proxy ARP and NDP): they leave under the host’s MAC address',
              edits: [],
            },
          },
        ];
      }),
    ),
};
