/**
 * ARP questions for others that a macvlan hears late. What comes to everybody by the link below waits for a worker before it is handed
 * up (macvlan_broadcast_enqueue, macvlan_process_broadcast), and may be overtaken by all that follows from the question.
 * Who speaks there is learned only by an interface that looks for it at that time (arp_process); whether it does by then,
 * nobody knows. What a macvlan is asked itself makes no difference: it learns the asker before it gives up looking for it.
 */
import { choose, type Course } from './course.ts';
import { type Carried } from './frames.ts';

/** `neighbour`: whom the question tells of at the interface that hears it. */
export const overhear = ({ overheard }: Course, neighbour: string, carried: Carried): void => {
  overheard.set(neighbour, [...(overheard.get(neighbour) ?? []), carried]);
};

/** The MAC of a neighbour that nobody answers for, where it is heard asking in time. */
export const hearLate = (
  course: Course,
  neighbour: string,
  passes: (carried: Carried) => boolean,
): string | undefined => {
  const macs = (course.overheard.get(neighbour) ?? []).filter(passes).map(({ frame }) => frame.sourceMac);
  const heard = [undefined, ...new Set(macs)];
  return heard[choose(course, `overheard ${neighbour}`, heard.length)];
};
