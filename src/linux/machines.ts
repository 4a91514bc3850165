/** What carrying out a plan asks of whoever runs virtual machines. */
import { type Cable, type CableEnd } from '../state/network-state.ts';
import { type StackDoor } from './stack-door.ts';

/** A network card of a guest: which it is, and what the guest is to call it. */
export interface NetworkCard {
  readonly mac: string;
  readonly name: string;
}

export interface StartedGuest {
  readonly door: StackDoor;
  readonly cards: readonly NetworkCard[];
}

export interface Machines {
  /** Whether a stack that is to be added is a guest. */
  readonly isVirtual: (stack: string) => boolean;
  /** Starts guests, all at the same time, and waits until they answer; for each its door, or why there is none. */
  readonly start: (stacks: readonly string[]) => Promise<ReadonlyMap<string, StartedGuest | Error>>;
  readonly stop: (stack: string) => Promise<void>;
  /**
   * Joins the two ends, of which one at least is a card of a guest; the other may be a tap, which is there. Which cards
   * these are; or why it cannot be done.
   */
  readonly plug: (cable: Cable) => Promise<PluggedIn | Error>;
  readonly unplug: (cable: Cable) => Promise<void>;
  /** Whether the card at this end of a cable is to see a carrier; or why it cannot be told. */
  readonly setCarrier: (end: CableEnd, isOn: boolean) => Promise<Error | undefined>;
}

/** The MACs of the cards at the ends that are in guests. */
export interface PluggedIn {
  readonly a?: string;
  readonly b?: string;
}
