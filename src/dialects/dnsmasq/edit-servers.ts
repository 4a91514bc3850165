/**
 * What changed of DHCP servers, as the lines that say it: ranges, reservations and told options, each where it stands.
 * Whether the result says what is wanted is for the caller to read: of lines that count for several servers, and of files
 * that other files go on, this knows nothing.
 */
import { parseIp, printIp } from '../../net/address.ts';
import { type DhcpServer } from '../../state/service.ts';
import { type ConfigText } from '../dialect.ts';
import { withLineEdits, withLinesAdded } from '../line-edits.ts';
import { readHost, type Reservation } from './hosts.ts';
import { leaseSeconds, macIn, partsOf } from './option-lines.ts';
import { placedOptions, withParts, writtenParts, type PlacedOption } from './option-edits.ts';
import { readDhcpOption, type ToldOption } from './told-options.ts';

const untold = (): void => undefined;

interface Draft {
  readonly options: readonly PlacedOption[];
  /** Whether what is told to all is told to the clients of one server. */
  readonly isOneServer: boolean;
  /** By text, then by line. */
  readonly instead: readonly Map<number, readonly string[]>[];
  readonly behind: readonly Map<number, readonly string[]>[];
}

const replaceLine = ({ instead }: Draft, { text, line }: PlacedOption, lines: readonly string[]): void => {
  instead[text]?.set(line - 1, lines);
};

const addBehind = ({ behind }: Draft, { text, line }: PlacedOption, fresh: string): void => {
  const own = behind[text];
  own?.set(line - 1, [...(own.get(line - 1) ?? []), fresh]);
};

const addressIn = (part: string): string | undefined => {
  const address = parseIp(part.trim());
  return address === undefined ? undefined : printIp(address);
};

/** Another word between the same blanks. */
const inPlaceOf = (part: string, fresh: string): string => part.replace(/\S.*\S|\S/, () => fresh);

/** The line of a range that is given out; undefined where several may be it. */
const rangeOf = ({ options }: Draft, { first, last }: DhcpServer): PlacedOption | undefined => {
  const ranges = options.filter(({ name, value = '' }) => {
    const addresses = partsOf(value).map(addressIn);
    return name === 'dhcp-range' && addresses.includes(first) && addresses.includes(last);
  });
  return ranges.length === 1 ? ranges[0] : undefined;
};

/** False: the line cannot say it as it is written. */
const editRange = (draft: Draft, range: PlacedOption, before: DhcpServer, wanted: DhcpServer): boolean => {
  const parts = writtenParts(range);
  if (parts === undefined) return false;
  const edited = [...parts];
  const put = (isIt: (part: string) => boolean, fresh: string): boolean => {
    const at = parts.findIndex((part) => isIt(part.trim()));
    if (at >= 0) edited[at] = inPlaceOf(parts[at] ?? '', fresh);
    return at >= 0;
  };
  const isAddress =
    (address: string) =>
    (part: string): boolean =>
      addressIn(part) === address;
  const isLease = (part: string): boolean =>
    addressIn(part) === undefined && leaseSeconds(part) === before.leaseSeconds;
  const isSaid =
    (before.first === wanted.first || put(isAddress(before.first), wanted.first)) &&
    (before.last === wanted.last || put(isAddress(before.last), wanted.last)) &&
    (before.netmask === wanted.netmask || put(isAddress(before.netmask), wanted.netmask)) &&
    (before.leaseSeconds === wanted.leaseSeconds || put(isLease, `${wanted.leaseSeconds}s`));
  if (isSaid && edited.join() !== parts.join()) replaceLine(draft, range, [withParts(range, edited)]);
  return isSaid;
};

const hostLines = ({ options }: Draft): readonly { readonly option: PlacedOption; readonly host: Reservation }[] =>
  options.flatMap((option) => {
    const host = option.name === 'dhcp-host' ? readHost(option, [], () => true, untold) : undefined;
    return host === undefined ? [] : [{ option, host }];
  });

const hostText = ({ mac, address, name }: Reservation): string =>
  [mac, address, ...(name === '' ? [] : [name])].join(',');

/** In the parts that say it; a name that comes stands at the end. */
const hostEdited = (option: PlacedOption, before: Reservation, wanted: Reservation): string => {
  const parts = writtenParts(option) ?? [];
  const edited = parts.flatMap((part) => {
    const word = part.trim();
    if (macIn(word) === before.mac) return [before.mac === wanted.mac ? part : inPlaceOf(part, wanted.mac)];
    if (addressIn(word) === before.address) return [inPlaceOf(part, wanted.address)];
    return word === before.name && word !== '' ? (wanted.name === '' ? [] : [inPlaceOf(part, wanted.name)]) : [part];
  });
  const isNameNew = before.name === '' && wanted.name !== '';
  return withParts(option, parts.length === 0 ? [hostText(wanted)] : [...edited, ...(isNameNew ? [wanted.name] : [])]);
};

const isSameHost = (a: Reservation, b: Reservation): boolean => hostText(a) === hostText(b);

/** A host that changes has the MAC or the address that it had. */
const editHosts = (draft: Draft, range: PlacedOption, before: DhcpServer, wanted: DhcpServer): void => {
  const lines = hostLines(draft);
  const gone = before.reservations.filter((one) => !wanted.reservations.some((other) => isSameHost(one, other)));
  const fresh = wanted.reservations.filter((one) => !before.reservations.some((other) => isSameHost(one, other)));
  const left = new Set(fresh);
  for (const host of gone) {
    const line = lines.find((one) => isSameHost(one.host, host));
    if (line === undefined) continue;
    const successor =
      [...left].find(({ mac }) => mac === host.mac) ?? [...left].find(({ address }) => address === host.address);
    if (successor !== undefined) left.delete(successor);
    replaceLine(draft, line.option, successor === undefined ? [] : [hostEdited(line.option, host, successor)]);
  }
  const own = lines.filter(({ host }) => before.reservations.some((one) => isSameHost(one, host)));
  for (const host of left) addBehind(draft, own.at(-1)?.option ?? range, `dhcp-host=${hostText(host)}`);
};

interface ToldLine extends ToldOption {
  readonly option: PlacedOption;
}

/** Lines about one option for the clients of one interface; where it has the only server, else for those of all. */
const toldLines = ({ options, isOneServer }: Draft, told: ToldOption['told'], name: string): readonly ToldLine[] => {
  const all = options.flatMap((option) => {
    const line = option.name === 'dhcp-option' ? readDhcpOption(option, () => true, untold) : undefined;
    return line?.told === told ? [{ ...line, option }] : [];
  });
  const own = all.filter(({ conditions }) => conditions.length === 1 && conditions[0] === name);
  return own.length > 0 || !isOneServer ? own : all.filter(({ conditions }) => conditions.length === 0);
};

const codeAt = (parts: readonly string[]): number => parts.findIndex((part) => /^(?:\d+$|option:)/.test(part.trim()));

/** The last line that tells it gets other values; else there is a new one behind the range. */
const tell = (
  draft: Draft,
  range: PlacedOption,
  name: string,
  told: ToldOption['told'],
  values: readonly string[],
): void => {
  const line = toldLines(draft, told, name).at(-1);
  const parts = line === undefined ? undefined : writtenParts(line.option);
  if (line !== undefined && parts !== undefined)
    replaceLine(draft, line.option, [withParts(line.option, [...parts.slice(0, codeAt(parts) + 1), ...values])]);
  else addBehind(draft, range, [`dhcp-option=tag:${name}`, `option:${told}`, ...values].join(','));
};

const editTold = (draft: Draft, range: PlacedOption, before: DhcpServer, wanted: DhcpServer): void => {
  const { interface: name } = wanted;
  const list = (value: string | number | undefined): readonly string[] => (value === undefined ? [] : [String(value)]);
  const change = (told: ToldOption['told'], was: readonly string[], is: readonly string[]): void => {
    if (was.join() !== is.join()) tell(draft, range, name, told, is);
  };
  change('router', list(before.router), list(wanted.router));
  change('mtu', list(before.mtuBytes), list(wanted.mtuBytes));
  change('dns-server', before.resolver?.nameservers ?? [], wanted.resolver?.nameservers ?? []);
  const [was, is] = [before.resolver?.search ?? [], wanted.resolver?.search ?? []];
  if (was.join() === is.join()) return;
  const hasList = toldLines(draft, 'domain-search', name).length > 0;
  const hasOne = toldLines(draft, 'domain-name', name).length > 0;
  if (hasOne || !hasList) tell(draft, range, name, 'domain-name', is.slice(0, 1));
  if (hasList || !hasOne || is.length > 1) tell(draft, range, name, 'domain-search', is);
};

/** Pairs of one interface, in their order. */
const pairsOf = (
  before: readonly DhcpServer[],
  wanted: readonly DhcpServer[],
): readonly (readonly [DhcpServer, DhcpServer])[] | undefined => {
  const left = [...wanted];
  const pairs = before.flatMap((was): readonly (readonly [DhcpServer, DhcpServer])[] => {
    const at = left.findIndex((is) => is.interface === was.interface);
    return at < 0 ? [] : left.splice(at, 1).map((is) => [was, is] as const);
  });
  const known = new Set(before.map((was) => was.interface));
  return pairs.length < before.length || left.some((is) => known.has(is.interface)) ? undefined : pairs;
};

/** `textOf`: the lines of a server that was not there. Undefined: single lines cannot say it. */
export const withServersEdited = (
  texts: readonly ConfigText[],
  before: readonly DhcpServer[],
  wanted: readonly DhcpServer[],
  textOf: (server: DhcpServer) => readonly string[],
): readonly ConfigText[] | undefined => {
  const draft: Draft = {
    options: placedOptions(texts),
    isOneServer: before.length === 1 && wanted.length === 1,
    instead: texts.map(() => new Map<number, readonly string[]>()),
    behind: texts.map(() => new Map<number, readonly string[]>()),
  };
  const pairs = pairsOf(before, wanted);
  if (pairs === undefined) return undefined;
  for (const [was, is] of pairs) {
    if (JSON.stringify(was) === JSON.stringify(is)) continue;
    const range = rangeOf(draft, was);
    if (range === undefined || !editRange(draft, range, was, is)) return undefined;
    editHosts(draft, range, was, is);
    editTold(draft, range, was, is);
  }
  const fresh = wanted.filter((is) => !pairs.some(([, other]) => other === is)).flatMap(textOf);
  return texts.map(({ path, text }, index) => {
    const [instead, behind] = [draft.instead[index] ?? new Map(), draft.behind[index] ?? new Map()];
    const edited = withLineEdits(text, { instead, behind });
    return { path, text: index < texts.length - 1 ? edited : withLinesAdded(edited, fresh) };
  });
};
