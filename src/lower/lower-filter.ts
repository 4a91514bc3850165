/**
 * The packet filter of one machine: the table `lanwright` with a chain per hook that has anything to say. Order inside a
 * chain: standing connections, essentials, policy lines, then what networks and the firewall say.
 */
import { knownAddresses } from '../lab/known-addresses.ts';
import { type Lab, type LabMachine } from '../lab/lab.ts';
import { type Family } from '../net/address.ts';
import { type FilterChain, type FilterMatch, type FilterRule, type FilterTable } from '../state/packet-filter.ts';
import { essentials, itemRules, lastRules, nameRules, type Serving, standing, tunnelRules } from './filter-firewall.ts';
import {
  internetForwardRules,
  mailGuard,
  networkForwardRules,
  publishRules,
  sourceNatRules,
} from './filter-networks.ts';
import { policyRules, type PolicyLine } from './filter-policy.ts';
import { type RoutingDaemon } from '../state/routing-daemon.ts';
import { type InterfaceService } from '../state/service.ts';
import { isForwarding } from './lower-sysctls.ts';
import { nameClients } from './lower-names.ts';
import { lowerServices, responderPort } from './lower-services.ts';

const refuses = (rules: readonly FilterRule[]): boolean =>
  rules.some(({ verdict }) => verdict.kind === 'drop' || verdict.kind === 'reject');

const chain = (
  hook: FilterChain['hook'],
  policy: FilterChain['policy'],
  rules: readonly FilterRule[],
): readonly FilterChain[] =>
  // A chain that lets everything through needs not be there.
  policy === 'accept' && !refuses(rules) ? [] : [{ name: hook, type: 'filter', hook, priority: 0, policy, rules }];

const natChain = (
  name: string,
  hook: FilterChain['hook'],
  priority: number,
  rules: readonly FilterRule[],
): readonly FilterChain[] =>
  rules.length === 0 ? [] : [{ name, type: 'nat', hook, priority, policy: 'accept', rules }];

const servesRoot = (own: FilterMatch, protocol: 'tcp' | 'udp'): FilterRule => ({
  matches: [own, { kind: 'port', protocol, ports: [53] }],
  verdict: { kind: 'accept' },
  comment: 'serves the root zone',
});

/** The internet answers on all ports of its addresses: what is asked of them is led to the responder. */
const responderRules = (lab: Lab, machine: LabMachine): readonly FilterRule[] =>
  machine.role !== 'internet'
    ? []
    : ([4, 6] as const).flatMap((family) => {
        const prefixes = knownAddresses(lab, machine, family).map((address) => `${address}/${family === 4 ? 32 : 128}`);
        if (prefixes.length === 0) return [];
        const own: FilterMatch = { kind: 'destination', family, prefixes };
        return (['tcp', 'udp'] as const).flatMap((protocol): readonly FilterRule[] => [
          ...(lab.names === undefined ? [] : [servesRoot(own, protocol)]),
          {
            matches: [own, { kind: 'port', protocol, ports: [] }],
            verdict: { kind: 'redirect', port: responderPort },
            comment: 'answers on every port',
          },
        ]);
      });

/** The interfaces on which it speaks to others. */
const spokenOn = ({ interfaces }: RoutingDaemon): readonly string[] =>
  interfaces.flatMap(({ name, link }) => (link === 'stub' ? [] : [name]));

const servingOn = (lab: Lab, machine: LabMachine): Serving => {
  const services = lowerServices(lab, machine);
  const on = (kind: InterfaceService['kind']): readonly string[] =>
    services.flatMap((it) => (it.kind === kind ? [it.interface] : []));
  const relaying = (family: Family): readonly string[] =>
    services.flatMap((it) =>
      it.kind === 'dhcp-relay' && it.family === family ? it.links.map((link) => link.interface) : [],
    );
  return {
    dhcp: [...on('dhcp-server'), ...on('relayed-dhcp-server')],
    dhcp6: [...on('dhcp6-server'), ...on('relayed-dhcp6-server')],
    asking6: on('dhcp6-client'),
    relaying: relaying(4),
    relaying6: relaying(6),
    partners: services.flatMap((it) =>
      'standby' in it ? [{ address: it.standby.partner.address, port: it.standby.port }] : [],
    ),
    sharing: [...new Set(on('virtual-router'))],
    routing: services.flatMap((it) => (it.kind === 'routing-daemon' ? spokenOn(it) : [])),
    peers: services.flatMap((it) =>
      it.kind === 'routing-daemon' ? (it.bgp?.sessions ?? []).map(({ remote }) => remote) : [],
    ),
  };
};

/** Whom a name server answers: everybody where the outside is told something, else its clients; undefined: it is none. */
const nameSources = (lab: Lab, { name }: LabMachine): readonly string[] | undefined => {
  const { names } = lab;
  if (names?.servers.includes(name) !== true) return undefined;
  return names.outside === undefined ? nameClients(lab, names) : [];
};

const inputChain = (lab: Lab, lines: readonly PolicyLine[], machine: LabMachine): readonly FilterChain[] => {
  const { firewall } = machine;
  const own =
    firewall === undefined
      ? []
      : [
          ...itemRules(firewall.items),
          ...nameRules(nameSources(lab, machine)),
          ...tunnelRules(machine.nics.flatMap(({ wireguard }) => wireguard?.listenPort ?? [])),
          ...lastRules(firewall.incoming, `firewall: ${firewall.incoming} incoming`),
        ];
  return chain('input', firewall?.incoming === 'deny' ? 'drop' : 'accept', [
    ...standing,
    ...essentials('input', servingOn(lab, machine)),
    ...policyRules(lab, lines, machine, 'input'),
    ...own,
  ]);
};

const outputChain = (lab: Lab, lines: readonly PolicyLine[], machine: LabMachine): readonly FilterChain[] =>
  chain('output', 'accept', [
    ...standing,
    ...essentials('output', servingOn(lab, machine)),
    ...policyRules(lab, lines, machine, 'output'),
  ]);

const forwardChain = (lab: Lab, lines: readonly PolicyLine[], machine: LabMachine): readonly FilterChain[] => {
  const verdict = machine.firewall?.forward ?? 'allow';
  return chain('forward', verdict === 'deny' ? 'drop' : 'accept', [
    ...standing,
    ...policyRules(lab, lines, machine, 'forward'),
    ...mailGuard(lab, machine),
    ...networkForwardRules(lab, machine),
    ...(verdict === 'allow' ? [] : internetForwardRules(lab, machine)),
    ...lastRules(verdict, `firewall: ${verdict} forward`),
  ]);
};

export const lowerFilter = (lab: Lab, lines: readonly PolicyLine[], machine: LabMachine): readonly FilterTable[] => {
  const published = publishRules(lab, machine);
  const chains = [
    ...natChain('prerouting', 'prerouting', -100, [...published, ...responderRules(lab, machine)]),
    // The name `output` is the filter chain's.
    ...natChain('output-nat', 'output', -100, published),
    ...inputChain(lab, lines, machine),
    ...(isForwarding(lab, machine) ? forwardChain(lab, lines, machine) : []),
    ...outputChain(lab, lines, machine),
    ...natChain('postrouting', 'postrouting', 100, sourceNatRules(lab, machine)),
  ];
  return chains.length === 0 ? [] : [{ family: 'inet', name: 'lanwright', chains }];
};
