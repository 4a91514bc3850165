/** Whether all packets of one rule are packets of another: only where the matches say so themselves, never by guess. */
import { containsPrefix, prefix } from '../net/prefix.ts';
import { type FilterMatch, type FilterRule } from '../state/packet-filter.ts';

const isNegated = (match: FilterMatch): boolean => 'negate' in match && match.negate;

const holdsName = (wide: string, narrow: string): boolean =>
  wide === narrow || (wide.endsWith('*') && narrow.startsWith(wide.slice(0, -1)));

const isPortIn = (
  port: number,
  {
    ports,
    ranges = [],
  }: { readonly ports: readonly number[]; readonly ranges?: readonly (readonly [number, number])[] },
): boolean => ports.includes(port) || ranges.some(([first, last]) => port >= first && port <= last);

const protocolNumbers = { tcp: 6, udp: 17 } as const;

/** What a match says of a packet besides itself: a port is of a protocol, an address of a family. */
const isFamilyOf = (family: 4 | 6, match: FilterMatch): boolean =>
  !isNegated(match) &&
  (match.kind === 'source' || match.kind === 'destination' || match.kind === 'family' || match.kind === 'icmp-type') &&
  match.family === family;

/** Whether a packet that meets `narrow` meets `wide`. */
const meets = (narrow: FilterMatch, wide: FilterMatch): boolean => {
  if (JSON.stringify(narrow) === JSON.stringify(wide)) return true;
  if (isNegated(narrow) || isNegated(wide)) return false;
  switch (wide.kind) {
    case 'iif':
    case 'oif':
    case 'port-in':
    case 'port-out':
      return (
        narrow.kind === wide.kind && narrow.names.every((name) => wide.names.some((other) => holdsName(other, name)))
      );
    case 'source':
    case 'destination':
      return (
        narrow.kind === wide.kind &&
        narrow.family === wide.family &&
        narrow.prefixes.every((text) => wide.prefixes.some((other) => containsPrefix(prefix(other), prefix(text))))
      );
    case 'family':
      return isFamilyOf(wide.family, narrow);
    case 'protocol':
      if (narrow.kind === 'protocol') return narrow.protocols.every((number) => wide.protocols.includes(number));
      if (narrow.kind === 'port' || narrow.kind === 'source-port')
        return wide.protocols.includes(protocolNumbers[narrow.protocol]);
      return narrow.kind === 'icmp-type' && wide.protocols.includes(narrow.family === 4 ? 1 : 58);
    case 'port':
    case 'source-port': {
      if (narrow.kind !== wide.kind || narrow.protocol !== wide.protocol) return false;
      const isAll = wide.ports.length === 0 && (wide.ranges ?? []).length === 0;
      if (isAll) return true;
      const isOpen = narrow.ports.length === 0 && (narrow.ranges ?? []).length === 0;
      return (
        !isOpen &&
        narrow.ports.every((port) => isPortIn(port, wide)) &&
        (narrow.ranges ?? []).every(([first, last]) =>
          (wide.ranges ?? []).some(([from, to]) => from <= first && last <= to),
        )
      );
    }
    case 'conntrack':
      return narrow.kind === 'conntrack' && narrow.states.every((state) => wide.states.includes(state));
    default:
      return false;
  }
};

export const isWithin = (narrow: FilterRule, wide: FilterRule): boolean =>
  wide.matches.every((match) => narrow.matches.some((own) => meets(own, match)));

const ends: ReadonlySet<string> = new Set([
  'accept',
  'drop',
  'reject',
  'masquerade',
  'snat',
  'dnat',
  'redirect',
  'return',
  'goto',
]);

/** Whether nothing that matches goes on to the next rule. A reset is for TCP; others pass by. */
export const isFinal = ({ verdict }: FilterRule): boolean =>
  ends.has(verdict.kind) && !(verdict.kind === 'reject' && verdict.with === 'tcp-reset');
