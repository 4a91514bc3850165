/** `prefix` of radvd.conf(5): in which prefixes hosts may give themselves addresses. */
import { parseInterfaceAddress, networkOf, prefixOf, printPrefix, type Prefix } from '../../net/prefix.ts';
import { type Interface } from '../../state/network-state.ts';
import { type Remark } from '../dialect.ts';
import { type Statement, type Token } from './parse.ts';

export type TellAt = (kind: Remark['kind'], code: string, message: string, at: Token) => void;

export const valueIn = (block: readonly Statement[], name: string): string | undefined =>
  block.findLast(({ words }) => words[0]?.text === name)?.words[1]?.text;

export const isOn = (value: string | undefined, usual: boolean): boolean =>
  value === undefined ? usual : value === 'on';

/** radvd takes bits behind the length, and hosts leave them out. */
const parsePrefix = (text: string): Prefix | undefined => {
  const parsed = text.includes('/') ? parseInterfaceAddress(text) : undefined;
  return parsed?.address.family === 6 ? prefixOf(parsed.address, parsed.length) : undefined;
};

const lifetime = (text: string | undefined, usual: number): number =>
  text === undefined ? usual : text === 'infinity' ? Number.POSITIVE_INFINITY : Number(text);

/** Those of an interface that has addresses of this length, as radvd takes them for `::/64` when it starts. */
const prefixesOf = (its: Interface | undefined, length: number): readonly string[] => [
  ...new Set(
    (its?.addresses ?? [])
      .filter(({ family, address }) => family === 6 && !/^fe[89ab]/.test(address))
      .map(({ address }) => printPrefix(networkOf(address, length))),
  ),
];

/** Whether it is on the link, and not for addresses that hosts give themselves. */
export const isOnLinkAlone = ({ block: settings = [] }: Statement): boolean =>
  isOn(valueIn(settings, 'AdvOnLink'), true) && !isOn(valueIn(settings, 'AdvAutonomous'), true);

/**
 * `its`: the interface that is advertised on, where other files of the machine were read. `isOnLinkOnly`: all prefixes there
 * are, so that they count.
 */
export const readPrefix = (
  { words: [first, value], block: settings = [] }: Statement,
  its: Interface | undefined,
  isOnLinkOnly: boolean,
  tell: TellAt,
): readonly string[] => {
  const at = value ?? first;
  const prefix = parsePrefix(value?.text ?? '');
  if (at === undefined) return [];
  if (prefix === undefined) {
    tell('error', 'not-a-prefix', `\`${value?.text ?? ''}\` is not an IPv6 prefix`, at);
    return [];
  }
  const text = printPrefix(prefix);
  const valid = lifetime(valueIn(settings, 'AdvValidLifetime'), 86400);
  if (lifetime(valueIn(settings, 'AdvPreferredLifetime'), 14400) > valid) {
    tell('error', 'lifetimes', `\`${text}\` would be preferred for longer than it is valid: radvd refuses it`, at);
    return [];
  }
  const isOnLink = isOn(valueIn(settings, 'AdvOnLink'), true);
  if ((!isOnLinkOnly && !isOn(valueIn(settings, 'AdvAutonomous'), true)) || valid === 0) {
    const link = isOnLink && valid > 0 ? 'is on the link, but' : 'is not said to be on the link, and';
    tell('not-said', 'not-autonomous', `\`${text}\` ${link} not for addresses that hosts give themselves`, at);
    return [];
  }
  const base = valueIn(settings, 'Base6Interface') ?? valueIn(settings, 'Base6to4Interface');
  if (base !== undefined) {
    tell(
      'not-said',
      'prefix-of-interface',
      `the prefix is made of the addresses of \`${base}\`, whatever they are`,
      at,
    );
    return [];
  }
  if (prefix.length !== 64 && !isOnLinkOnly)
    tell('not-said', 'length', `hosts give themselves addresses in prefixes of 64 bits only, not ${prefix.length}`, at);
  if (!isOnLink) tell('not-said', 'not-on-link', `\`${text}\` is not said to be on the link`, at);
  if (prefix.value !== 0n) return [text];
  const own = prefixesOf(its, prefix.length);
  if (own.length === 0)
    tell(
      'not-said',
      'prefix-of-interface',
      `\`${text}\` stands for the prefixes of the interface, whatever they are`,
      at,
    );
  return own;
};
