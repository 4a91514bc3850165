/**
 * Which router dnsmasq names to the clients of a range: `dhcp-option=3` or `option:router`. Options with conditions on the
 * interface count before those with the label of the range, and those before options without any; of equals the last one
 * (`option_filter` of dhcp-common.c). Without one dnsmasq names itself; with one and no value, nobody.
 */
import { parseIp, printIp } from '../../net/address.ts';
import { type Remarks } from '../text.ts';
import { partsOf, type Option } from './option-lines.ts';
import { isDecisive, isDhcpName } from './option-names.ts';

export interface RouterOption {
  readonly conditions: readonly string[];
  /** Undefined: none. */
  readonly address: string | undefined;
}

const isBeside = (part: string): boolean => /^(?:vendor|encap|vi-encap):/.test(part);

/** Undefined: it is another option, and what the model has no words for was told. */
export const readDhcpOption = (
  option: Option,
  isKnownTag: (tag: string) => boolean,
  tell: Remarks,
): RouterOption | undefined => {
  const parts = partsOf(option.value ?? '');
  const at = parts.findIndex((part) => /^(?:\d+$|option6?:)/.test(part));
  const code = parts[at];
  if (code === undefined) {
    tell('error', 'bad-option', `\`${option.value ?? ''}\` names no option of DHCP: dnsmasq refuses it`, option);
    return undefined;
  }
  const before = parts.slice(0, at);
  const values = parts.slice(at + 1).filter((part) => part !== '');
  const isRouter = (code === '3' || code === 'option:router') && !before.some(isBeside);
  if (!isRouter) {
    const named = code.replace(/^option:/, '');
    // Resolvers, clocks and boot files decide nothing about who reaches whom.
    if (code.startsWith('option:') && !isDhcpName(named))
      tell('error', 'bad-option', `\`${code}\` names no option of DHCP: dnsmasq refuses it`, option);
    else if (isDecisive(named) && !before.some(isBeside))
      tell('not-said', 'dhcp-option', `the option \`${code}\` is not modelled`, option);
    return undefined;
  }
  const conditions = before.map((part) => part.replace(/^(?:tag|net|set):/, ''));
  const unknown = conditions.find((tag) => !isKnownTag(tag.replace(/^[!#]/, '')));
  if (unknown !== undefined) {
    tell('not-said', 'conditional', `only clients with the tag \`${unknown}\` are told of this router`, option);
    return undefined;
  }
  const [first] = values;
  const address = first === undefined ? undefined : parseIp(first);
  if (first !== undefined && address?.family !== 4) {
    tell('error', 'not-an-address', `\`${first}\` is not an IPv4 address`, option);
    return undefined;
  }
  if (values.length > 1)
    tell('not-said', 'further-routers', `routers beside \`${first ?? ''}\` are not modelled`, option);
  return { conditions, address: address === undefined ? undefined : printIp(address) };
};

/** `own`: dnsmasq's address there, where it is known; 0.0.0.0 stands for it. */
export const routerOf = (
  options: readonly RouterOption[],
  interfaceName: string,
  label: string | undefined,
  own: string | undefined,
): string | undefined => {
  const meets = (tags: readonly (string | undefined)[], { conditions }: RouterOption): boolean =>
    conditions.length > 0 &&
    conditions.every((tag) => (/^[!#]/.test(tag) ? !tags.includes(tag.slice(1)) : tags.includes(tag)));
  const told =
    options.findLast((one) => meets([interfaceName], one) && meets([interfaceName, label], one)) ??
    options.findLast((one) => meets([interfaceName, label], one)) ??
    options.findLast(({ conditions }) => conditions.length === 0);
  if (told === undefined) return own;
  return told.address === '0.0.0.0' ? own : told.address;
};
