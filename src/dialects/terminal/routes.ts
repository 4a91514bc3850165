/** Lines of `ip route`, `ip rule` and `ip neigh`. */
import { parseMac } from '../../net/mac.ts';
import { parsePrefix, printPrefix } from '../../net/prefix.ts';
import { type Family } from '../../net/address.ts';
import { type NextHop, type PolicyRule } from '../../state/network-state.ts';
import { type Place } from '../dialect.ts';
import { canonical, type Draft, type GivenRoute, type RouteDraft } from './draft.ts';

type Words = readonly string[];

const after = (words: Words, key: string): string | undefined => {
  const at = words.indexOf(key);
  return at < 0 ? undefined : words[at + 1];
};

const tables: Readonly<Record<string, number>> = { default: 253, main: 254, local: 255 };
export const tableNumber = (text: string | undefined): number | undefined => {
  if (text === undefined) return 254;
  if (Object.hasOwn(tables, text)) return tables[text];
  return /^\d{1,10}$/.test(text) ? Number(text) : undefined;
};

const usualMetric = (family: Family): number => (family === 4 ? 0 : 1024);
const everything = (family: Family): string => (family === 4 ? '0.0.0.0/0' : '::/0');

/** Made by others than the configuration. */
const givers = { dhcp: 'DHCP', ra: 'a router advertisement', redirect: 'a redirect' } as const;
const types = ['unreachable', 'blackhole', 'prohibit', 'throw', 'unicast', 'local'] as const;

const prefixText = (text: string): { readonly family: Family; readonly to: string } | undefined => {
  const [host = '', length] = text.split('/');
  const own = canonical(host);
  if (own === undefined) return undefined;
  const parsed = parsePrefix(`${own.address}/${length ?? (own.family === 4 ? '32' : '128')}`);
  return parsed === undefined ? undefined : { family: parsed.family, to: printPrefix(parsed) };
};

/** A gateway may be of the other family: `via inet6 fe80::1` (RFC 8950). */
const gatewayIn = (words: Words): ReturnType<typeof canonical> => {
  const via = after(words, 'via');
  return canonical((via === 'inet' || via === 'inet6' ? after(words, via) : via) ?? '');
};

const hopIn = (words: Words): NextHop | undefined => {
  const dev = after(words, 'dev');
  if (dev === undefined) return undefined;
  const address = gatewayIn(words)?.address;
  return {
    ...(address === undefined ? {} : { via: address }),
    dev,
    weight: Number(after(words, 'weight') ?? 1),
    ...(words.includes('onlink') ? { onlink: true } : {}),
  };
};

/** Where the gateway's family is said beside it, the route is of the other one. */
const nextFamily = (words: Words, via: ReturnType<typeof canonical>): Family | undefined => {
  const said = after(words, 'via');
  return said === 'inet6' ? 4 : said === 'inet' ? 6 : via?.family;
};

/** `default via 192.0.2.1 dev eth0 proto static metric 100`; undefined for what is no route. */
export const routeIn = (text: string, told: Family, place: Place): RouteDraft | GivenRoute | 'left-out' | undefined => {
  const words = text.trim().split(/\s+/);
  const type = types.find((known) => known === words[0]) ?? 'unicast';
  const rest = types.some((known) => known === words[0]) ? words.slice(1) : words;
  const [destination = ''] = rest;
  if (/^(?:broadcast|multicast|anycast|nat)$/.test(words[0] ?? '')) return 'left-out';
  const via = gatewayIn(rest);
  const target =
    destination === 'default'
      ? { family: nextFamily(rest, via) ?? told, to: everything(nextFamily(rest, via) ?? told) }
      : prefixText(destination);
  const dev = after(rest, 'dev');
  if (
    target === undefined ||
    (type === 'unicast' &&
      dev === undefined &&
      via === undefined &&
      !rest.includes('nexthop') &&
      rest.length > 1 &&
      !/^(?:proto|metric|scope|nhid)$/.test(rest[1] ?? ''))
  )
    return undefined;
  // A destination alone has its next hops on the lines below.
  if (rest.length === 1 && type === 'unicast' && destination !== 'default' && !destination.includes('/'))
    return undefined;
  const maker = after(rest, 'proto') ?? '';
  if (maker === 'kernel') return 'left-out';
  if (maker === 'dhcp' || maker === 'ra' || maker === 'redirect') {
    const metric = Number(after(rest, 'metric') ?? 0);
    const { to } = target;
    return { text: text.trim(), to, dev, by: givers[maker], metric: Number.isInteger(metric) ? metric : 0, place };
  }
  const table = tableNumber(after(rest, 'table'));
  if (table === undefined) return undefined;
  if (table === 255) return 'left-out';
  const metric = Number(after(rest, 'metric') ?? usualMetric(target.family));
  if (!Number.isInteger(metric)) return undefined;
  const source = canonical(after(rest, 'src') ?? '')?.address;
  const isDiscarding = type !== 'unicast' && type !== 'local';
  return {
    ...target,
    type,
    ...(via === undefined ? {} : { via: via.address }),
    ...(dev === undefined || isDiscarding ? {} : { dev }),
    ...{ metric, table },
    ...(source === undefined ? {} : { source }),
    ...(rest.includes('onlink') ? { onlink: true } : {}),
    ...(after(rest, 'proto') === undefined && via === undefined ? { mayBeConnected: true } : {}),
    place,
  };
};

/** `nexthop via 192.0.2.1 dev eth0 weight 1`, below its route. */
export const addNextHop = (draft: Draft, text: string): boolean => {
  const hop = hopIn(text.trim().split(/\s+/));
  const last = draft.routes.at(-1);
  if (hop === undefined || last === undefined) return false;
  const { via: _, dev: __, mayBeConnected: ___, ...bare } = last;
  draft.routes[draft.routes.length - 1] = { ...bare, nexthops: [...(last.nexthops ?? []), hop] };
  return true;
};

/** The rules that every stack is born with (ip-rule(8)). */
const isBorn = ({ priority, table, from, to, iif }: PolicyRule): boolean =>
  from === undefined &&
  to === undefined &&
  iif === undefined &&
  ((priority === 0 && table === 255) || (priority === 32766 && table === 254) || (priority === 32767 && table === 253));

const maskedNumber = (text: string): { readonly value: number; readonly mask: number } => {
  const [value, mask] = text.split('/').map(Number);
  return { value: value ?? 0, mask: mask ?? 0xffffffff };
};

/** `100: from 10.0.0.0/24 iif eth0 fwmark 0x1 lookup 100`; undefined for what is no rule, or says more. */
export const ruleIn = (text: string, told: Family): PolicyRule | 'left-out' | undefined => {
  const [, number, not, rest = ''] = /^(\d+):\s+(not )?(from .*)$/.exec(text.trim()) ?? [];
  if (number === undefined) return undefined;
  const words = rest.split(/\s+/);
  const [from, to] = ['from', 'to'].map((key) => {
    const word = after(words, key);
    return word === undefined || word === 'all' ? undefined : prefixText(word);
  });
  const action = (['blackhole', 'unreachable', 'prohibit'] as const).find((known) => words.includes(known));
  const table = tableNumber(after(words, 'lookup') ?? (action === undefined ? 'none' : '254'));
  if (table === undefined) return undefined;
  const [iif, oif, mark] = ['iif', 'oif', 'fwmark'].map((key) => after(words, key));
  const rule: PolicyRule = {
    family: from?.family ?? to?.family ?? told,
    priority: Number(number),
    ...(from === undefined ? {} : { from: from.to }),
    ...(to === undefined ? {} : { to: to.to }),
    ...(iif === undefined ? {} : { iif }),
    ...(oif === undefined ? {} : { oif }),
    ...(mark === undefined ? {} : { mark: maskedNumber(mark) }),
    ...(not === undefined ? {} : { not: true }),
    ...(action === undefined ? {} : { action }),
    table: action === undefined ? table : 0,
  };
  return isBorn(rule) ? 'left-out' : rule;
};

/** `192.0.2.9 dev eth0 lladdr 02:00:00:00:00:09 PERMANENT`, `192.0.2.9 dev eth0 proxy`. */
export const readNeighbour = (draft: Draft, text: string): boolean => {
  const words = text.trim().split(/\s+/);
  const own = canonical(words[0] ?? '');
  const dev = after(words, 'dev');
  if (own === undefined || dev === undefined) return false;
  const mac = parseMac(after(words, 'lladdr') ?? '');
  if (words.at(-1) === 'proxy') draft.proxies.push({ ...own, dev });
  else if (words.includes('PERMANENT') && mac !== undefined) draft.neighbours.push({ ...own, mac, dev });
  else if (!/\b(?:REACHABLE|STALE|DELAY|PROBE|FAILED|NOARP|INCOMPLETE|NONE)\b/.test(text)) return false;
  draft.isAny = true;
  return true;
};
