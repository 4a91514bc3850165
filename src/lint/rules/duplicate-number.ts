/** One number for two things of a machine: VLANs of a link, VXLAN segments, tables of VRFs, reservations of DHCP. */
import { type StackModel } from '../../reach/model/model.ts';
import { type RawFinding, type Subject } from '../finding.ts';
import { type LintRule } from '../rule.ts';
import { interfacesOf, stacksIn } from '../stacks.ts';
import { interfaceSubject, serviceSubject } from '../subject.ts';

interface Numbered {
  readonly what: string;
  readonly name: string;
  readonly at: Subject;
}

const numberedIn = (stack: StackModel): readonly Numbered[] => [
  ...interfacesOf(stack).flatMap(({ name, it }): readonly Numbered[] => {
    const at = interfaceSubject(stack.name, name);
    return [
      ...(it.vlan === undefined ? [] : [{ what: `VLAN ${it.vlan.id} of \`${it.vlan.link}\``, name, at }]),
      ...(it.vxlan === undefined
        ? []
        : [{ what: `the VXLAN segment ${it.vxlan.id} at port ${it.vxlan.port}`, name, at }]),
      ...(it.vrf === undefined ? [] : [{ what: `the table ${it.vrf.table} of a VRF`, name, at }]),
      ...(it.wireguard?.listenPort === undefined
        ? []
        : [{ what: `the UDP port ${it.wireguard.listenPort}`, name, at }]),
    ];
  }),
  ...stack.stack.services.flatMap((service) =>
    service.kind !== 'dhcp-server'
      ? []
      : service.reservations.map(({ address, name, mac }) => ({
          what: `the reservation of ${address}`,
          name: name === '' ? mac : name,
          at: serviceSubject(stack.name, 'dhcp-server', service.interface),
        })),
  ),
];

export const duplicateNumber: LintRule = {
  code: 'duplicate-number',
  severity: 'error',
  title: 'one VLAN, VXLAN segment, table, port or reserved address for two',
  explanation:
    'The kernel refuses the second VLAN of a number on one link, and the second VXLAN of a number at one port; two VRFs of one table see each other’s routes; a DHCP server with one address ' +
    'reserved for two machines gives it to the first that asks, or does not start (dnsmasq: “duplicate dhcp-host IP address”).',
  find: (input) =>
    stacksIn(input).flatMap((stack) => {
      const all = numberedIn(stack);
      return all.flatMap((one, index): readonly RawFinding[] => {
        const other = all.slice(0, index).find(({ what, name }) => what === one.what && name !== one.name);
        if (other === undefined) return [];
        return [
          {
            stack: stack.name,
            message: `\`${one.name}\` and \`${other.name}\` of \`${stack.name}\` both have ${one.what}`,
            at: one.at,
            notes: [{ message: 'the other one has it here', at: other.at }],
            repair: { words: 'give one of them another number', edits: [] },
          },
        ];
      });
    }),
};
