/**
 * What a host's bridges let in from each machine, where a network keeps its machines from speaking for others: frames
 * from its own MACs, ARP and IP from its own addresses. A machine that forwards sends what others sent: of it only MACs
 * and ARP are looked at. Much like libvirt's filter `clean-traffic`.
 */
import { knownAddresses } from '../lab/known-addresses.ts';
import { type Lab, type LabMachine, type LabNic } from '../lab/lab.ts';
import { printIp, type Family } from '../net/address.ts';
import { eui64 } from '../net/mac.ts';
import { prefix } from '../net/prefix.ts';
import { type Cable } from '../state/network-state.ts';
import { type FilterMatch, type FilterRule, type FilterTable } from '../state/packet-filter.ts';
import { isForwarding } from './lower-sysctls.ts';
import { cableEnds } from './switch-ports.ts';

const linkLocal = prefix('fe80::/64').value;

/** Before a machine has an address, and while it asks whether somebody else has it (RFC 2131, RFC 5227, RFC 4862). */
const unspecified: Readonly<Record<Family, string>> = { 4: '0.0.0.0/32', 6: '::/128' };

const macsOf = ({ mac, bond }: LabNic): readonly string[] => [
  ...new Set([mac, ...(bond?.members ?? []).map((member) => member.mac)]),
];

const sharedBy = (lab: Lab, machine: LabMachine, family: Family): readonly string[] =>
  Object.values(lab.networks).flatMap(({ shared }) =>
    shared
      .filter(({ members }) => members.some((member) => member.machine === machine.name))
      .flatMap(({ addresses }) => addresses.filter((it) => it.family === family).map(({ address }) => address)),
  );

/** Undefined where the machine is given addresses that the lab does not know. */
const sourcesOf = (lab: Lab, machine: LabMachine, family: Family): readonly string[] | undefined => {
  const isUnknown = ({ dhcp, lease, slaac, network }: LabNic): boolean =>
    family === 4 ? dhcp && lease === undefined : slaac && lab.networks[network]?.ipv6 === undefined;
  if (machine.nics.some(isUnknown)) return undefined;
  const own = [...knownAddresses(lab, machine, family), ...sharedBy(lab, machine, family)];
  const selfAssigned =
    family === 4 ? [] : machine.nics.flatMap((nic) => macsOf(nic).map((mac) => printIp(eui64(mac, linkLocal))));
  return [
    ...new Set([...own, ...selfAssigned].map((address) => `${address}/${family === 4 ? 32 : 128}`)),
    unspecified[family],
  ];
};

const rulesFor = (lab: Lab, machine: LabMachine, nic: LabNic, port: string): readonly FilterRule[] => {
  const from: FilterMatch = { kind: 'iif', names: [port] };
  const drop = (match: FilterMatch): FilterRule => ({
    matches: [from, match],
    verdict: { kind: 'drop' },
    comment: antispoofComment(nic.network, machine.name),
  });
  const [sources4, sources6] = [sourcesOf(lab, machine, 4), sourcesOf(lab, machine, 6)];
  const isRouter = isForwarding(lab, machine);
  const foreign = (family: Family, prefixes: readonly string[] | undefined): readonly FilterRule[] =>
    prefixes === undefined || isRouter ? [] : [drop({ kind: 'source', family, prefixes, negate: true })];
  return [
    drop({ kind: 'source-mac', macs: macsOf(nic), negate: true }),
    ...(sources4 === undefined ? [] : [drop({ kind: 'arp-source', prefixes: sources4, negate: true })]),
    ...foreign(4, sources4),
    ...foreign(6, sources6),
  ];
};

/** Names the rules of one machine to those who read them. */
export const antispoofComment = (network: string, machine: string): string =>
  `network ${network}: not ${machine}'s own`;

/** Before anything else that looks at frames. */
const priority = -300;

export const antispoofTables = (lab: Lab, host: LabMachine, cables: readonly Cable[]): readonly FilterTable[] => {
  const portOf = (machine: string, end: string): string | undefined =>
    cables.find(({ a, b }) => a.stack === machine && a.interface === end && b.stack === host.name)?.b.interface;
  const rules = Object.values(lab.networks)
    .filter(({ antispoof, host: maker }) => antispoof === true && maker === host.name)
    .flatMap(({ name }) =>
      Object.values(lab.machines).flatMap((machine) =>
        machine.nics
          .filter(({ network }) => network === name)
          .flatMap((nic) =>
            cableEnds(nic).flatMap((end) => {
              const port = portOf(machine.name, end);
              return port === undefined ? [] : rulesFor(lab, machine, nic, port);
            }),
          ),
      ),
    );
  if (rules.length === 0) return [];
  return [
    {
      family: 'bridge',
      name: 'lanwright',
      chains: [{ name: 'antispoof', type: 'filter', hook: 'prerouting', priority, policy: 'accept', rules }],
    },
  ];
};
