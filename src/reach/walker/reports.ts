/**
 * What bridges have heard before any question: an interface with IPv6 reports the groups that it listens to as soon as it is
 * up, in a frame that goes everywhere on its link (RFC 3810 section 6.1), and before there are filters. It is walked only
 * where a bridge is asked for a station that it has not heard in the course itself; what was learned there is newer.
 */
import { type InterfaceModel, type Model } from '../model/model.ts';
import { type Packet } from '../packet.ts';
import { choose, quietly, type Course } from './course.ts';
import { emptyCarriage, type Payload } from './frames.ts';
import { ICMPV6 } from './words.ts';

/** All that listen for reports: ff02::16. */
const listeners = { address: (0xff02n << 112n) | 0x16n, mac: '33:33:00:00:00:16' } as const;

const report: Packet = {
  family: 6,
  source: 0n,
  destination: listeners.address,
  protocol: ICMPV6,
  sourcePort: 0,
  destinationPort: 0,
  icmp: { type: 143, code: 0 },
  tcpFlags: 0,
  lengthBytes: 76,
  dontFragment: true,
  hopLimit: 1,
  mark: 0,
};

const payload: Payload = { ethertype: 0x86dd, packet: report };

const speakers = new WeakMap<Model, ReadonlyMap<string, readonly InterfaceModel[]>>();

/** The interfaces that speak by themselves, by MAC. */
const speakersOf = (model: Model): ReadonlyMap<string, readonly InterfaceModel[]> => {
  const known = speakers.get(model);
  if (known !== undefined) return known;
  const made = new Map<string, InterfaceModel[]>();
  for (const { interfaces } of model.stacks.values())
    for (const it of interfaces.values())
      if (it.settings.ipv6 && it.isUp && it.hasCarrier) made.set(it.mac, [...(made.get(it.mac) ?? []), it]);
  speakers.set(model, made);
  return made;
};

/** Lets bridges hear the stations with a MAC, once in a course. Of several the last one counts, whichever that was. */
export const hearReports = (course: Course, mac: string): void => {
  if (course.heard.has(mac) || !course.model.vocalMacs.has(mac)) return;
  course.heard.add(mac);
  const all = speakersOf(course.model).get(mac) ?? [];
  const inOrder = all.length > 1 && choose(course, `first to report ${mac}`, 2) === 1 ? all.toReversed() : all;
  const learned = [...course.stations];
  for (const it of inOrder)
    quietly(course, () =>
      course.ways.leave(
        course,
        it,
        { frame: { sourceMac: mac, destinationMac: listeners.mac }, payload },
        { ...emptyCarriage(() => false), isReport: true },
      ),
    );
  for (const [station, port] of learned) course.stations.set(station, port);
};
