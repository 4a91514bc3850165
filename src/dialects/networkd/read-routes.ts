/** [Route], [RoutingPolicyRule] and [Neighbor] of systemd.network(5). */
import { type Family } from '../../net/address.ts';
import { type NextHop, type PolicyRule, type PortRange, type Route } from '../../state/network-state.ts';
import { field } from '../../state/spelling.ts';
import { bornMetric, everything } from '../default-route.ts';
import { protocolNumbers } from '../names.ts';
import { addRoute, type Draft, type Tell } from '../draft.ts';
import { valueOf } from './read-netdev.ts';
import { allOf, lastOf, type Section, type Setting } from './sections.ts';
import { strictly } from './whole-sections.ts';
import { nextPriority } from '../rule-priority.ts';
import { ownEntry, readAddress, readInteger, readMac, readPrefix } from '../plain-values.ts';
import { readBoolean, readTable, wordsOf } from './values.ts';

const routeTypes: readonly Route['type'][] = ['unicast', 'unreachable', 'blackhole', 'prohibit', 'throw', 'local'];
/** Those that networkd knows too. */
const otherTypes = new Set(['broadcast', 'anycast', 'multicast', 'any', 'nat', 'xresolve']);
const refusing = new Set<Route['type']>(['unreachable', 'blackhole', 'prohibit', 'throw']);

const atMost = (most: number) => (text: string) => readInteger(text, 0, most);

/** `ADDRESS[@DEVICE] [WEIGHT]`. */
const nextHopOf = (setting: Setting, dev: string, tell: Tell): NextHop | undefined => {
  const [target = '', weight] = wordsOf(setting.text);
  const [gateway = '', device] = target.split('@');
  const via = valueOf({ ...setting, text: gateway }, 'an address', readAddress, tell);
  const share = weight === undefined ? 1 : readInteger(weight, 1, 256);
  return via === undefined || share === undefined ? undefined : { via: via.address, dev: device ?? dev, weight: share };
};

const learned = /^_(dhcp4|dhcp|dhcp6|ipv6ra)$/;

/** The interface in whose file a route stands, and the table that its routes are in where nothing is said. */
export interface RouteHome {
  readonly dev: string;
  readonly table: number;
  /** Where a file gives no address, networkd takes every gateway to be on the link. */
  readonly hasAddress: boolean;
}

export const readRoute = (section: Section, { dev, table, hasAddress }: RouteHome, whole: Draft): void => {
  const { draft, isRefused } = strictly(whole);
  const { tell } = draft;
  const gateway = lastOf(section, 'Gateway');
  if (gateway !== undefined && learned.test(gateway.text)) {
    tell(
      'not-said',
      'learned-gateway',
      'a route by a gateway that DHCP or advertisements give is not in the model',
      gateway.at,
    );
    return;
  }
  const object = lastOf(section, 'NextHop');
  if (object !== undefined) {
    tell('not-said', 'next-hop-object', 'a route by a [NextHop] is not in the model', object.at);
    return;
  }
  const source6 = lastOf(section, 'Source');
  if (source6 !== undefined) {
    tell(
      'not-said',
      'source-route',
      `a route for sources in \`${source6.text}\` alone is not in the model`,
      source6.at,
    );
    return;
  }
  const other = lastOf(section, 'Type');
  if (other !== undefined && otherTypes.has(other.text)) {
    tell('not-said', 'other-type', `routes of the type \`${other.text}\` are not in the model`, other.at);
    return;
  }
  const via = valueOf(gateway, 'an address', readAddress, tell);
  const to = valueOf(lastOf(section, 'Destination'), 'a prefix', readPrefix, tell);
  const hops = allOf(section, 'MultiPathRoute').flatMap((setting) => nextHopOf(setting, dev, tell) ?? []);
  const type =
    valueOf(lastOf(section, 'Type'), 'a type of route', (text) => routeTypes.find((known) => known === text), tell) ??
    'unicast';
  // Read before anything is stated: one value that is refused takes the section with it.
  const metric = valueOf(lastOf(section, 'Metric'), 'a metric', atMost(4294967295), tell);
  const ownTable = valueOf(lastOf(section, 'Table'), 'a table', readTable, tell);
  const source = valueOf(lastOf(section, 'PreferredSource'), 'an address', readAddress, tell)?.address;
  const saidOnlink = valueOf(lastOf(section, 'GatewayOnLink'), 'yes or no', readBoolean, tell);
  if (isRefused()) return;
  const family =
    to?.family ?? via?.family ?? (hops[0]?.via?.includes(':') === true ? 6 : hops[0] === undefined ? undefined : 4);
  if (family === undefined) {
    tell('error', 'no-destination', 'a route needs `Destination=` or `Gateway=`; networkd ignores it', section.at);
    return;
  }
  const isOnlink = saidOnlink ?? (via !== undefined && !hasAddress);
  const [first, second] = hops;
  const single = second === undefined ? first : undefined;
  addRoute(
    draft,
    {
      family,
      to: to?.prefix ?? everything[family],
      type,
      ...field('via', via?.address ?? single?.via),
      ...field('dev', refusing.has(type) || hops.length > 1 ? undefined : (single?.dev ?? dev)),
      ...field('nexthops', hops.length > 1 ? hops : undefined),
      metric: metric ?? bornMetric[family],
      table: ownTable ?? table,
      ...field('source', source),
      ...field('onlink', isOnlink && (via ?? single) !== undefined ? (true as const) : undefined),
    },
    section.at,
  );
};

const readPorts = (text: string): PortRange | undefined => {
  const [first, last = first, ...rest] = text.split('-').map((part) => readInteger(part, 1, 65535));
  return first === undefined || last === undefined || rest.length > 0 || last < first ? undefined : [first, last];
};

const readMark = (text: string): PolicyRule['mark'] => {
  const [value, mask = '0xffffffff', ...rest] = text.split('/');
  const numbers = [value ?? '', mask].map((part) => readInteger(part, 0, 4294967295));
  const [number, bits] = numbers;
  return number === undefined || bits === undefined || rest.length > 0 ? undefined : { value: number, mask: bits };
};

const familiesOf = (
  section: Section,
  from: Family | undefined,
  to: Family | undefined,
  tell: Tell,
): readonly Family[] => {
  const said = valueOf(
    lastOf(section, 'Family'),
    'ipv4, ipv6 or both',
    (text) => ({ ipv4: [4], ipv6: [6], both: [4, 6] })[text] as readonly Family[] | undefined,
    tell,
  );
  const known = from ?? to;
  return said ?? (known === undefined ? [4] : [known]);
};

/** What makes a rule mean fewer packets, or do another thing, than the model can say: without it the rule would lie. */
const unsaidOfRule = ['TypeOfService', 'User', 'SuppressInterfaceGroup', 'L3MasterDevice', 'GoTo'];

const unsaidSetting = (section: Section, keys: readonly string[]): Setting | undefined =>
  keys.flatMap((key) => lastOf(section, key) ?? []).find(({ text }) => readBoolean(text) !== false);

export const readRule = (section: Section, whole: Draft): void => {
  const { draft, isRefused } = strictly(whole);
  const { tell } = draft;
  const unsaid = unsaidSetting(section, unsaidOfRule);
  if (unsaid !== undefined) {
    tell(
      'not-said',
      'unsaid-rule',
      `a rule with \`${unsaid.text}\` has no words in the model: it is left out`,
      unsaid.at,
    );
    return;
  }
  const from = valueOf(lastOf(section, 'From'), 'a prefix', readPrefix, tell);
  const to = valueOf(lastOf(section, 'To'), 'a prefix', readPrefix, tell);
  const told = valueOf(lastOf(section, 'Priority'), 'a priority', atMost(4294967295), tell);
  const action = valueOf(
    lastOf(section, 'Type'),
    'blackhole, unreachable or prohibit',
    (text) => (['blackhole', 'unreachable', 'prohibit'] as const).find((known) => known === text),
    tell,
  );
  const protocol = valueOf(
    lastOf(section, 'IPProtocol'),
    'a protocol',
    (text) => ownEntry(protocolNumbers, text) ?? readInteger(text, 1, 255),
    tell,
  );
  const isInverted = valueOf(lastOf(section, 'InvertRule'), 'yes or no', readBoolean, tell) === true;
  const table = valueOf(lastOf(section, 'Table'), 'a table', readTable, tell) ?? 254;
  const rule = {
    ...field('from', from?.prefix),
    ...field('to', to?.prefix),
    ...field('iif', lastOf(section, 'IncomingInterface')?.text),
    ...field('oif', lastOf(section, 'OutgoingInterface')?.text),
    ...field('mark', valueOf(lastOf(section, 'FirewallMark'), 'a mark', readMark, tell)),
    ...field('protocol', protocol),
    ...field('sourcePorts', valueOf(lastOf(section, 'SourcePort'), 'a port', readPorts, tell)),
    ...field('destinationPorts', valueOf(lastOf(section, 'DestinationPort'), 'a port', readPorts, tell)),
    ...field('not', isInverted ? (true as const) : undefined),
    ...field('action', action),
    ...field('suppressPrefixLength', valueOf(lastOf(section, 'SuppressPrefixLength'), 'a length', atMost(128), tell)),
    table: action === undefined ? table : 0,
  };
  const families = familiesOf(section, from?.family, to?.family, tell);
  if (isRefused()) return;
  for (const family of families) {
    const priority = told ?? nextPriority(draft.rules, family);
    if (told === undefined)
      tell('assumed', 'no-priority', `a rule without \`Priority=\` was taken to get ${priority}`, section.at);
    draft.rules.push({ family, priority, ...rule });
  }
};

export const readNeighbour = (section: Section, dev: string, whole: Draft): void => {
  const { draft, isRefused } = strictly(whole);
  const { tell } = draft;
  const address = valueOf(lastOf(section, 'Address'), 'an address', readAddress, tell);
  const lower = lastOf(section, 'LinkLayerAddress');
  if (readAddress(lower?.text ?? '') !== undefined) {
    tell(
      'not-said',
      'tunnel-neighbour',
      'neighbours that are the far ends of a tunnel are not in the model',
      section.at,
    );
    return;
  }
  const mac = valueOf(lastOf(section, 'LinkLayerAddress'), 'a MAC', readMac, tell);
  if (isRefused()) return;
  if (address === undefined || mac === undefined) {
    tell('error', 'half-a-neighbour', 'a neighbour needs `Address=` and `LinkLayerAddress=`', section.at);
    return;
  }
  draft.neighbours.push({ ...address, mac, dev });
};
