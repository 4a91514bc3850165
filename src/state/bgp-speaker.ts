/** What a routing daemon says by BGP, and to whom (RFC 4271; IPv6 over sessions of its own, RFC 4760). */
import { type Family } from '../net/address.ts';
import { canonicalPrefix } from './spelling.ts';

export interface BgpSpeaker {
  /** 1 to 4294967294 (RFC 6793). */
  readonly asNumber: number;
  /** Prefixes that it tells of while it has them: on a link, by a route of its configuration, by OSPF inside. */
  readonly announced: readonly string[];
  /** Prefixes that it tells of always: they stand for longer ones. */
  readonly aggregates: readonly string[];
  /** Other ASes are told only of what its own AS announces. */
  readonly isStub?: true;
  readonly sessions: readonly BgpSession[];
}

/** With a router on the same link, or with one of the same AS (iBGP) that OSPF leads to. */
export interface BgpSession {
  readonly family: Family;
  /** Addresses of `family`, in one subnet but where others are between. */
  readonly local: string;
  readonly remote: string;
  readonly remoteAs: number;
  readonly isMultihop?: true;
}

/** Where BGP is listened for (TCP). */
export const bgpPort = 179;

const keyOf = ({ local, remote }: BgpSession): string => `${local} ${remote}`;

export const normalBgpSpeaker = ({ asNumber, announced, aggregates, isStub, sessions }: BgpSpeaker): BgpSpeaker => ({
  asNumber,
  announced: announced.map(canonicalPrefix).sort(),
  aggregates: aggregates.map(canonicalPrefix).sort(),
  ...(isStub === true ? { isStub } : {}),
  sessions: sessions
    .map(({ family, local, remote, remoteAs, isMultihop }) => ({
      ...{ family, local, remote, remoteAs },
      ...(isMultihop === true ? { isMultihop } : {}),
    }))
    .sort((a, b) => (keyOf(a) < keyOf(b) ? -1 : keyOf(a) > keyOf(b) ? 1 : 0)),
});
