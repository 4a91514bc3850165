/** Router advertisements of dnsmasq: ranges of IPv6 that ask for them, or all of them with `enable-ra`. */
import { printIp } from '../../net/address.ts';
import { networkOf, prefixOf, printPrefix } from '../../net/prefix.ts';
import { type Stack } from '../../state/network-state.ts';
import { type RouterAdvertiser } from '../../state/service.ts';
import { type Place, type Remark } from '../dialect.ts';
import { partsOf, type Option } from './option-lines.ts';
import { type Advertised } from './ranges.ts';
import { placeRange, type Listening } from './serving.ts';

/** `ra-param=<interface>,[mtu:…,][high|low,]<interval>[,<lifetime>]`: of lifetime 0 nobody makes a default router. */
const isNoRouter = (options: readonly Option[], name: string): boolean =>
  options.some(({ name: option, value }) => {
    if (option !== 'ra-param') return false;
    const [of, ...rest] = partsOf(value ?? '');
    const numbers = rest.filter((part) => /^\d+$/.test(part));
    return (of === name || of === '*') && numbers.length > 1 && Number(numbers[1]) === 0;
  });

interface Found {
  readonly service: RouterAdvertiser;
  readonly place: Place;
}

export const advertisersOf = (
  ranges: readonly Advertised[],
  options: readonly Option[],
  listening: Listening,
  known: Stack['interfaces'],
  remarks: Remark[],
): readonly Found[] => {
  const isAlways = options.some(({ name }) => name === 'enable-ra');
  const found = new Map<string, { prefixes: string[]; place: Place }>();
  for (const range of ranges) {
    const { first, constructor: template, place, isAutonomous } = range;
    if (!range.isAdvertised && !isAlways) continue;
    const told = (code: string, message: string): void => {
      remarks.push({ kind: 'not-said', code, message, at: place });
    };
    const placement = template === undefined ? placeRange(range, listening, known) : undefined;
    const name = placement?.kind === 'served' ? placement.served.name : template;
    if (name === undefined || name.includes('*') || (template === undefined && first.value === 0n)) {
      const why = placement?.kind === 'left-out' ? ': the interface that has it is left out' : '';
      told('interface-unknown', `on which interface \`${printIp(first)}\` is advertised is not said here${why}`);
      continue;
    }
    const entry = found.get(name) ?? { prefixes: [], place };
    found.set(name, entry);
    if (!isAutonomous) continue;
    const own = (known[name]?.addresses ?? []).filter(
      ({ family, address, prefixLength }) => family === 6 && prefixLength === 64 && !/^fe[89ab]/.test(address),
    );
    if (template !== undefined && own.length === 0)
      told('prefix-of-interface', `which prefixes are advertised depends on the addresses of \`${name}\``);
    entry.prefixes.push(
      ...(template === undefined
        ? [printPrefix(prefixOf(first, range.length))]
        : own.map(({ address }) => printPrefix(networkOf(address, 64)))),
    );
  }
  return [...found].map(([name, { prefixes, place }]) => ({
    service: {
      kind: 'router-advertiser',
      interface: name,
      prefixes: [...new Set(prefixes)],
      isDefaultRouter: !isNoRouter(options, name),
    },
    place,
  }));
};
