/**
 * Which routing daemons hear each other (OSPF, RFC 2328 section 10.5): two interfaces on one link, with carrier, of IPv4 in
 * one subnet, whose greetings pass the filters of both and the bridges between.
 */
import { parseIp, type Family } from '../net/address.ts';
import { prefixOf, printPrefix } from '../net/prefix.ts';
import { segmentsOf } from '../state/segments.ts';
import { type RoutedInterface } from '../state/routing-daemon.ts';
import { afterOutput, arrivalsOf, passesInput, type Message } from './dhcp-path.ts';
import { type AddressModel, type InterfaceModel, type Model } from './model/model.ts';
import { beginCourse } from './walker/course.ts';
import { ways } from './walker/ways.ts';

/** An interface that takes part, with what it tells of. */
export interface Speaker {
  readonly stack: string;
  readonly it: InterfaceModel;
  readonly cost: number;
  /** Of the family that is asked about. */
  readonly prefixes: readonly string[];
  readonly link: RoutedInterface['link'];
}

export interface Neighbour {
  readonly from: Speaker;
  readonly to: Speaker;
  /** Where `from` sends what is to go by `to`. */
  readonly via: bigint;
}

/** AllSPFRouters (RFC 2328 appendix A.1, RFC 5340 appendix A.1), and its MAC. */
const everybody: Readonly<Record<Family, readonly [address: bigint, mac: string, ethertype: number]>> = {
  4: [parseIp('224.0.0.5')?.value ?? 0n, '01:00:5e:00:00:05', 0x0800],
  6: [parseIp('ff02::5')?.value ?? 0n, '33:33:00:00:00:05', 0x86dd],
};
const OSPF = 89;

const prefixOfAddress = ({ family, value, prefixLength }: AddressModel): string =>
  printPrefix(prefixOf({ family, value }, prefixLength));

const isTold = (address: AddressModel, family: Family): boolean =>
  address.family === family && address.scope === 'global' && !address.isUnusable;

/** Interfaces that are up and have a link; others tell of nothing. */
export const speakersOf = (model: Model, family: Family): readonly Speaker[] =>
  [...model.stacks].flatMap(
    ([
      stack,
      {
        stack: { services },
        interfaces,
      },
    ]) =>
      services.flatMap((service) =>
        service.kind !== 'routing-daemon'
          ? []
          : service.interfaces.flatMap(({ name, cost, link }): readonly Speaker[] => {
              const it = interfaces.get(name);
              if (it === undefined || !it.isUp || !it.hasCarrier) return [];
              const told = it.addresses.filter((address) => isTold(address, family));
              return [{ stack, it, cost, link, prefixes: [...new Set(told.map(prefixOfAddress))] }];
            }),
      ),
  );

/** IPv6 neighbours speak from their link-local addresses, IPv4 ones from that in the subnet that both are in. */
const addressOf = ({ it }: Speaker, family: Family, prefixes: readonly string[]): bigint | undefined =>
  it.addresses.find((address) =>
    family === 6
      ? address.family === 6 && address.scope === 'link' && !address.isUnusable
      : isTold(address, 4) && prefixes.includes(prefixOfAddress(address)),
  )?.value;

const hears = (model: Model, family: Family, from: Speaker, source: bigint, to: Speaker): boolean => {
  const [destination, destinationMac, ethertype] = everybody[family];
  const course = beginCourse(model, ways, [], false);
  const message: Message = {
    ...{ from: from.it, to: to.it, destinationMac },
    packet: {
      ...{ family, source, destination, protocol: OSPF, sourcePort: 0, destinationPort: 0 },
      ...{ tcpFlags: 0, lengthBytes: 84, dontFragment: false, hopLimit: 1, mark: 0 },
    },
  };
  const sent = afterOutput(course, ethertype, message);
  return sent !== undefined && arrivalsOf(course, ethertype, sent).some((arrival) => passesInput(course, arrival));
};

/** Every pair twice: once from each side. */
export const neighboursAmong = (model: Model, family: Family, speakers: readonly Speaker[]): readonly Neighbour[] => {
  const segmentOf = segmentsOf(model.state);
  const bySegment = new Map<string, Speaker[]>();
  for (const speaker of speakers) {
    if (speaker.link === 'stub') continue;
    const segment = segmentOf(speaker.stack, speaker.it.name);
    bySegment.set(segment, [...(bySegment.get(segment) ?? []), speaker]);
  }
  return [...bySegment.values()].flatMap((there) =>
    there.flatMap((from) =>
      there.flatMap((to): readonly Neighbour[] => {
        if (from.stack === to.stack || from.link !== to.link) return [];
        const common = from.prefixes.filter((each) => to.prefixes.includes(each));
        const [own, via] = [addressOf(from, family, common), addressOf(to, family, common)];
        if (own === undefined || via === undefined) return [];
        const isHeard = hears(model, family, from, own, to) && hears(model, family, to, via, from);
        return isHeard ? [{ from, to, via }] : [];
      }),
    ),
  );
};
