/** proxy_arp for all interfaces: the machine answers on its uplink too, for whatever it has a route to elsewhere. */
import { type RawFinding } from '../finding.ts';
import { type LintRule } from '../rule.ts';
import { interfacesOf, stacksIn } from '../stacks.ts';
import { sysctlSubject } from '../subject.ts';

const key = 'net/ipv4/conf/all/proxy_arp';

export const proxyArpEverywhere: LintRule = {
  code: 'proxy-arp-everywhere',
  severity: 'warning',
  title: 'proxy ARP on all interfaces of a machine',
  explanation:
    'With conf/all the machine answers ARP on every interface for every address that its routes lead to by another one: networks that come later, VPNs and containers included. A neighbour with a mask that is too short then finds the host in ' +
    'the place of machines that it never was. Two interfaces need it: the one of the guests, and the uplink that they appear on; set those.',
  find: (input) =>
    stacksIn(input).flatMap((stack): readonly RawFinding[] => {
      const value = stack.stack.sysctls[key];
      const wires = interfacesOf(stack).filter(({ it }) => it.kind !== 'loopback' && it.master === undefined);
      if (value === undefined || value === '0' || wires.length < 2) return [];
      return [
        {
          stack: stack.name,
          message: `\`${stack.name}\` answers ARP for others on all interfaces: ${wires.map(({ name }) => `\`${name}\``).join(', ')}`,
          at: sysctlSubject(stack.name, key),
          repair: {
            words: `switch it on for the guests’ interfaces and the uplink that they appear on only, as in net.ipv4.conf.${wires[0]?.name ?? 'eth0'}.proxy_arp`,
            edits: [],
          },
        },
      ];
    }),
};
