/**
 * Neighbours that several stations have the address of. Each answer for an IPv6 address of a station's own replaces the one
 * before, where ARP stays with the first for a second (ndisc_recv_na, arp_process). What is sent first goes to whoever
 * answers first; whether the others are heard before what comes next, nobody knows.
 */
import { type Family } from '../../net/address.ts';
import { choose, type Course } from './course.ts';

/** The MACs that a neighbour may have for what comes next: `mac`, which it has now, first of all. */
export const contestants = (
  family: Family,
  mac: string,
  answers: readonly { readonly mac: string; readonly how: string }[],
): readonly string[] =>
  family === 4 ? [mac] : [...new Set([mac, ...answers.filter(({ how }) => how === 'own').map((it) => it.mac)])];

/** How it is called in a course which of its MACs a neighbour has later. */
export const contestKey = (neighbour: string): string => `contest ${neighbour}`;

/** What was learned of a neighbour, be it contested or not. */
export const learnedStation = (course: Course, neighbour: string): string | undefined => {
  const learned = course.neighbours.get(neighbour);
  const macs = course.contested.get(neighbour) ?? [];
  course.contested.delete(neighbour);
  if (learned === undefined || learned !== macs[0]) return learned;
  const mac = macs[choose(course, contestKey(neighbour), macs.length)] ?? learned;
  course.neighbours.set(neighbour, mac);
  return mac;
};
