/** What is sent, and what became of it. */
import { type NextHopModel, type RouteModel } from '../model/model.ts';
import { type Frame, type Packet } from '../packet.ts';
import { type ClientSees, type Stop } from '../walk.ts';
import { type ErrorKind } from './input-route.ts';
import { type Tracking } from './tracking.ts';

/** What a stack tells the sender of a packet that it does not pass on. */
export interface ErrorToSend {
  readonly stack: string;
  readonly kind: ErrorKind;
  /** Where the packet came in; null: it was the stack's own. */
  readonly interface: string | null;
  /** Where an error for a link-local address leaves; absent: `interface`. */
  readonly zone?: string;
  /** The packet as it was there. */
  readonly packet: Packet;
  /** The frame that a bridge refused, and its port: a reset goes back the way it came, from whom it was for. */
  readonly bridged?: { readonly frame: Frame; readonly port: string };
  /** The device of a tunnel that the error comes back in by, as if from whom the frame was for. */
  readonly comesBackBy?: { readonly device: string; readonly frame: Frame };
  /** Whether the packet was for this stack: then the error comes from the address it was for. */
  readonly isForMe: boolean;
  readonly tracking?: Tracking;
  /** The neighbour that did not answer: what waits for it is thrown away, the error too if it goes there (neigh_invalidate). */
  readonly failing?: string;
}

export type Fate =
  | {
      readonly kind: 'delivered';
      readonly stack: string;
      readonly interface: string;
      readonly packet: Packet;
      /** To an address that many have: programs that asked for it hear it, and no answer comes from it. */
      readonly sharedAddress?: 'broadcast' | 'anycast';
      /** It came in a frame for everybody: of that nobody tells the sender anything (icmp_send). */
      readonly isForAll?: true;
    }
  | {
      readonly kind: 'stopped';
      readonly stop: Omit<Stop, 'direction'>;
      readonly error?: ErrorToSend;
      /** What the sending program is told at once. */
      readonly local?: ClientSees;
    };

/** A route with the next hop that was taken. */
export interface Way {
  readonly route: RouteModel;
  readonly hop: NextHopModel;
}

export interface Sending {
  readonly stack: string;
  /** Source 0: the kernel chooses. */
  readonly packet: Packet;
  /** Whether the source is given: else it is chosen by the route. */
  readonly isBound: boolean;
  /** The source is not the stack's own: a raw socket looks its route up without it (raw_sendmsg, rawv6_sendmsg). */
  readonly isForged?: true;
  /** A connected socket looks the route up again once it has a source (ip_route_connect). */
  readonly isConnected?: boolean;
  /** The route that a TCP socket keeps for all of its packets. */
  readonly kept?: Way;
  /** The zone of a link-local destination. */
  readonly dev?: string;
  /** The device that the sending socket is bound to: what is translated stays on it. */
  readonly boundDev?: string;
  /** A device that is better than others without ruling them out (answers to ICMPv6 echo requests). */
  readonly preferredDev?: string;
  readonly tracking?: Tracking;
  /** Of IPv6: a way has to be there before a source is chosen (icmpv6_xrlim_allow looks for one, to count what goes there). */
  readonly isCounted?: true;
  /** What the kernel itself says may go to a broadcast address (icmp_reply); a program has to ask for that. */
  readonly mayBroadcast?: boolean;
}
