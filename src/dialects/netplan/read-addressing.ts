/** Addresses, gateways, routes, policy rules and names of one device. */
import { type Family } from '../../net/address.ts';
import { type InterfaceAddress, type PolicyRule, type Route } from '../../state/network-state.ts';
import { field, flag } from '../../state/spelling.ts';
import { addRoute, setSysctl, type Draft } from '../draft.ts';
import { nextPriority } from '../rule-priority.ts';
import { readAddress, readInteger, readInterfaceAddress, readPrefix } from '../plain-values.ts';
import { everything } from '../default-route.ts';
import { childOf, entriesOf, itemsOf, textOf, type Tree } from '../yaml-tree/tree.ts';
import { booleanOf, numberOf, valueOf } from './values.ts';

export const readAddresses = (name: string, body: Tree, draft: Draft): readonly InterfaceAddress[] => {
  const said = itemsOf(childOf(body, 'addresses')).flatMap((item) => {
    const [[key, entry] = []] = entriesOf(item);
    const text = key ?? textOf(item) ?? '';
    const at = entry?.keyAt ?? item.at;
    const address = text.includes('/') ? readInterfaceAddress(text) : undefined;
    if (address === undefined) {
      draft.tell('error', 'bad-value', `\`${text}\` is not an address with its prefix length`, at);
      return [];
    }
    for (const [option, { keyAt }] of entriesOf(entry?.value))
      if (option !== 'label') draft.tell('not-said', 'no-words-for', `\`${option}\` has no place in the model`, keyAt);
    draft.origins[`${draft.stack}/interfaces/${name}/addresses/${address.address}`] = at;
    const label = textOf(childOf(entry?.value, 'label'));
    const own = { ...address, ...field('label', label === name ? undefined : label) };
    return [{ own, isPlain: key === undefined }];
  });
  // Those with options stand in sections of their own in the files of networkd, which come last.
  const order = [...said.filter(({ isPlain }) => isPlain), ...said.filter(({ isPlain }) => !isPlain)];
  return order.map(({ own }) => own);
};

/** What routes of one device get where they do not say it. */
export interface RouteDefaults {
  readonly table: number;
  readonly metric: Readonly<Record<Family, number>>;
  /** networkd takes gateways to be on the link of what has no address, and netplan does not tell it otherwise. */
  readonly isOnlinkTaken: boolean;
}

export const readGateways = (name: string, body: Tree, born: RouteDefaults, draft: Draft): void => {
  const { table, metric, isOnlinkTaken } = born;
  for (const [key, family] of [
    ['gateway4', 4],
    ['gateway6', 6],
  ] as const) {
    const said = childOf(body, key);
    const via = valueOf(said, 'an address', readAddress, draft.tell);
    if (said === undefined || via === undefined) continue;
    if (via.family !== family) {
      draft.tell('error', 'other-family', `\`${via.address}\` is not of the family of \`${key}\``, said.at);
      continue;
    }
    draft.tell(
      'ignored',
      'deprecated',
      `\`${key}\` still works and is deprecated`,
      said.at,
      `write \`routes: [{ to: default, via: ${via.address} }]\``,
    );
    addRoute(
      draft,
      {
        family,
        to: everything[family],
        type: 'unicast',
        via: via.address,
        dev: name,
        metric: metric[family],
        table,
        ...flag('onlink', isOnlinkTaken, true),
      },
      said.at,
    );
  }
};

const routeTypes: readonly Route['type'][] = ['unicast', 'unreachable', 'blackhole', 'prohibit', 'throw', 'local'];
const routeKeys = ['to', 'via', 'on-link', 'metric', 'type', 'scope', 'table', 'from'];

/** Those that netplan knows too. */
const otherTypes = new Set(['broadcast', 'anycast', 'multicast', 'nat', 'xresolve']);

const readRoute = (name: string, tree: Tree, born: RouteDefaults, draft: Draft): void => {
  const { table, metric, isOnlinkTaken } = born;
  const { tell } = draft;
  const to = childOf(tree, 'to');
  const via = valueOf(childOf(tree, 'via'), 'an address', readAddress, tell);
  const target = textOf(to);
  const isDefault = target === 'default';
  const prefix = isDefault ? undefined : valueOf(to, 'a prefix, an address or `default`', readPrefix, tell);
  const family = prefix?.family ?? (isDefault ? (via?.family ?? 4) : undefined);
  const other = childOf(tree, 'type');
  if (other !== undefined && otherTypes.has(textOf(other) ?? '')) {
    tell('not-said', 'other-type', `routes of the type \`${textOf(other) ?? ''}\` are not in the model`, other.at);
    return;
  }
  const type = valueOf(other, 'a type of route', (text) => routeTypes.find((it) => it === text), tell) ?? 'unicast';
  if (family === undefined || target === undefined) {
    tell('error', 'no-destination', 'a route needs `to`', tree.at);
    return;
  }
  const scope = textOf(childOf(tree, 'scope'));
  // Unicast routes without a gateway have the scope `link` by themselves.
  if (type === 'unicast' && via === undefined && scope === 'global')
    tell('error', 'no-gateway', 'a route of global scope needs `via`; netplan refuses the file', tree.at);
  for (const [key, { keyAt }] of entriesOf(tree))
    if (!routeKeys.includes(key))
      tell('not-said', 'no-words-for', `\`${key}\` of a route has no place in the model`, keyAt);
  const isOnlink = booleanOf(childOf(tree, 'on-link'), tell) === true || isOnlinkTaken;
  addRoute(
    draft,
    {
      family,
      to: prefix?.prefix ?? everything[family],
      type,
      ...field('via', via?.address),
      ...field('dev', type === 'unicast' || type === 'local' ? name : undefined),
      metric: numberOf(childOf(tree, 'metric'), 'a metric', 0, 4294967295, tell) ?? metric[family],
      table: numberOf(childOf(tree, 'table'), 'a table', 1, 4294967295, tell) ?? table,
      ...field('source', valueOf(childOf(tree, 'from'), 'an address', readAddress, tell)?.address),
      ...flag('onlink', isOnlink && via !== undefined, true),
    },
    tree.at,
  );
};

export const readRoutes = (name: string, body: Tree, born: RouteDefaults, draft: Draft): void => {
  for (const tree of itemsOf(childOf(body, 'routes'))) readRoute(name, tree, born, draft);
};

/** netplan takes no mask: the whole mark is compared. */
export const wholeMark = 0xffffffff;

const readMark = (text: string): PolicyRule['mark'] => {
  const value = readInteger(text, 0, wholeMark);
  return value === undefined ? undefined : { value, mask: wholeMark };
};

const ruleKeys = ['from', 'to', 'priority', 'mark', 'table'];

const checkRuleKeys = (tree: Tree, { tell }: Draft): void => {
  for (const [key, { keyAt }] of entriesOf(tree))
    if (key !== 'type-of-service' && !ruleKeys.includes(key))
      tell('error', 'unknown-key', `netplan knows no \`${key}\` in \`routing-policy\``, keyAt);
};

/** `table`: that of the VRF whose rules these are. */
export const readRules = (body: Tree, table: number | undefined, draft: Draft): void => {
  const { tell } = draft;
  for (const tree of itemsOf(childOf(body, 'routing-policy'))) {
    checkRuleKeys(tree, draft);
    const service = childOf(tree, 'type-of-service');
    if (service !== undefined) {
      tell(
        'not-said',
        'unsaid-rule',
        'a rule with `type-of-service` has no words in the model: it is left out',
        service.at,
      );
      continue;
    }
    const from = valueOf(childOf(tree, 'from'), 'a prefix', readPrefix, tell);
    const to = valueOf(childOf(tree, 'to'), 'a prefix', readPrefix, tell);
    const family = from?.family ?? to?.family;
    if (family === undefined) {
      tell('error', 'no-selector', 'a rule needs `from` or `to`', tree.at);
      continue;
    }
    const told = numberOf(childOf(tree, 'priority'), 'a priority', 0, 4294967295, tell);
    const priority = told ?? nextPriority(draft.rules, family);
    if (told === undefined)
      tell('assumed', 'no-priority', `a rule without \`priority\` was taken to get ${priority}`, tree.at);
    draft.rules.push({
      family,
      priority,
      ...field('from', from?.prefix),
      ...field('to', to?.prefix),
      ...field('mark', valueOf(childOf(tree, 'mark'), 'a mark', readMark, tell)),
      table: numberOf(childOf(tree, 'table'), 'a table', 1, 4294967295, tell) ?? table ?? 254,
    });
  }
};

export const readAddressing = (name: string, body: Tree, draft: Draft): void => {
  const accepts = childOf(body, 'accept-ra');
  const wish = accepts === undefined ? undefined : booleanOf(accepts, draft.tell);
  if (accepts !== undefined && wish !== undefined)
    // networkd listens even where the machine forwards, which the kernel says with a 2.
    setSysctl(draft, `net/ipv6/conf/${name}/accept_ra`, wish ? '2' : '0', accepts.at);
  const names = childOf(body, 'nameservers');
  for (const item of itemsOf(childOf(names, 'addresses'))) {
    const address = valueOf(item, 'an address', readAddress, draft.tell)?.address;
    if (address !== undefined && !draft.nameservers.includes(address)) draft.nameservers.push(address);
  }
  for (const item of itemsOf(childOf(names, 'search'))) {
    const domain = textOf(item);
    if (domain !== undefined && !draft.search.includes(domain)) draft.search.push(domain);
  }
};
