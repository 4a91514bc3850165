/** Matches of filter rules as sets: which original headers have a packet on the wire that a match means. */
import { type FilterMatch } from '../../state/packet-filter.ts';
import { isMeant, prefixesOf, type Passing } from '../walker/filter-match.ts';
import { EVERYTHING, NOTHING, type PacketSet } from './bdd.ts';
import { blockOnAxis, protocolCodes, type ProtocolName, type Space } from './space.ts';
import { packetOf, termIn, type Header, type Term, type View } from './view.ts';

/** What rules read and write besides the header. */
export interface Marks {
  readonly mark: number;
  /** The connection's; undefined where there is none. */
  readonly connection: number | undefined;
  readonly isUntracked: boolean;
}

const protocols = Object.keys(protocolCodes) as ProtocolName[];

export const sampleHeader = (protocol: ProtocolName): Header => ({
  isBound: false,
  source: 0n,
  destination: 0n,
  protocol,
  sourcePort: 0,
  destinationPort: 0,
  lengthBytes: 0,
  dontFragment: false,
});

/** Those that look at the header (a set) or at marks; all others are the same for every packet at a place. */
export const varying = new Set<FilterMatch['kind']>([
  'source',
  'destination',
  'protocol',
  'port',
  'source-port',
  'icmp',
  'icmp-type',
  'tcp-flags',
  'length',
  'mark',
  'connection-mark',
  'other',
]);

export const never = (): boolean => false;

export class MatchSets {
  private readonly space: Space;
  private readonly matchSets = new Map<string, PacketSet>();

  constructor(space: Space) {
    this.space = space;
  }

  of(stack: string, match: FilterMatch, view: View, marks: Marks): PacketSet {
    switch (match.kind) {
      case 'source':
      case 'destination':
        return this.addressSet(match, view);
      case 'port':
      case 'source-port':
        return this.portSet(match, view);
      case 'length':
        return this.lengthSet(match);
      case 'other':
        return this.space.unknown(`unknown ${stack}: ${match.text}`, 2, 1);
      case 'mark':
      case 'connection-mark': {
        const value = match.kind === 'mark' ? marks.mark : (marks.connection ?? 0);
        const holds = (value & match.mask) >>> 0 === match.value;
        return holds === (match.negate !== true) ? EVERYTHING : NOTHING;
      }
      default:
        return this.protocolSet(match, view);
    }
  }

  /** A match that looks at no more of the header than the protocol, and at what all packets of a kind have in common. */
  private protocolSet(match: FilterMatch, view: View): PacketSet {
    const sets = protocols.map((protocol) => {
      const packet = packetOf(view, sampleHeader(protocol));
      const passing: Passing = {
        packet,
        tracking: undefined,
        in: undefined,
        out: undefined,
        ethertype: 0,
        packetType: 'host',
      };
      return isMeant(match, passing, never) ? this.space.protocol(protocol) : NOTHING;
    });
    return this.space.bdd.union(sets);
  }

  private known(key: string, make: () => PacketSet): PacketSet {
    const before = this.matchSets.get(key);
    if (before !== undefined) return before;
    const made = make();
    this.matchSets.set(key, made);
    return made;
  }

  private addressSet(match: Extract<FilterMatch, { kind: 'source' | 'destination' }>, view: View): PacketSet {
    if (match.family !== view.family) return NOTHING;
    const term: Term = match.kind === 'source' ? view.source : view.destination;
    const { bdd } = this.space;
    const key = `address ${term} ${match.family} ${match.prefixes.join(' ')}`;
    const inside = this.known(key, () =>
      bdd.union(
        prefixesOf(match.prefixes).map(({ value, length }) =>
          termIn(this.space, term, ...blockOnAxis(match.family, value, length)),
        ),
      ),
    );
    return match.negate === true ? bdd.not(inside) : inside;
  }

  private portSet(match: Extract<FilterMatch, { kind: 'port' | 'source-port' }>, view: View): PacketSet {
    const { bdd } = this.space;
    const protocol = this.space.protocol(match.protocol);
    if (match.ports.length === 0 && match.ranges === undefined) return match.negate === true ? NOTHING : protocol;
    const term: Term = match.kind === 'port' ? view.destinationPort : view.sourcePort;
    const inside = this.known(`port ${term} ${JSON.stringify([match.ports, match.ranges])}`, () =>
      bdd.union([
        ...match.ports.map((port) => termIn(this.space, term, BigInt(port), BigInt(port))),
        ...(match.ranges ?? []).map(([first, last]) => termIn(this.space, term, BigInt(first), BigInt(last))),
      ]),
    );
    return match.negate === true ? bdd.minus(protocol, inside) : bdd.and(protocol, inside);
  }

  private lengthSet({ range, negate }: Extract<FilterMatch, { kind: 'length' }>): PacketSet {
    const inside = this.space.values('length', BigInt(range[0]), BigInt(range[1]));
    return negate === true ? this.space.bdd.not(inside) : inside;
  }
}
