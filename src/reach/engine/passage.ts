/** Packets that look alike at a hook, and how chains see them. */
import { type PacketSet } from './bdd.ts';
import { trackingKey, type TrackingShape } from './connections.ts';
import { type Place } from './filter-sets.ts';
import { type Marks } from './match-sets.ts';
import { viewKey, type View } from './view.ts';

/** Packets that share how they look and what their stack knows of them. */
export interface Passage {
  readonly set: PacketSet;
  readonly view: View;
  /** Undefined: not looked at yet. */
  readonly tracking: TrackingShape | undefined;
}

/**
 * All are made here, and not by copying others with `...`: so they have their fields in one order, and what reads them by
 * the thousand is compiled for that order alone.
 */
export const passageOf = (set: PacketSet, view: View, tracking: TrackingShape | undefined): Passage => ({
  set,
  view,
  tracking,
});

/** Some of the packets, or others that look alike. */
export const ofSet = ({ view, tracking }: Passage, set: PacketSet): Passage => passageOf(set, view, tracking);

/** What is known of the place but what tracking says. */
export type HookPlace = Omit<Place, 'tracking'>;

export const passageKey = ({ view, tracking }: Pick<Passage, 'view' | 'tracking'>): string =>
  `${viewKey(view)} ${trackingKey(tracking)}`;

export const marksOf = ({ view, tracking }: Pick<Passage, 'view' | 'tracking'>): Marks => ({
  mark: view.mark,
  connection: tracking?.connection?.mark,
  isUntracked: tracking?.state === 'untracked',
});

/** What the walker's `Tracking` shows to matches. */
export const shown = (tracking: TrackingShape | undefined): Place['tracking'] =>
  tracking === undefined
    ? undefined
    : {
        state: tracking.state,
        direction: tracking.direction,
        ...(tracking.connection === undefined
          ? {}
          : { connection: { ...tracking.connection, original: noTuple, reply: noTuple, isConfirmed: true } }),
      };

const noTuple = { family: 4, protocol: 0, source: 0n, sourcePort: 0, destination: 0n, destinationPort: 0 } as const;
