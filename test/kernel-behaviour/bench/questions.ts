/** What a bench can be asked to do: the actions of a scenario, and frames that are no flow. */
import { type Facts } from '../../../src/reach/facts.ts';
import { type NetworkState } from '../../../src/state/network-state.ts';
import { type Action, type Result } from '../../agreement/scenario/scenario.ts';

/** Who has `target`? Asked by broadcast out of an interface, with any sender address. */
export interface ArpQuestion {
  readonly stack: string;
  readonly interface: string;
  readonly mac: string;
  readonly sender: string;
  readonly target: string;
}

/** A UDP datagram from 0.0.0.0:68 to 255.255.255.255:67, as a DHCP client sends before it has an address. */
export interface BroadcastQuestion {
  readonly stack: string;
  readonly interface: string;
  /** Who listens, at all interfaces. */
  readonly listeners: readonly string[];
}

export type Question =
  | Action
  /** Answers that come within `waitMs`. */
  | { readonly do: 'arp'; readonly questions: readonly ArpQuestion[]; readonly waitMs: number }
  | ({ readonly do: 'broadcast'; readonly waitMs: number } & BroadcastQuestion)
  /** A UDP server on all addresses of `server` that leaves the choice of its source to the kernel. */
  | {
      readonly do: 'ask-wildcard-server';
      readonly client: string;
      readonly server: string;
      readonly address: string;
      readonly waitMs: number;
    }
  /** Private keys of ends that say their public keys, by those. */
  | { readonly do: 'tell-keys'; readonly keys: Readonly<Record<string, string>> }
  /** Waits for links that come up. */
  | { readonly do: 'until-ready' }
  | { readonly do: 'observe' };

export interface ArpAnswer {
  readonly mac: string;
  readonly afterMs: number;
}

export type Reply =
  | Result
  /** One list a question. */
  | { readonly did: 'arp'; readonly answers: readonly (readonly ArpAnswer[])[] }
  | { readonly did: 'broadcast'; readonly packetSockets: readonly string[]; readonly udpSockets: readonly string[] }
  /** Where answers came from, at a socket that talks to anybody and at one that is connected to `address`. */
  | { readonly did: 'ask-wildcard-server'; readonly unconnected: string | null; readonly connected: string | null }
  | { readonly did: 'tell-keys' }
  | { readonly did: 'until-ready' }
  /** What runs now, and what no configuration tells: carrier, addresses in doubt, states of bridge ports. */
  | { readonly did: 'observe'; readonly state: NetworkState; readonly facts: Facts };

export type ReplyTo<Q extends Question> = Extract<Reply, { did: Q['do'] }>;
