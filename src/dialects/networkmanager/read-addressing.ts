/** [ipv4] and [ipv6] of a profile: method, addresses, gateways, routes, rules, names. */
import { type Family } from '../../net/address.ts';
import { networkOf, printPrefix } from '../../net/prefix.ts';
import { type Interface, type InterfaceAddress, type Route } from '../../state/network-state.ts';
import { compareText, field } from '../../state/spelling.ts';
import { addRoute, addService, setSysctl, type Draft, type Mutable } from '../draft.ts';
import { everything } from '../default-route.ts';
import { readAddress, readInteger, readInterfaceAddress, readPrefix } from '../plain-values.ts';
import { checked, readBoolean, valueIn, type Profile, type Value } from './profile.ts';
import { addressesFor, methodOf } from './methods.ts';
import { addPeerRoutes } from './peer-routes.ts';
import { readRule } from './read-rule.ts';
import { addRoutesToGateways } from './routes-to-gateways.ts';
import { bornLengths, bornMetricOf, bornTableOf, ipFieldsOf, listOf } from './values.ts';

interface Subject {
  readonly profile: Profile;
  readonly name: string;
  readonly it: Mutable<Interface>;
  /** Where routes are that name no table, and `route-table` does not: that of a VRF, or the main one. */
  readonly table: number;
  readonly draft: Draft;
}

/** `route-table=0` is as good as nothing. */
const tableOf = ({ profile, table, draft }: Subject, section: string): number => {
  const own = valueIn(profile, section, 'route-table');
  return checked(own, 'a table', (text) => readInteger(text, 0, 4294967295), draft.tell) || table;
};

/** `address1`, `address2`, … in the order of their numbers. */
const numberedValues = (
  { sections }: Profile,
  section: string,
  stem: RegExp,
): readonly (readonly [key: string, value: Value])[] =>
  [...(sections.get(section) ?? [])]
    .filter(([key]) => stem.test(key))
    .sort(([a], [b]) => Number(/\d+$/.exec(a)?.[0] ?? 0) - Number(/\d+$/.exec(b)?.[0] ?? 0) || compareText(a, b));

const metricOf = ({ profile, it, draft }: Subject, section: string): number => {
  const own = valueIn(profile, section, 'route-metric');
  const metric =
    own === undefined || own.text === '-1'
      ? undefined
      : checked(own, 'a metric', (text) => readInteger(text, 0, 4294967295), draft.tell);
  return metric ?? bornMetricOf(it.kind);
};

/** The kernel takes IPv6 routes without a metric for 1024. */
const asTheKernelHasIt = (metric: number, family: Family): number => (family === 6 && metric === 0 ? 1024 : metric);

const addGateway = (subject: Subject, family: Family, via: string, metric: number, at: Value['at']): void =>
  addRoute(
    subject.draft,
    {
      family,
      to: everything[family],
      type: 'unicast',
      via,
      dev: subject.name,
      metric: asTheKernelHasIt(metric, family),
      table: tableOf(subject, `ipv${family}`),
    },
    at,
  );

const isGiven = (via: string | undefined): via is string => via !== undefined && !/^(?:|0\.0\.0\.0|::)$/.test(via);

/** An address and its length; without one, NetworkManager takes another than the whole. */
const withLength = (
  address: string,
  length: string | undefined,
  what: keyof typeof bornLengths,
  { at }: Value,
  { tell }: Draft,
): string => {
  if (length !== undefined && length !== '') return `${address}/${length}`;
  const born = bornLengths[what][address.includes(':') ? 6 : 4];
  tell('assumed', 'no-length', `\`${address}\` is given no length: NetworkManager takes /${born}`, at);
  return `${address}/${born}`;
};

const isNeverDefault = ({ profile, draft }: Subject, section: string): boolean =>
  checked(valueIn(profile, section, 'never-default'), 'true or false', readBoolean, draft.tell) === true;

const readAddresses = (subject: Subject, family: Family, section: string): readonly InterfaceAddress[] => {
  const { profile, name, draft } = subject;
  const metric = metricOf(subject, section);
  const neverDefault = isNeverDefault(subject, section);
  const said = valueIn(profile, section, 'gateway');
  let gateway = said === undefined ? undefined : { text: said.text, at: said.at };
  const found = numberedValues(profile, section, /^address(es)?\d*$/).flatMap(([, value]) => {
    const { address: own, length, via } = ipFieldsOf(value.text);
    const address = checked(
      { ...value, text: withLength(own, length, 'address', value, draft) },
      'an address with a prefix length',
      readInterfaceAddress,
      draft.tell,
    );
    if (address === undefined || address.family !== family) return [];
    draft.origins[`${draft.stack}/interfaces/${name}/addresses/${address.address}`] = value.at;
    // Of several gateways the first counts.
    if (gateway === undefined && isGiven(via)) gateway = { text: via, at: value.at };
    return [address];
  });
  const via = checked(gateway, 'an address', readAddress, draft.tell);
  if (gateway !== undefined && via?.family === family && !neverDefault)
    addGateway(subject, family, via.address, metric, gateway.at);
  return found;
};

const routeTypes: readonly Route['type'][] = ['unicast', 'unreachable', 'blackhole', 'prohibit', 'throw', 'local'];

const optionsOf = (value: Value | undefined): ReadonlyMap<string, string> =>
  new Map(
    (value?.text ?? '').split(',').flatMap((pair) => {
      const [key = '', text] = pair.split('=');
      return text === undefined ? [] : [[key.trim(), text.trim()] as const];
    }),
  );

const readRoutes = (subject: Subject, family: Family, section: string): void => {
  const { profile, name, draft } = subject;
  const table = tableOf(subject, section);
  for (const [key, value] of numberedValues(profile, section, /^routes?\d*$/)) {
    const { address, length, via, metric } = ipFieldsOf(value.text);
    const target = withLength(address, length, 'route', value, draft);
    const to = checked({ ...value, text: target }, 'a prefix', readPrefix, draft.tell);
    if (to === undefined || to.family !== family) continue;
    const options = optionsOf(valueIn(profile, section, `${key}_options`));
    const type = routeTypes.find((known) => known === (options.get('type') ?? 'unicast')) ?? 'unicast';
    const ofFamily = (text: string): string | undefined => {
      const found = readAddress(text);
      return found?.family === family ? found.address : undefined;
    };
    const hop = via === undefined ? undefined : ofFamily(via);
    if (hop === undefined && via !== undefined && via !== '') {
      draft.tell(
        'error',
        'bad-gateway',
        `\`${via}\` is no IPv${family} address: NetworkManager leaves the route out`,
        value.at,
      );
      continue;
    }
    const isNoHop = hop === undefined || /^(0\.0\.0\.0|::)$/.test(hop);
    const number = metric === undefined || metric === '' ? undefined : readInteger(metric, 0, 4294967295);
    for (const option of options.keys())
      if (!/^(table|onlink|src|type)$/.test(option))
        draft.tell('not-said', 'no-words-for', `\`${option}\` of a route has no place in the model`, value.at);
    addRoute(
      draft,
      {
        family,
        to: to.prefix,
        type,
        ...field('via', isNoHop ? undefined : hop),
        ...field('dev', type === 'unicast' || type === 'local' ? name : undefined),
        metric: asTheKernelHasIt(number ?? metricOf(subject, section), family),
        table: readInteger(options.get('table') ?? '', 1, 4294967295) ?? bornTableOf(type, table),
        ...field('source', ofFamily(options.get('src') ?? '')),
        ...field('onlink', options.get('onlink') === 'true' && !isNoHop ? (true as const) : undefined),
      },
      value.at,
    );
  }
};

const readNames = ({ profile, draft }: Subject, section: string): void => {
  const dns = valueIn(profile, section, 'dns');
  for (const text of listOf(dns?.text ?? '')) {
    const address = readAddress(text)?.address;
    if (address === undefined) draft.tell('error', 'bad-value', `\`${text}\` is not an address`, dns?.at ?? profile.at);
    else if (!draft.nameservers.includes(address)) draft.nameservers.push(address);
  }
  const search = valueIn(profile, section, 'dns-search');
  for (const domain of listOf(search?.text ?? ''))
    if (domain.startsWith('~'))
      draft.tell(
        'not-said',
        'no-words-for',
        `\`${domain}\` says which names these servers are asked for, which has no place in the model; nothing is looked up in it`,
        search?.at ?? profile.at,
      );
    else if (!draft.search.includes(domain)) draft.search.push(domain);
};

/** `method=shared`: forwarding, masquerading of the subnet, and addresses given out by dnsmasq. */
const share = ({ name, draft, profile }: Subject, addresses: readonly InterfaceAddress[], at: Value['at']): void => {
  const own = addresses.find(({ family }) => family === 4);
  if (own === undefined) {
    draft.tell(
      'not-said',
      'shared-address',
      `NetworkManager chooses an address of 10.42.0.0/16 for \`${name}\`, forwards, translates and gives out addresses: none of it is read`,
      at,
      'say `address1=ADDRESS/LENGTH`',
    );
    return;
  }
  const subnet = printPrefix(networkOf(own.address, own.prefixLength));
  setSysctl(draft, 'net/ipv4/ip_forward', '1', at);
  draft.filter.push({
    family: 'ip',
    name: `nm-shared-${name}`,
    chains: [
      {
        name: 'nat_postrouting',
        type: 'nat',
        hook: 'postrouting',
        priority: 100,
        policy: 'accept',
        rules: [
          {
            matches: [
              { kind: 'source', family: 4, prefixes: [subnet] },
              { kind: 'destination', family: 4, prefixes: [subnet], negate: true },
            ],
            verdict: { kind: 'masquerade' },
          },
        ],
      },
    ],
  });
  draft.tell(
    'not-said',
    'shared-pool',
    `which addresses of ${subnet} are given out on \`${name}\` is up to NetworkManager`,
    profile.at,
  );
};

const readMethod4 = (subject: Subject, method: Value | undefined, addresses: readonly InterfaceAddress[]): void => {
  const { profile, name, draft } = subject;
  if (method?.text === 'shared') share(subject, addresses, method.at);
  else if (method?.text === 'link-local')
    draft.tell('not-said', 'no-words-for', 'IPv4 link-local addressing has no place in the model', method.at);
  else if (method?.text === 'auto')
    addService(
      draft,
      {
        kind: 'dhcp-client',
        interface: name,
        hostname: valueIn(profile, 'ipv4', 'dhcp-hostname')?.text ?? draft.stack,
        metric: metricOf(subject, 'ipv4'),
        ...field('ignoresRouter', isNeverDefault(subject, 'ipv4') ? (true as const) : undefined),
      },
      method.at,
    );
  else if (method !== undefined && !/^(manual|disabled)$/.test(method.text))
    draft.tell('error', 'bad-value', `\`${method.text}\` is no method of [ipv4]`, method.at);
};

const readMethod6 = ({ name, draft }: Subject, method: Value | undefined): void => {
  if (method === undefined || method.text === 'ignore') return;
  if (method.text === 'disabled') setSysctl(draft, `net/ipv6/conf/${name}/disable_ipv6`, '1', method.at);
  else if (method.text === 'auto') setSysctl(draft, `net/ipv6/conf/${name}/accept_ra`, '2', method.at);
  else if (/^(manual|link-local)$/.test(method.text))
    setSysctl(draft, `net/ipv6/conf/${name}/accept_ra`, '0', method.at);
  else if (/^(dhcp|shared)$/.test(method.text))
    draft.tell('not-said', 'no-words-for', `method ${method.text} of [ipv6] has no place in the model`, method.at);
  else draft.tell('error', 'bad-value', `\`${method.text}\` is no method of [ipv6]`, method.at);
};

/** With `route-table` the routes of subnets are there, and nowhere else. */
const addRoutesOfSubnets = (subject: Subject, family: Family, method: Value | undefined): void => {
  const { profile, name, it, draft } = subject;
  const section = `ipv${family}`;
  const table = tableOf(subject, section);
  const at = valueIn(profile, section, 'route-table')?.at ?? profile.at;
  if (table === subject.table) return;
  for (const { address, prefixLength, family: own } of it.addresses) {
    if (own !== family || prefixLength === (family === 4 ? 32 : 128)) continue;
    const to = printPrefix(networkOf(address, prefixLength));
    const metric = asTheKernelHasIt(metricOf(subject, section), family);
    addRoute(draft, { family, to, type: 'unicast', dev: name, metric, table }, at);
    const message = `NetworkManager routes ${to} in table ${table} alone; here it is where the kernel puts it, too`;
    draft.tell('not-said', 'own-table', message, at);
  }
  if (method?.text === 'auto')
    draft.tell(
      'not-said',
      'own-table',
      `what is learnt on \`${name}\` goes to table ${table}; here it is where the kernel puts it`,
      at,
    );
};

export const readAddressing = (subject: Subject): void => {
  const { profile, it, draft } = subject;
  const [method4, method6] = (['ipv4', 'ipv6'] as const).map((section) =>
    methodOf(profile, section, it.kind, draft.tell),
  );
  const four = addressesFor(method4, 4, readAddresses(subject, 4, 'ipv4'), draft.tell);
  const six = addressesFor(method6, 6, readAddresses(subject, 6, 'ipv6'), draft.tell);
  it.addresses = [...four, ...six];
  for (const family of [4, 6] as const) {
    const section = `ipv${family}`;
    const method = family === 4 ? method4 : method6;
    readRoutes(subject, family, section);
    const place = { ...subject, table: tableOf(subject, section), family, metric: metricOf(subject, section), method };
    if (it.kind === 'wireguard') addPeerRoutes(place, isNeverDefault(subject, section));
    addRoutesOfSubnets(subject, family, method);
    addRoutesToGateways(place, place.table === subject.table ? subject.table : undefined);
    for (const [, value] of numberedValues(profile, section, /^routing-rule\d*$/)) readRule(value, family, draft);
    readNames(subject, section);
  }
  readMethod4(subject, method4, four);
  readMethod6(subject, method6);
};
