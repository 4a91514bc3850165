/**
 * What dnsmasq tells the clients of a range with `dhcp-option`: a router (3), resolvers (6), domains (15, 119), an MTU (26). Of the lines
 * about one option, those with conditions on the interface count before those with the label of the range, and those
 * before lines without any; of equals the last one (`option_filter` of dhcp-common.c). A line without a value: nothing is
 * told. Without a line dnsmasq names itself as router.
 */
import { parseIp, printIp } from '../../net/address.ts';
import { type Resolver } from '../../state/network-state.ts';
import { type Remarks } from '../text.ts';
import { partsOf, type Option } from './option-lines.ts';
import { isDecisive, isDhcpName } from './option-names.ts';

type Told = 'router' | 'mtu' | 'dns-server' | 'domain-name' | 'domain-search';

const toldByCode: ReadonlyMap<string, Told> = new Map([
  ['3', 'router'],
  ['option:router', 'router'],
  ['6', 'dns-server'],
  ['option:dns-server', 'dns-server'],
  ['26', 'mtu'],
  ['option:mtu', 'mtu'],
  ['15', 'domain-name'],
  ['option:domain-name', 'domain-name'],
  ['119', 'domain-search'],
  ['option:domain-search', 'domain-search'],
]);

const phrases: Readonly<Record<Told, string>> = {
  router: 'this router',
  mtu: 'this MTU',
  'dns-server': 'these resolvers',
  'domain-name': 'this domain',
  'domain-search': 'these domains',
};

export interface ToldOption {
  readonly told: Told;
  readonly conditions: readonly string[];
  /** Addresses in their one spelling, or domains in small letters; empty: nothing is told. */
  readonly values: readonly string[];
}

const isBeside = (part: string): boolean => /^(?:vendor|encap|vi-encap):/.test(part);

/** Undefined: one of them is no address, which was told. */
const readAddresses = (values: readonly string[], option: Option, tell: Remarks): readonly string[] | undefined => {
  const addresses = values.map(parseIp);
  const wrong = values.find((_, index) => addresses[index]?.family !== 4);
  if (wrong === undefined) return addresses.flatMap((address) => (address === undefined ? [] : printIp(address)));
  tell('error', 'not-an-address', `\`${wrong}\` is not an IPv4 address`, option);
  return undefined;
};

const readValues = (
  told: Told,
  values: readonly string[],
  option: Option,
  tell: Remarks,
): readonly string[] | undefined => {
  switch (told) {
    case 'router':
      if (values.length > 1)
        tell('not-said', 'further-routers', `routers beside \`${values[0] ?? ''}\` are not modelled`, option);
      return readAddresses(values, option, tell)?.slice(0, 1);
    case 'dns-server':
      return readAddresses(values, option, tell);
    case 'mtu':
      return values.slice(0, 1);
    case 'domain-name':
    case 'domain-search':
      return values.map((domain) => domain.toLowerCase());
  }
};

/** Undefined: it is another option, and what the model has no words for was told. */
export const readDhcpOption = (
  option: Option,
  isKnownTag: (tag: string) => boolean,
  tell: Remarks,
): ToldOption | undefined => {
  const parts = partsOf(option.value ?? '');
  const at = parts.findIndex((part) => /^(?:\d+$|option6?:)/.test(part));
  const code = parts[at];
  if (code === undefined) {
    tell('error', 'bad-option', `\`${option.value ?? ''}\` names no option of DHCP: dnsmasq refuses it`, option);
    return undefined;
  }
  const before = parts.slice(0, at);
  const told = before.some(isBeside) ? undefined : toldByCode.get(code);
  if (told === undefined) {
    const named = code.replace(/^option:/, '');
    // Clocks and boot files decide nothing about who reaches whom.
    if (code.startsWith('option:') && !isDhcpName(named))
      tell('error', 'bad-option', `\`${code}\` names no option of DHCP: dnsmasq refuses it`, option);
    else if (isDecisive(named) && !before.some(isBeside))
      tell('not-said', 'dhcp-option', `the option \`${code}\` is not modelled`, option);
    return undefined;
  }
  const conditions = before.map((part) => part.replace(/^(?:tag|net|set):/, ''));
  const unknown = conditions.find((tag) => !isKnownTag(tag.replace(/^[!#]/, '')));
  if (unknown !== undefined) {
    tell('not-said', 'conditional', `only clients with the tag \`${unknown}\` are told of ${phrases[told]}`, option);
    return undefined;
  }
  const values = readValues(
    told,
    parts.slice(at + 1).filter((part) => part !== ''),
    option,
    tell,
  );
  return values === undefined ? undefined : { told, conditions, values };
};

/** Whose clients are told. */
export interface ToldRange {
  readonly interfaceName: string;
  readonly label: string | undefined;
}

/** Undefined: no line about it counts for this range. */
const valuesOf = (
  options: readonly ToldOption[],
  told: Told,
  { interfaceName, label }: ToldRange,
): readonly string[] | undefined => {
  const meets = (tags: readonly (string | undefined)[], { conditions }: ToldOption): boolean =>
    conditions.length > 0 &&
    conditions.every((tag) => (/^[!#]/.test(tag) ? !tags.includes(tag.slice(1)) : tags.includes(tag)));
  const about = options.filter((one) => one.told === told);
  const decisive =
    about.findLast((one) => meets([interfaceName], one) && meets([interfaceName, label], one)) ??
    about.findLast((one) => meets([interfaceName, label], one)) ??
    about.findLast(({ conditions }) => conditions.length === 0);
  return decisive?.values;
};

/** It stands for dnsmasq's own address. */
const itself = '0.0.0.0';

/** `own`: dnsmasq's address there, or a sign that it is not known. */
export const routerOf = (options: readonly ToldOption[], range: ToldRange, own: string): string | undefined => {
  const [router] = valuesOf(options, 'router', range) ?? [itself];
  return router === itself ? own : router;
};

/** In bytes; RFC 2132 section 5.1 has none below 68. */
export const mtuOf = (options: readonly ToldOption[], range: ToldRange): number | undefined => {
  const [text = ''] = valuesOf(options, 'mtu', range) ?? [];
  return /^\d{2,5}$/.test(text) && Number(text) >= 68 && Number(text) <= 65535 ? Number(text) : undefined;
};

/**
 * What is written only: dnsmasq names itself beside it where it answers names. Clients that are told domains to look in
 * (119) pass over the one that they are in (15; RFC 3397 section 4).
 */
export const resolverOf = (options: readonly ToldOption[], range: ToldRange, own: string): Resolver | undefined => {
  const nameservers = valuesOf(options, 'dns-server', range) ?? [];
  const listed = valuesOf(options, 'domain-search', range) ?? [];
  const search = listed.length > 0 ? listed : (valuesOf(options, 'domain-name', range) ?? []).slice(0, 1);
  if (nameservers.length + search.length === 0) return undefined;
  return { nameservers: nameservers.map((address) => (address === itself ? own : address)), search };
};
