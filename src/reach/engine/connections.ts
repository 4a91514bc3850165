/** Connections by shape: which fields of the original header, and which values, their tuples are made of. */
import { EVERYTHING, NOTHING, type PacketSet } from './bdd.ts';
import { type Space } from './space.ts';
import { termsEqual, type Term } from './view.ts';

export interface Tuple {
  readonly source: Term;
  readonly destination: Term;
  readonly sourcePort: Term;
  readonly destinationPort: Term;
}

/** See `Connection` of the walker; the two tuples are shapes. */
export interface ConnectionShape {
  readonly original: Tuple;
  readonly reply: Tuple;
  readonly hasAnswer: boolean;
  readonly isSourceTranslated: boolean;
  readonly masqueradedBy?: string;
  readonly isDestinationTranslated: boolean;
  readonly isSourceDecided: boolean;
  readonly isDestinationDecided: boolean;
  readonly mark: number;
}

export interface TrackingShape {
  readonly state: 'new' | 'established' | 'invalid' | 'untracked';
  readonly direction: 'original' | 'reply';
  readonly connection?: ConnectionShape;
}

const tupleKey = (it: Tuple): string => `${it.source},${it.destination},${it.sourcePort},${it.destinationPort}`;

const keys = new WeakMap<ConnectionShape, string>();

const writtenOut = (it: ConnectionShape): string =>
  `${tupleKey(it.original)}|${tupleKey(it.reply)}|${Number(it.hasAnswer)}${Number(it.isSourceTranslated)}${Number(it.isDestinationTranslated)}${Number(it.isSourceDecided)}${Number(it.isDestinationDecided)}|${it.mark}|${it.masqueradedBy ?? ''}`;

export const connectionKey = (it: ConnectionShape): string => {
  const known = keys.get(it) ?? writtenOut(it);
  keys.set(it, known);
  return known;
};

export const trackingKey = (it: TrackingShape | undefined): string =>
  it === undefined
    ? ''
    : `${it.state} ${it.direction} ${it.connection === undefined ? '' : connectionKey(it.connection)}`;

/** Original headers whose packet has the tuple; echoes have no ports. */
export const tupleMeets = (space: Space, view: Tuple, tuple: Tuple): PacketSet => {
  const { bdd } = space;
  const addresses = bdd.and(
    termsEqual(space, view.source, tuple.source),
    termsEqual(space, view.destination, tuple.destination),
  );
  if (addresses === NOTHING) return NOTHING;
  const ports = bdd.and(
    termsEqual(space, view.sourcePort, tuple.sourcePort),
    termsEqual(space, view.destinationPort, tuple.destinationPort),
  );
  return ports === EVERYTHING ? addresses : bdd.and(addresses, bdd.or(ports, space.protocol('icmp')));
};
