/**
 * `dhcp-range` of dnsmasq(8): labels and conditions, then first and last address, netmask, broadcast address and lease time
 * for IPv4; addresses, modes, length and lease time for IPv6. A label (`set:x`, or a bare word) is a tag that clients of the
 * range get, and names no interface; a condition (`tag:x`) says what clients must have, and each has the name of the
 * interface that it asks by.
 */
import { parseIp, printIp, type Ip } from '../../net/address.ts';
import { containsIp, prefixOf } from '../../net/prefix.ts';
import { type Place } from '../dialect.ts';
import { placeIn, type Remarks } from '../text.ts';
import { leaseSeconds, partsOf, type Option } from './option-lines.ts';

interface Tagged {
  /** What clients of this range are labelled with. */
  readonly label: string | undefined;
  readonly conditions: readonly string[];
  readonly place: Place;
}

export interface Range extends Tagged {
  readonly first: Ip;
  readonly last: Ip;
  readonly netmask: string | undefined;
  readonly leaseSeconds: number;
  /** Only hosts that are named get addresses, whichever of the subnet. */
  readonly isStatic: boolean;
}

/** A range of IPv6. */
export interface Advertised extends Tagged {
  readonly first: Ip;
  readonly length: number;
  /** `constructor:`: the interface whose prefixes it takes. */
  readonly constructor: string | undefined;
  /** Whether it asks for router advertisements by itself. */
  readonly isAdvertised: boolean;
  /** Whether hosts may give themselves addresses in it. */
  readonly isAutonomous: boolean;
}

export type AnyRange =
  { readonly family: 4; readonly range: Range } | { readonly family: 6; readonly range: Advertised };

type Refuse = (message: string, code?: string) => AnyRange | undefined;

/** An hour: what dnsmasq gives where nothing is said. */
const usualLeaseSeconds = 3600;

/** Parts that consist of what addresses are written with are none of the tags. */
const isAddressLike = (part: string): boolean => /^[ .:0-9a-f]*$/i.test(part);

/** Undefined: dnsmasq refuses it, for the reason that `refuse` was told. */
export const readRange = (
  option: Option,
  path: string,
  isInterface: (tag: string) => boolean,
  tell: Remarks,
): AnyRange | undefined => {
  const refuse: Refuse = (message, code = 'bad-range') => {
    tell('error', code, `${message}: dnsmasq refuses the range`, option);
    return undefined;
  };
  const parts = partsOf(option.value ?? '');
  const begin = parts.findIndex((part, index) => isAddressLike(part) || index === parts.length - 1);
  const tags = parts.slice(0, begin);
  const conditions = tags.filter((tag) => /^(?:tag|net):/.test(tag)).map((tag) => tag.slice(4));
  const labels = tags.filter((tag) => !/^(?:tag|net):/.test(tag)).map((tag) => tag.replace(/^set:/, ''));
  if (labels.length > 1) return refuse(`\`${labels.slice(0, 2).join('` and `')}\` are two labels`);
  const tagged: Tagged = {
    label: labels[0],
    conditions: conditions.filter((tag) => tag !== ''),
    place: placeIn(path, option),
  };
  const [start = '', second = '', ...rest] = parts.slice(begin);
  const first = parseIp(start);
  if (first === undefined) return refuse(`\`${start}\` is not an address`, 'not-an-address');
  if (second === '') return refuse(`\`${start}\` has no end`);
  if (first.family === 6) return readIpv6(first, [second, ...rest], tagged, refuse, option, tell);
  if (second === 'proxy') {
    tell(
      'not-said',
      'mode',
      `\`proxy\`: another server gives the addresses of ${start}, and this one what to boot`,
      option,
    );
    return undefined;
  }
  const isStatic = second === 'static';
  const end = isStatic ? first : parseIp(second);
  if (end?.family !== 4) return refuse(`\`${second}\` is not an IPv4 address`, 'not-an-address');
  // It takes them in either order.
  const [low, high] = end.value < first.value ? [end, first] : [first, end];
  const [mask, broadcast] = rest;
  const hasMask = mask !== undefined && parseIp(mask)?.family === 4;
  const hasBroadcast = hasMask && broadcast !== undefined && parseIp(broadcast)?.family === 4;
  const times = rest.slice(hasBroadcast ? 2 : hasMask ? 1 : 0);
  if (times.length > 1) return refuse(`\`${times.join(',')}\` is more than a lease time`);
  const lease = times[0] === undefined ? usualLeaseSeconds : leaseSeconds(times[0]);
  if (lease === undefined) return refuse(`\`${times[0] ?? ''}\` is not a lease time`);
  const maskValue = hasMask ? parseIp(mask)?.value : undefined;
  if (maskValue !== undefined && (low.value & maskValue) !== (high.value & maskValue))
    return refuse(`${printIp(low)} and ${printIp(high)} are in two subnets by \`${mask ?? ''}\``);
  const unmet = tagged.conditions.find((tag) => !tag.startsWith('!') && !isInterface(tag));
  if (unmet !== undefined) {
    tell('not-said', 'conditional', `only clients with the tag \`${unmet}\` get addresses of this range`, option);
    return undefined;
  }
  const unwanted = tagged.conditions.find((tag) => tag.startsWith('!'));
  if (unwanted !== undefined)
    tell('not-said', 'conditional', `clients with the tag \`${unwanted.slice(1)}\` get no address of it`, option);
  return {
    family: 4,
    range: { ...tagged, first: low, last: high, netmask: hasMask ? mask : undefined, leaseSeconds: lease, isStatic },
  };
};

const autonomousModes = /^(?:ra-only|slaac|ra-names|ra-stateless|ra-advrouter)$/;

const readIpv6 = (
  first: Ip,
  parts: readonly string[],
  tagged: Tagged,
  refuse: Refuse,
  option: Option,
  tell: Remarks,
): AnyRange | undefined => {
  const end = parseIp(parts[0] ?? '');
  const modes = parts.slice(end === undefined ? 0 : 1);
  const count = modes.findIndex(
    (part) => !/^(?:static|off-link|constructor:.*)$/.test(part) && !autonomousModes.test(part),
  );
  const said = count < 0 ? modes : modes.slice(0, count);
  const rest = count < 0 ? [] : modes.slice(count);
  const hasLength = /^\d+$/.test(rest[0] ?? '') && Number(rest[0]) <= 128;
  const length = hasLength ? Number(rest[0]) : 64;
  const times = rest.slice(hasLength ? 1 : 0);
  if (times.length > 1 || times.some((time) => leaseSeconds(time) === undefined && time !== 'deprecated'))
    return refuse(`\`${times.join(',')}\` is not a lease time`);
  const isAutonomous = said.some((mode) => autonomousModes.test(mode));
  if (length < 64 || (length > 64 && isAutonomous)) return refuse(`a prefix of ${length} bits is not one of 64`);
  if (end?.family === 6 && !containsIp(prefixOf(first, length), end))
    return refuse(`${printIp(first)} and ${printIp(end)} are in two prefixes`);
  if (end?.family === 6 || said.some((mode) => mode === 'static' || mode === 'ra-stateless'))
    tell('not-said', 'dhcpv6', 'what dnsmasq gives by DHCPv6 is not modelled', option);
  return {
    family: 6,
    range: {
      ...tagged,
      ...{ first, length, isAutonomous, isAdvertised: isAutonomous },
      constructor: said.find((mode) => mode.startsWith('constructor:'))?.slice('constructor:'.length),
    },
  };
};
