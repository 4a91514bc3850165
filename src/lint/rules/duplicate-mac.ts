/** One MAC address on two stations of one wire. */
import { type InterfaceModel } from '../../reach/model/model.ts';
import { type RawFinding } from '../finding.ts';
import { type LintInput, type LintRule } from '../rule.ts';
import { interfacesOf, stacksIn } from '../stacks.ts';
import { interfaceSubject } from '../subject.ts';

/** Stations with a MAC that somebody wrote, that are nobody's port. Ports of Xen's bridges all have fe:ff:ff:ff:ff:ff. */
const stationsOf = (input: LintInput): readonly InterfaceModel[] =>
  stacksIn(input).flatMap((stack) =>
    interfacesOf(stack).filter(
      ({ it }) => it.mac !== undefined && it.master === undefined && it.vlan === undefined && it.kind !== 'loopback',
    ),
  );

export const duplicateMac: LintRule = {
  code: 'duplicate-mac',
  severity: 'error',
  title: 'one MAC address on two stations of one wire, or on two machines',
  explanation:
    'A bridge sends frames for a MAC to the port that it last heard it from: of two stations with one MAC each loses what the other was heard for. QEMU gives every guest 52:54:00:12:34:56 ' +
    'unless it is told, and a disk or domain file that was copied keeps its MAC; DHCP then gives both the same address.',
  find: (input) => {
    const stations = stationsOf(input);
    return stations.flatMap((one, index): readonly RawFinding[] => {
      const other = stations.slice(0, index).find((it) => it.mac === one.mac && it.stack !== one.stack);
      if (other === undefined) return [];
      const isNear = input.terrain.segmentOf(one.stack, one.name) === input.terrain.segmentOf(other.stack, other.name);
      return [
        {
          stack: one.stack,
          ...(isNear ? {} : { severity: 'warning' as const }),
          message: `\`${one.stack}\` and \`${other.stack}\` both have the MAC address ${one.mac}${isNear ? ' on one wire' : ', though on different wires'}`,
          at: interfaceSubject(one.stack, one.name),
          notes: [{ message: 'the other one has it here', at: interfaceSubject(other.stack, other.name) }],
          repair: {
            words: 'give one of them another: 52:54:00 and three bytes of its own, or let the hypervisor choose',
            edits: [],
          },
        },
      ];
    });
  },
};
