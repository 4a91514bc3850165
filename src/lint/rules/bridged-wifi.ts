/** A radio interface of a station as port of a bridge, or under a macvlan. */
import { type InterfaceModel } from '../../reach/model/model.ts';
import { type RawFinding } from '../finding.ts';
import { type LintInput, type LintRule } from '../rule.ts';
import { forwards, interfacesOf, othersOn, stacksIn } from '../stacks.ts';
import { interfaceSubject } from '../subject.ts';

/** As the kernel and systemd name them (systemd.net-naming-scheme(7)), and old drivers. */
const radioName = /^(?:wl[a-z0-9]*|ath\d+|ra\d+|wifi\d+)$/;

const isRadio = ({ outside }: LintInput, { stack, name }: InterfaceModel): boolean =>
  radioName.test(name) || outside.wireless.has(`${stack}/${name}`);

export const bridgedWifi: LintRule = {
  code: 'bridged-wifi',
  severity: 'error',
  title: 'a wireless station as port of a bridge',
  explanation:
    'A station’s frames carry one MAC address, its own: the access point drops those of others, so that guests behind a bridge never come on the air; cfg80211 refuses the port at once (“Operation not supported”) unless the link uses four addresses (WDS). VirtualBox and VMware translate the MACs by the IP address inside, ' +
    'which works for guests that are ends, and not for one that routes: what neighbours send to it has other people’s IP addresses, and the translator cannot tell whom it is for. Route the guests, with proxy ARP and proxy NDP, or translate them.',
  find: (input) =>
    stacksIn(input).flatMap((stack) =>
      interfacesOf(stack).flatMap((it): readonly RawFinding[] => {
        const bridge = it.it.master === undefined ? undefined : stack.interfaces.get(it.it.master);
        const above =
          bridge?.it.kind === 'bridge'
            ? bridge
            : it.children
                .flatMap((name) => stack.interfaces.get(name) ?? [])
                .find((child) => child.it.macvlan !== undefined);
        if (above === undefined || !isRadio(input, it)) return [];
        const routers = othersOn(input, above).filter(({ stack: name }) => {
          const other = input.model.stacks.get(name);
          return other !== undefined && (forwards(other, 4) || forwards(other, 6));
        });
        const guests = new Set(
          above.ports.flatMap((port) => (port === it.name ? [] : (stack.interfaces.get(port)?.peer?.stack ?? []))),
        );
        const names = [
          ...new Set(routers.filter(({ stack: name }) => guests.has(name)).map(({ stack: name }) => `\`${name}\``)),
        ];
        return [
          {
            stack: stack.name,
            message: `\`${it.name}\` of \`${stack.name}\` is a wireless station, and ${bridge === undefined ? `\`${above.name}\` stands on it` : `a port of \`${above.name}\``}: the access point takes frames of its own MAC address only${names.length === 0 ? '' : `; ${names.join(', ')}, which routes, is lost for all but this host and its guests even where MACs are translated`}`,
            at: interfaceSubject(stack.name, it.name),
            repair: {
              words: `take \`${it.name}\` out of the bridge, and route the guests (proxied) or translate them (nat)`,
              edits: [],
            },
          },
        ];
      }),
    ),
};
