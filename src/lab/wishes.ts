/**
 * What a NIC writes about its addresses to wishes per family. `address` speaks of both families: an address of one
 * family leaves the other one planned; `ipv4` and `ipv6` override it for their family.
 */
import { type Span } from '../diagnostics/diagnostic.ts';
import { parseIp, type Family, type Ip } from '../net/address.ts';
import { parseInterfaceAddress } from '../net/prefix.ts';
import { type Path, type Spec, type SpecAddress } from '../spec/spec.ts';
import { families, type Wish } from './draft.ts';
import { type Findings } from './findings.ts';
import { omitAbsent } from './omit-absent.ts';

type Written = SpecAddress | readonly SpecAddress[];
type Keys = { readonly [key in 'address' | 'ipv4' | 'ipv6']?: Written | undefined };
const isList = (written: Written): written is readonly SpecAddress[] => Array.isArray(written);

export type Wishes = Readonly<Record<Family, readonly Wish[]>>;

interface Item {
  readonly value: SpecAddress;
  readonly at: Span;
}

const auto = (at: Span): Wish => ({ kind: 'auto', at });

/** `cloneIndex`: the third clone of a machine with `address: 5` gets 7. */
export const readWishes = (spec: Spec, keys: Keys, path: Path, cloneIndex: number, findings: Findings): Wishes => {
  const items = (key: 'address' | 'ipv4' | 'ipv6'): readonly Item[] | undefined => {
    const written = keys[key];
    if (written === undefined) return undefined;
    if (!isList(written)) return [{ value: written, at: spec.source.spanOf([...path, key]) }];
    return written.map((value, index) => ({ value, at: spec.source.spanOf([...path, key, index]) }));
  };
  const nic = spec.source.spanOf(path);
  const general = items('address');
  const wishesOf = (family: Family): readonly Wish[] => {
    const own = items(`ipv${family}`);
    if (own !== undefined) return own.flatMap((item) => ownWish(item, family, cloneIndex, findings));
    if (general === undefined) return [auto(nic)];
    const mentioned = general.flatMap((item) => generalWish(item, family, cloneIndex));
    return mentioned.length === 0 && general.every((item) => item.value !== 'none') ? [auto(nic)] : mentioned;
  };
  for (const item of general ?? []) checkText(item, findings);
  return { 4: wishesOf(4), 6: wishesOf(6) };
};

/** What one item of `address` says about one family; nothing where it speaks of the other one only. */
const generalWish = (item: Item, family: Family, cloneIndex: number): readonly Wish[] => {
  const { value, at } = item;
  if (typeof value === 'number') return [{ kind: 'number', number: BigInt(value + cloneIndex), at }];
  if (value === 'none') return [];
  if (value === 'auto' || value === 'last') return [{ kind: value, at }];
  if (value === 'dhcp' && family === 6)
    return [
      { kind: 'dhcp', onlyWhereServed: true, at },
      { kind: 'slaac', onlyWhereAdvertised: true, at },
    ];
  if (value === 'dhcp') return [{ kind: 'dhcp', onlyWhereServed: false, at }];
  if (value === 'slaac') return family === 6 ? [{ kind: 'slaac', onlyWhereAdvertised: false, at }] : [];
  const explicit = parseAddress(value);
  return explicit?.address.family === family ? [{ kind: 'explicit', ...explicit, at }] : [];
};

/** What one item of `ipv4` or `ipv6` says. */
const ownWish = (item: Item, family: Family, cloneIndex: number, findings: Findings): readonly Wish[] => {
  const { value, at } = item;
  if (family === 4 && value === 'slaac') {
    const help = 'write `ipv6: slaac`, or `ipv4: dhcp`';
    findings.error('wrong-family', `\`${value}\` does not exist for IPv${family}`, at, { help });
    return [];
  }
  if (value === 'dhcp') return [{ kind: 'dhcp', onlyWhereServed: false, at }];
  if (!checkText(item, findings)) return [];
  const explicit = typeof value === 'string' ? parseAddress(value) : undefined;
  if (explicit !== undefined && explicit.address.family !== family) {
    const help = `write it under \`ipv${explicit.address.family}\` or \`address\``;
    findings.error('wrong-family', `\`${value}\` is not an IPv${family} address`, at, { help });
    return [];
  }
  return generalWish(item, family, cloneIndex);
};

const words: readonly SpecAddress[] = ['auto', 'dhcp', 'slaac', 'last', 'none'];

const parseAddress = (text: string): { readonly address: Ip; readonly length?: number } | undefined => {
  if (text.includes('/')) return parseInterfaceAddress(text);
  const address = parseIp(text);
  return address === undefined ? undefined : { address };
};

const checkText = (item: Item, findings: Findings): boolean => {
  if (typeof item.value === 'number' || words.includes(item.value) || parseAddress(item.value) !== undefined)
    return true;
  findings.error('not-an-address', `\`${item.value}\` is not an address`, item.at, {
    help: 'write `auto`, `dhcp`, `slaac`, `last`, `none`, a host number, or an address such as 192.0.2.5 or 192.0.2.5/24',
  });
  return false;
};

/** Labelled further addresses of a NIC. */
export const readAliases = (
  spec: Spec,
  nic: string,
  aliases: Readonly<Record<string, string>> | undefined,
  path: Path,
  findings: Findings,
): readonly Wish[] =>
  Object.entries(aliases ?? {}).flatMap(([key, text]): readonly Wish[] => {
    const at = spec.source.spanOf([...path, 'aliases', key]);
    const label = `${nic}:${key}`;
    const parsed = parseAddress(text);
    if (parsed?.address.family !== 4) {
      const help = 'only IPv4 addresses carry a label, as in `0: 192.0.2.9/24`';
      findings.error('not-an-address', `\`${text}\` is not an IPv4 address`, at, { help });
      return [];
    }
    if (label.length > 15) {
      const message = `\`${label}\` has ${label.length} characters, and the kernel takes 15`;
      findings.error('interface-name-too-long', message, spec.source.keySpanOf([...path, 'aliases', key]), {
        help: 'shorten the name of the interface or of the alias',
      });
      return [];
    }
    return [omitAbsent({ kind: 'explicit' as const, ...parsed, label, at })];
  });

/** What the host wants on a network that it makes, where the file does not say: the last IPv4 host, and ::1. */
export const hostWishes = (at: Span): Wishes => ({
  4: [{ kind: 'last', at }],
  6: [{ kind: 'offset', offset: 1n, at }],
});

export const noWishes: Wishes = { 4: [], 6: [] };

/** Whether the NIC wants an address that must be found. */
export const wantsPlanned = (wishes: Wishes): boolean =>
  families.some((family) => wishes[family].some((wish) => wish.kind === 'auto' || wish.kind === 'dhcp'));
