/**
 * Whether a machine outside reaches what is on an interface, by default and why: the walker is asked on the terrain that
 * has this machine as it is.
 */
import { ip } from '../net/address.ts';
import { type Stop, type Verdict } from '../reach/walk.ts';
import { type HostFacts, type LinkFacts } from './host-facts.ts';
import {
  families,
  firstOfFamily,
  isOnUplink,
  neighbour,
  subnetOf,
  terrainOf,
  uplinkOf,
  type Terrain,
  type Uplink,
} from './outside-terrain.ts';

export interface OutsideAnswer {
  readonly address: string;
  /** Of a guest on a bridge: an address that one could have there. */
  readonly whose: 'this machine' | 'a guest';
  readonly byDefault: 'yes' | 'no' | 'unknown';
  /** What it would be if machines outside had a route to it by this machine; null where they need none. */
  readonly withRoute: 'yes' | 'no' | 'unknown' | null;
  /** In a whole sentence. */
  readonly why: string;
  /** What stands in the way once there is a route. */
  readonly hindrance: string | null;
}

const verdictText: Readonly<Record<Verdict, OutsideAnswer['byDefault']>> = {
  yes: 'yes',
  no: 'no',
  sometimes: 'unknown',
  unknown: 'unknown',
};

const stopText = ({ reason, because, stack }: Stop, address: string): string => {
  const chain = because.key.split(' ').slice(0, 3).join(' ');
  if (reason === 'nf_drop') return `the packet filter drops it (${chain})`;
  if (reason === 'nf_reject') return `the packet filter rejects it (${chain})`;
  if (reason === 'not_forwarding') return 'this machine does not forward';
  if (reason === 'no_neighbour' && stack === neighbour)
    return `nobody answers for ${address} by ARP or neighbour discovery`;
  return because.text;
};

/** Rules of iptables-legacy are in no table of nftables, and so in no state. */
const hasLegacy = ({ texts }: HostFacts): boolean =>
  ['/proc/net/ip_tables_names', '/proc/net/ip6_tables_names'].some((path) => (texts[path] ?? '').trim() !== '');

type Asked = Pick<OutsideAnswer, 'byDefault' | 'hindrance'>;

const ask = (host: HostFacts, { predictor }: Terrain, address: string): Asked => {
  const walk = predictor.walk({
    ...{ from: neighbour, family: ip(address).family, destination: address, protocol: 'icmp', port: null },
  });
  const verdict = verdictText[walk.verdict];
  if (verdict === 'no')
    return { byDefault: 'no', hindrance: walk.stop === null ? 'no answer comes back' : stopText(walk.stop, address) };
  if (!host.isFilterSeen) return { byDefault: 'unknown', hindrance: 'the packet filter is not seen' };
  if (hasLegacy(host)) return { byDefault: 'unknown', hindrance: 'iptables-legacy has rules that are not read' };
  if (verdict === 'unknown') return { byDefault: 'unknown', hindrance: walk.unknown[0] ?? 'it depends on chance' };
  return { byDefault: 'yes', hindrance: null };
};

const noFamily = 'the uplink has no address of its family';

const answerFor = (
  host: HostFacts,
  uplink: Uplink,
  terrain: Terrain,
  own: { readonly address: string; readonly subnet: string },
  whose: OutsideAnswer['whose'],
): OutsideAnswer => {
  const { address, subnet } = own;
  const { byDefault: asked, hindrance } = ask(host, terrain, address);
  if (isOnUplink(uplink, address))
    return {
      address,
      whose,
      byDefault: asked,
      withRoute: null,
      hindrance,
      why: hindrance ?? 'nothing stands in the way',
    };
  const via = firstOfFamily(uplink.speaker, ip(address).family)?.address;
  if (via === undefined)
    return {
      ...{ address, whose, byDefault: 'no', withRoute: 'no', hindrance: noFamily },
      why: `${uplink.speaker.name}: ${noFamily}`,
    };
  const needed = `nobody outside has a route to ${subnet}`;
  const why = hindrance === null ? `${needed}; one by ${via} would do` : `${needed}; with one by ${via}, ${hindrance}`;
  return { address, whose, byDefault: 'no', withRoute: asked, hindrance, why };
};

export type OutsideView = (link: LinkFacts) => readonly OutsideAnswer[];

/** What is on an interface, asked from outside; the first address of each family. Nothing where there is no outside. */
export const viewFromOutside = (host: HostFacts): OutsideView => {
  const uplink = uplinkOf(host);
  if (uplink === undefined) return () => [];
  const terrain = terrainOf(host, uplink);
  return (link) => {
    const guest = terrain.guests.get(link.name)?.interfaces['eth0']?.addresses ?? [];
    return families.flatMap((family) => {
      const own = firstOfFamily(link, family);
      if (own === undefined || link.isLoopback) return [];
      const subnet = subnetOf(own);
      const behind = guest.find((it) => it.family === family)?.address;
      return [
        answerFor(host, uplink, terrain, { address: own.address, subnet }, 'this machine'),
        ...(behind === undefined ? [] : [answerFor(host, uplink, terrain, { address: behind, subnet }, 'a guest')]),
      ];
    });
  };
};
