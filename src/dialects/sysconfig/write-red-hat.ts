/**
 * A stack as the network-scripts of Red Hat: one ifcfg each, with the route- and rule- files of its device. What is no
 * device's stands at the first one's.
 */
import {
  type Interface,
  type InterfaceAddress,
  type NetworkState,
  type Route,
  type Stack,
} from '../../state/network-state.ts';
import { type ConfigText, type Writing } from '../dialect.ts';
import { stackIn } from '../reading.ts';
import { routeCommand, ruleCommand } from '../shell-commands/say.ts';
import { redHatFolder } from './files.ts';
import { assignmentText, bondText, bornMtu, omissionsOf, wantedOf, type VariablePair } from './write.ts';

const yesNo = (is: boolean): string => (is ? 'yes' : 'no');

const typeOf: Readonly<Partial<Record<Interface['kind'], string>>> = {
  ethernet: 'Ethernet', bridge: 'Bridge', bond: 'Bond', vlan: 'Vlan', dummy: 'dummy',
}; // prettier-ignore

const natureOf = (it: Interface): readonly VariablePair[] => {
  switch (it.kind) {
    case 'bridge':
      return [
        ['STP', it.bridge?.stp === true ? 'on' : 'off'],
        ...(it.bridge === undefined || it.bridge.forwardDelaySeconds === 15
          ? []
          : [['DELAY', String(it.bridge.forwardDelaySeconds)] as const]),
      ];
    case 'bond':
      return [
        ['BONDING_MASTER', 'yes'],
        ['BONDING_OPTS', bondText(it.bond)],
      ];
    case 'vlan':
      return it.vlan === undefined
        ? []
        : [['VLAN', 'yes'], ['PHYSDEV', it.vlan.link], ['VLAN_ID', String(it.vlan.id)]]; // prettier-ignore
    default:
      return [];
  }
};

const masterOf = (it: Interface, stack: Stack): readonly VariablePair[] => {
  if (it.master === undefined) return [];
  return stack.interfaces[it.master]?.kind === 'bond'
    ? [['MASTER', it.master], ['SLAVE', 'yes']]
    : [['BRIDGE', it.master]]; // prettier-ignore
};

/** The first has no number, the second has 1. */
const addresses4 = (addresses: readonly InterfaceAddress[]): readonly VariablePair[] =>
  addresses.flatMap(({ address, prefixLength }, index): readonly VariablePair[] => {
    const suffix = index === 0 ? '' : String(index);
    return [[`IPADDR${suffix}`, address], [`PREFIX${suffix}`, String(prefixLength)]]; // prettier-ignore
  });

const addresses6 = (addresses: readonly InterfaceAddress[]): readonly VariablePair[] => {
  const [first, ...others] = addresses.map(({ address, prefixLength }) => `${address}/${prefixLength}`);
  if (first === undefined) return [];
  return [
    ['IPV6INIT', 'yes'],
    ['IPV6ADDR', first],
    ...(others.length === 0 ? [] : [['IPV6ADDR_SECONDARIES', others.join(' ')] as const]),
  ];
};

/** Two parameters at once, with one value. */
const autoconfOf = (name: string, { sysctls }: Stack): readonly VariablePair[] => {
  const [accepts, configures] = ['accept_ra', 'autoconf'].map((leaf) => sysctls[`net/ipv6/conf/${name}/${leaf}`]);
  return accepts === configures && (accepts === '0' || accepts === '1')
    ? [['IPV6_AUTOCONF', yesNo(accepts === '1')]]
    : [];
};

const hasLabel = ({ label }: InterfaceAddress): boolean => label !== undefined;

const resolverVariables = ({ resolver }: Stack): readonly VariablePair[] => [
  ...(resolver?.nameservers ?? []).map((address, index) => [`DNS${index + 1}`, address] as const),
  ...(resolver === undefined || resolver.search.length === 0 ? [] : [['DOMAIN', resolver.search.join(' ')] as const]),
];

const clientOf = (name: string, own: string, { services }: Stack): readonly VariablePair[] => {
  const client = services.find((service) => service.kind === 'dhcp-client' && service.interface === name);
  if (client?.kind !== 'dhcp-client') return [['BOOTPROTO', 'none']];
  return [
    ['BOOTPROTO', 'dhcp'],
    ...(client.hostname === own ? [] : [['DHCP_HOSTNAME', client.hostname] as const]),
    ...(client.metric === 0 ? [] : [['METRIC', String(client.metric)] as const]),
  ];
};

const variablesOf = (
  name: string,
  it: Interface,
  isFirst: boolean,
  stack: Stack,
  own: string,
): readonly VariablePair[] => {
  const type = typeOf[it.kind];
  return [
    ['DEVICE', name],
    ...(type === undefined ? [] : [['TYPE', type] as const]),
    ['ONBOOT', yesNo(it.up)],
    ...natureOf(it),
    ...masterOf(it, stack),
    ...clientOf(name, own, stack),
    ...addresses4(it.addresses.filter((one) => one.family === 4 && !hasLabel(one))),
    ...addresses6(it.addresses.filter(({ family }) => family === 6)),
    ...autoconfOf(name, stack),
    ...(it.mtuBytes === bornMtu(it, stack) ? [] : [['MTU', String(it.mtuBytes)] as const]),
    ...(it.mac === undefined ? [] : [['MACADDR', it.mac] as const]),
    ...(isFirst ? resolverVariables(stack) : []),
  ];
};

const file = (name: string, lines: readonly string[]): readonly ConfigText[] =>
  lines.length === 0 ? [] : [{ path: `${redHatFolder}/${name}`, text: `${lines.join('\n')}\n` }];

/** An address with a label is an interface of its own to these scripts. */
const aliasFiles = (it: Interface): readonly ConfigText[] =>
  it.addresses.filter(hasLabel).flatMap(({ label = '', address, prefixLength }) =>
    file(
      `ifcfg-${label}`,
      (
        [
          ['DEVICE', label],
          ['ONPARENT', 'yes'],
          ['IPADDR', address],
          ['PREFIX', String(prefixLength)],
        ] as const
      ).map(assignmentText),
    ),
  );

/** Without the words that say whose the line is. */
const lineOf = (command: string): string => command.replace(/^ip (?:-6 )?(?:route|rule) add /, '');

/** Routes without a gateway first: a gateway may be found by them. */
const inOrder = (routes: readonly Route[]): readonly Route[] =>
  routes.toSorted((a, b) => Number(a.via !== undefined) - Number(b.via !== undefined));

const wayFiles = (name: string, isFirst: boolean, { routes, rules }: Stack): readonly ConfigText[] =>
  ([4, 6] as const).flatMap((family) => {
    const own = routes.filter(
      (route) =>
        route.family === family &&
        ((route.dev ?? route.nexthops?.[0]?.dev) === name ||
          (isFirst && route.dev === undefined && route.nexthops === undefined)),
    );
    const six = family === 6 ? '6' : '';
    return [
      ...file(
        `route${six}-${name}`,
        inOrder(own).map((route) => lineOf(routeCommand(route))),
      ),
      ...file(
        `rule${six}-${name}`,
        isFirst ? rules.filter((rule) => rule.family === family).map((rule) => lineOf(ruleCommand(rule))) : [],
      ),
    ];
  });

const generalFile = ({ sysctls }: Stack): readonly ConfigText[] => {
  const lines = ['NETWORKING=yes', ...(sysctls['net/ipv6/conf/all/forwarding'] === '1' ? ['IPV6FORWARDING=yes'] : [])];
  return [{ path: 'etc/sysconfig/network', text: `${lines.join('\n')}\n` }];
};

export const writeRedHat = (state: NetworkState, own: string): Writing => {
  const stack = wantedOf(stackIn(state, own));
  const first = Object.entries(stack.interfaces).find(([, { up, kind }]) => up && kind !== 'loopback')?.[0];
  const files = [
    ...generalFile(stack),
    ...Object.entries(stack.interfaces).flatMap(([name, it]) => [
      ...file(`ifcfg-${name}`, variablesOf(name, it, name === first, stack, own).map(assignmentText)),
      ...aliasFiles(it),
      ...wayFiles(name, name === first, stack),
    ]),
  ];
  return { files, omissions: omissionsOf(files, state, own, 'red-hat') };
};
