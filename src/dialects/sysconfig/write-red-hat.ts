/**
 * A stack as the network-scripts of Red Hat: one ifcfg each, with the route- and rule- files of its device. What is no
 * device's stands at the first one that ifup comes to the end of.
 */
import {
  type Interface,
  type NetworkState,
  type PolicyRule,
  type Route,
  type Stack,
} from '../../state/network-state.ts';
import { compareText } from '../../state/spelling.ts';
import { type ConfigText, type Writing } from '../dialect.ts';
import { stackIn } from '../reading.ts';
import { routeCommand, ruleCommand } from '../shell-commands/say.ts';
import { redHatFolder } from './files.ts';
import { hasLabel, isByGateway, isDone, isPort, variablesOf } from './red-hat-variables.ts';
import { assignmentText, omissionsOf, type VariablePair, writableOf } from './write.ts';

const file = (name: string, lines: readonly string[]): readonly ConfigText[] =>
  lines.length === 0 ? [] : [{ path: `${redHatFolder}/${name}`, text: `${lines.join('\n')}\n` }];

export const resolverVariables = ({ resolver }: Stack): readonly VariablePair[] => [
  ...(resolver?.nameservers ?? []).map((address, index) => [`DNS${index + 1}`, address] as const),
  ...(resolver === undefined || resolver.search.length === 0 ? [] : [['DOMAIN', resolver.search.join(' ')] as const]),
];

/** Where what is no device's stands. */
export const homeOf = (stack: Stack): string | undefined =>
  Object.entries(stack.interfaces).find(([, it]) => it.kind !== 'loopback' && isDone(it, stack))?.[0];

export const labelsOf = (name: string, stack: Stack): Interface['addresses'] => {
  const it = stack.interfaces[name];
  return it === undefined || isPort(it, stack) || it.tunnel?.mode === 'sit' ? [] : it.addresses.filter(hasLabel);
};

/** An address with a label is an interface of its own to these scripts. */
export const aliasVariables = ({
  label = '',
  address,
  prefixLength,
}: Interface['addresses'][number]): VariablePair[] => [
  ['DEVICE', label],
  ['ONPARENT', 'yes'],
  ['IPADDR', address],
  ['PREFIX', String(prefixLength)],
];

/** Without the words that say whose the line is. */
export const lineOf = (entry: Route | PolicyRule): string =>
  ('type' in entry ? routeCommand(entry) : ruleCommand(entry)).replace(/^ip (?:-6 )?(?:route|rule) add /, '');

/** /etc/init.d/network starts VLANs after devices of the machine, then bridges, then tunnels; each kind by name. */
const startRank = (name: string, { kind, tunnel }: Interface): number =>
  /\.|^vlan/.test(name) ? 1 : kind === 'bridge' ? 2 : tunnel !== undefined && tunnel.mode !== 'sit' ? 3 : 0;

/** At whose file it stands: of several next hops that of the device that comes last. */
export const homeOfRoute = ({ dev, nexthops }: Route, stack: Stack): string | undefined => {
  if (dev === undefined && nexthops === undefined) return homeOf(stack);
  const names = nexthops?.map((hop) => hop.dev) ?? [dev ?? ''];
  const devices = names.map((name) => ({ name, it: stack.interfaces[name] }));
  if (!devices.every(({ it }) => isDone(it, stack))) return undefined;
  const rank = ({ name, it }: (typeof devices)[number]): number => (it === undefined ? 0 : startRank(name, it));
  return devices.toSorted((a, b) => rank(a) - rank(b) || compareText(a.name, b.name)).at(-1)?.name;
};

/** Routes without a gateway first: a gateway may be found by them. */
export const inOrder = (routes: readonly Route[]): readonly Route[] =>
  routes.toSorted((a, b) => Number(a.via !== undefined) - Number(b.via !== undefined));

const wayFiles = (name: string, stack: Stack): readonly ConfigText[] =>
  ([4, 6] as const).flatMap((family) => {
    const six = family === 6 ? '6' : '';
    const routes = stack.routes.filter(
      (route) => route.family === family && homeOfRoute(route, stack) === name && !isByGateway(route, stack),
    );
    const rules = homeOf(stack) === name ? stack.rules.filter((rule) => rule.family === family) : [];
    return [
      ...file(`route${six}-${name}`, inOrder(routes).map(lineOf)),
      ...file(`rule${six}-${name}`, rules.map(lineOf)),
    ];
  });

/** Without NOZEROCONF each device gets a route to 169.254.0.0/16. */
export const generalVariables = ({ sysctls }: Stack): readonly VariablePair[] => {
  const forwards = sysctls['net/ipv6/conf/all/forwarding'];
  return [
    ['NETWORKING', 'yes'],
    ['NOZEROCONF', 'yes'],
    ...(forwards === '0' || forwards === '1' ? [['IPV6FORWARDING', forwards === '1' ? 'yes' : 'no'] as const] : []),
  ];
};

/** One file with everything that may stand in it. */
export const wholeVariables = (name: string, stack: Stack, own: string): readonly VariablePair[] => [
  ...variablesOf(name, stack, own),
  ...stack.routes
    .filter((route) => route.dev === name && isByGateway(route, stack))
    .map((route) => ['GATEWAY', route.via ?? ''] as const),
  ...(homeOf(stack) === name ? resolverVariables(stack) : []),
];

export const writeRedHat = (state: NetworkState, own: string): Writing => {
  const stack = writableOf(stackIn(state, own));
  const files = [
    {
      path: 'etc/sysconfig/network',
      text: `${generalVariables(stack)
        .map(([name, value]) => `${name}=${value}`)
        .join('\n')}\n`,
    },
    ...Object.keys(stack.interfaces).flatMap((name) => [
      ...file(`ifcfg-${name}`, wholeVariables(name, stack, own).map(assignmentText)),
      ...labelsOf(name, stack).flatMap((address) =>
        file(`ifcfg-${address.label ?? ''}`, aliasVariables(address).map(assignmentText)),
      ),
      ...wayFiles(name, stack),
    ]),
  ];
  return { files, omissions: omissionsOf(files, state, own, 'red-hat') };
};
