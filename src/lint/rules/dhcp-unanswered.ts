/** A machine that asks for an address on a wire where everybody is known, and nobody serves. */
import { type RawFinding } from '../finding.ts';
import { type LintInput, type LintRule } from '../rule.ts';
import { addressesOf, othersOn, stacksIn } from '../stacks.ts';
import { serviceSubject } from '../subject.ts';

const servesOn = ({ model, terrain, outside }: LintInput, segment: string): boolean =>
  [...model.stacks.values()].some(
    ({ name, stack: { services } }) =>
      services.some(
        (service) => service.kind === 'dhcp-server' && terrain.segmentOf(name, service.interface) === segment,
      ) ||
      // What nobody here can change may serve as well.
      (outside.fixed.has(name) &&
        (model.stacks.get(name)?.interfaces.size ?? 0) > 0 &&
        [...(model.stacks.get(name)?.interfaces.keys() ?? [])].some((dev) => terrain.segmentOf(name, dev) === segment)),
  );

export const dhcpUnanswered: LintRule = {
  code: 'dhcp-unanswered',
  severity: 'warning',
  title: 'a DHCP client on a wire where nobody serves',
  explanation:
    'The client asks for a minute and more, boot waits for it, and the interface stays without an IPv4 address: “Network is unreachable” for everything. A libvirt network without `<dhcp>`, and a bridge ' +
    'without ports or with the wrong one, are such wires. A bridge does not ask or answer for those behind it.',
  find: (input) =>
    stacksIn(input).flatMap((stack) =>
      stack.stack.services.flatMap((service): readonly RawFinding[] => {
        if (service.kind !== 'dhcp-client') return [];
        const it = stack.interfaces.get(service.interface);
        if (it === undefined || addressesOf(stack, 4).some((own) => own.it.name === it.name)) return [];
        // A wire with nobody else on it leads to machines that no file speaks of.
        if (othersOn(input, it).length === 0 || servesOn(input, input.terrain.segmentOf(stack.name, it.name)))
          return [];
        return [
          {
            stack: stack.name,
            message: `\`${stack.name}\` asks for an address on \`${it.name}\`, and nobody on that wire serves DHCP`,
            at: serviceSubject(stack.name, 'dhcp-client', it.name),
            repair: {
              words:
                'let the gateway of that wire serve DHCP (libvirt: <dhcp><range …/></dhcp>), or write a static address',
              edits: [],
            },
            stops: (stop, flow) =>
              flow.family === 4 &&
              stop.stack === stack.name &&
              (stop.reason === 'no_route' || stop.reason === 'no_source_address'),
          },
        ];
      }),
    ),
};
