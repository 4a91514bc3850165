/**
 * Addresses of an ifcfg-* of Red Hat in the spelling that the file has for them: IPADDR, IPADDR0 or IPADDR7, with a
 * netmask, a prefix or what stands behind a slash.
 */
import { parseIp, printIp } from '../../net/address.ts';
import { netmaskOf, networkOf, printPrefix } from '../../net/prefix.ts';
import { type InterfaceAddress } from '../../state/network-state.ts';
import { classLength } from '../shell-commands/classes.ts';
import { lengthIn } from '../shell-commands/values.ts';
import { type VariableFile, variableIn } from '../shell-commands/variables.ts';
import { suffixes } from './red-hat-variables.ts';

interface Slot {
  readonly suffix: string;
  readonly address: string;
  readonly length: number | undefined;
}

const slotsOf = (file: VariableFile): readonly Slot[] => {
  const names = new Set(
    file.assignments.flatMap(({ name, value }) => (/^IPADDR\d*$/.test(name) && value.trim() !== '' ? [name] : [])),
  );
  return [...names].flatMap((name) => {
    const suffix = name.slice('IPADDR'.length);
    const [bare = '', behind] = (variableIn(file, name) ?? '').split('/');
    const address = parseIp(bare);
    if (address === undefined) return [];
    const said = behind ?? variableIn(file, `PREFIXLEN${suffix}`, `PREFIX${suffix}`, `NETMASK${suffix}`);
    const length = said === undefined ? classLength(address.value) : lengthIn(said, 4);
    return [{ suffix, address: printIp(address), length }];
  });
};

const isSame = (slot: Slot, { address, prefixLength }: InterfaceAddress): boolean =>
  slot.address === address && slot.length === prefixLength;

/** ifup looks for none behind a number that is missing, from 2 on. */
const hasGap = (taken: readonly string[]): boolean => {
  const numbers = taken.map(Number).filter((number) => number >= 2);
  return numbers.length > 0 && Math.max(...numbers) !== numbers.length + 1;
};

/** Each address that stays keeps its number, and others take those that are free. */
const placed = (
  slots: readonly Slot[],
  wanted: readonly InterfaceAddress[],
): readonly (readonly [string, InterfaceAddress])[] => {
  const staying = wanted.flatMap((address) => {
    const slot = slots.find((one) => isSame(one, address));
    return slot === undefined ? [] : [[slot.suffix, address] as const];
  });
  const used = new Set(staying.map(([suffix]) => suffix));
  const news = wanted.filter((address) => !staying.some(([, own]) => own === address));
  const hasFirst = slots.some(({ suffix }) => suffix === '' || suffix === '0');
  const free = [
    ...slots.map(({ suffix }) => suffix),
    ...suffixes(slots.length + news.length + 1).filter((suffix) => suffix !== '' || !hasFirst),
  ].filter((suffix, index, all) => !used.has(suffix) && all.indexOf(suffix) === index);
  const taken = [...staying, ...news.map((address, index) => [free[index] ?? String(index + 300), address] as const)];
  if (!hasGap(taken.map(([suffix]) => suffix))) return taken;
  const inOrder = taken.toSorted(([a], [b]) => Number(a) - Number(b));
  return suffixes(inOrder.length).flatMap((suffix, index) => {
    const address = inOrder[index]?.[1];
    return address === undefined ? [] : [[suffix, address] as const];
  });
};

/** What changes for the file to have these, and no others. */
export const changes4 = (
  file: VariableFile,
  wanted: readonly InterfaceAddress[],
): ReadonlyMap<string, string | undefined> => {
  const slots = slotsOf(file);
  const changes = new Map<string, string | undefined>();
  const fresh = new Map(placed(slots, wanted));
  const saysMasks =
    file.assignments.some(({ name }) => /^NETMASK\d*$/.test(name)) &&
    !file.assignments.some(({ name }) => /^PREFIX\d*$/.test(name));
  for (const { suffix } of slots)
    if (!fresh.has(suffix))
      for (const name of ['IPADDR', 'PREFIX', 'PREFIXLEN', 'NETMASK', 'BROADCAST', 'NETWORK'])
        changes.set(`${name}${suffix}`, undefined);
  for (const [suffix, { address, prefixLength }] of fresh) {
    const slot = slots.find((one) => one.suffix === suffix);
    const behind = /\/.*$/.exec(variableIn(file, `IPADDR${suffix}`) ?? '')?.[0];
    const isNewLength = slot?.length !== prefixLength;
    if (slot?.address !== address || (behind !== undefined && isNewLength))
      changes.set(`IPADDR${suffix}`, behind === undefined ? address : `${address}/${prefixLength}`);
    const saysNothing = variableIn(file, `PREFIXLEN${suffix}`, `PREFIX${suffix}`, `NETMASK${suffix}`) === undefined;
    const isOther = isNewLength || (saysNothing && lengthWithout(address) !== prefixLength);
    if (behind === undefined && isOther) {
      const name = variableIn(file, `PREFIXLEN${suffix}`) === undefined ? 'PREFIX' : 'PREFIXLEN';
      if (saysMasks) changes.set(`NETMASK${suffix}`, netmaskOf(prefixLength));
      else changes.set(`${name}${suffix}`, String(prefixLength));
    }
    if (slot === undefined || subnet(slot.address, slot.length) === subnet(address, prefixLength)) continue;
    for (const name of ['BROADCAST', 'NETWORK']) changes.set(`${name}${suffix}`, undefined);
  }
  return changes;
};

const lengthWithout = (address: string): number | undefined => {
  const own = parseIp(address);
  return own === undefined ? undefined : classLength(own.value);
};

const subnet = (address: string, length = 32): string => printPrefix(networkOf(address, length));

const wordsIn = (file: VariableFile, name: string): readonly string[] =>
  (variableIn(file, name) ?? '').split(/\s+/).filter(Boolean);

const spelled = (word: string): string => {
  const [bare = '', length = '64'] = word.split('/');
  const address = parseIp(bare);
  return address === undefined ? word : `${printIp(address)}/${length}`;
};

/** The first stands in IPV6ADDR, unless the file has all of them in IPV6ADDR_SECONDARIES. */
export const changes6 = (
  file: VariableFile,
  wanted: readonly InterfaceAddress[],
): ReadonlyMap<string, string | undefined> => {
  const firsts = wordsIn(file, 'IPV6ADDR');
  const others = wordsIn(file, 'IPV6ADDR_SECONDARIES');
  const texts = wanted.map(({ address, prefixLength }) => `${address}/${prefixLength}`);
  const known = new Set([...firsts, ...others].map(spelled));
  const news = texts.filter((text) => !known.has(text));
  const stayingOrNew = [...firsts, ...others].flatMap((word) =>
    texts.includes(spelled(word)) ? word : news.splice(0, 1),
  );
  const words = [...stayingOrNew, ...news];
  const hasFirst = firsts.length > 0 || others.length === 0;
  const wantedFirst = hasFirst ? words[0] : undefined;
  const wantedOthers = words.slice(hasFirst ? 1 : 0).join(' ');
  return new Map<string, string | undefined>([
    ...(firsts.join(' ') === (wantedFirst ?? '') ? [] : [['IPV6ADDR', wantedFirst] as const]),
    ...(others.join(' ') === wantedOthers
      ? []
      : [['IPV6ADDR_SECONDARIES', wantedOthers === '' ? undefined : wantedOthers] as const]),
    ...(words.length > 0 && /^(?:no|off|false|n|0)$/i.test(variableIn(file, 'IPV6INIT') ?? '')
      ? [['IPV6INIT', 'yes'] as const]
      : []),
  ]);
};
