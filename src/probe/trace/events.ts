/** Lines of `nft monitor trace` (nftables 1.0) to events. */

/** The header of a packet as a chain finds it. */
export interface SeenPacket {
  readonly in: string | null;
  readonly out: string | null;
  readonly source: string;
  readonly destination: string;
  /** Time to live, or hop limit. */
  readonly ttl: number;
  readonly sourcePort: number | null;
  readonly destinationPort: number | null;
  /** As nft names it: `echo-request`. */
  readonly icmpType: string | null;
  readonly protocol: 'icmp' | 'tcp' | 'udp' | 'other';
}

interface Where {
  readonly family: string;
  readonly table: string;
  readonly chain: string;
}

export type TraceEvent =
  | (Where & { readonly kind: 'packet'; readonly packet: SeenPacket })
  | (Where & { readonly kind: 'rule' | 'policy'; readonly text: string; readonly verdict: string });

const form = /^trace id [\da-f]+ (\S+) (\S+) (\S+) (packet: |rule |policy |verdict |return\b)(.*)$/;

const word = (text: string, pattern: RegExp): string | null => pattern.exec(text)?.[1] ?? null;

const port = (text: string, side: 's' | 'd'): number | null => {
  const found = word(text, new RegExp(`\\b(?:tcp|udp) ${side}port (\\d+)`));
  return found === null ? null : Number(found);
};

const packetIn = (text: string): SeenPacket | undefined => {
  const [, source, destination] = /\bip6? saddr (\S+) ip6? daddr (\S+)/.exec(text) ?? [];
  const ttl = word(text, /\b(?:ip ttl|ip6 hoplimit) (\d+)/);
  if (source === undefined || destination === undefined) return undefined;
  const icmpType = word(text, /\bicmp(?:v6)? type (\S+)/);
  const transport = word(text, /\b(tcp|udp) sport /);
  return {
    in: word(text, /\biif "([^"]+)"/),
    out: word(text, /\boif "([^"]+)"/),
    source,
    destination,
    ttl: Number(ttl ?? 0),
    sourcePort: port(text, 's'),
    destinationPort: port(text, 'd'),
    icmpType,
    protocol: icmpType !== null ? 'icmp' : transport === 'tcp' || transport === 'udp' ? transport : 'other',
  };
};

/** Undefined for lines that are of no kind that is known. */
export const traceEvent = (line: string): TraceEvent | undefined => {
  const [, family, table, chain, kind, rest = ''] = form.exec(line.trim()) ?? [];
  if (family === undefined || table === undefined || chain === undefined) return undefined;
  const where = { family, table, chain };
  if (kind === 'packet: ') {
    const packet = packetIn(rest);
    return packet === undefined ? undefined : { ...where, kind: 'packet', packet };
  }
  const [, text = rest, verdict = ''] = /^(.*?)\s*\(verdict ([^)]*)\)\s*$/.exec(rest) ?? [];
  if (kind === 'rule ') return { ...where, kind: 'rule', text, verdict };
  return kind === 'policy ' ? { ...where, kind: 'policy', text: '', verdict: rest.trim() } : undefined;
};
