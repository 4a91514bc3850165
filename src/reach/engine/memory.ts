/** What stacks remember from one direction to the next. */
import { type Course } from '../walker/course.ts';
import { NOTHING, type PacketSet } from './bdd.ts';
import { Readings } from './readings.ts';
import { type Sessions } from './sessions.ts';

/** A station that a stack knows by what went before. */
export interface Learned {
  readonly mac: string;
  readonly course: Course | undefined;
  readonly set: PacketSet;
}

export interface Memory {
  /** By stack. */
  readonly sessions: Map<string, Sessions>;
  /** By `stack interface address`, or the name of a group instead of an address. */
  readonly learned: Map<string, Learned[]>;
  /**
   * Neighbours that several stations have the address of, called as in `learned`, with the station that answered first:
   * to hear of that one again changes nothing, until somebody is sent there.
   */
  readonly contested: Map<string, readonly Omit<Learned, 'course'>[]>;
  /** Packets after whose questions a macvlan may come to know a neighbour, called as in `learned`. */
  readonly overheard: Map<string, PacketSet>;
  /** Stations that were found without anything to be learned, called as in `learned`: MAC by name. */
  readonly settled: Map<string, string>;
  /** Some stack has learned another station for a neighbour that it knew: what comes later may go elsewhere. */
  hasMoved: boolean;
  /** What was sent a hop later than others was under way for as many hops as there may be. */
  isLastHopDoubtful: boolean;
  /** Headers that take a way that this engine does not follow. */
  unclear: PacketSet;
  readonly readings: Readings;
}

export const emptyMemory = (): Memory => ({
  sessions: new Map(),
  learned: new Map(),
  contested: new Map(),
  overheard: new Map(),
  settled: new Map(),
  hasMoved: false,
  isLastHopDoubtful: false,
  unclear: NOTHING,
  readings: new Readings(),
});

/** What is known of stations, to be compared. */
export const stationsOf = ({ learned, contested, settled }: Memory): string =>
  [...learned, ...contested]
    .map(([name, list]) => `${name} ${list.map(({ mac, set }) => `${mac} ${set}`).join()}`)
    .concat([...settled].map(([name, mac]) => `${name} ${mac}`))
    .join('\n');
