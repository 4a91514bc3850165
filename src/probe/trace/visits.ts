/** Events of all stacks to the ways of the request, of its answer and of errors: which stacks each packet passed, and how. */
import { type TraceEvent, type SeenPacket } from './events.ts';
import { traceTable, type Watch } from './ruleset.ts';

/** An event, and where and when it was heard of. */
export interface HeardEvent {
  readonly stack: string;
  readonly atMs: number;
  readonly event: TraceEvent;
}

export type Direction = 'request' | 'reply' | 'error';

export interface TraceDecision {
  /** As in `ip filter forward`. */
  readonly chain: string;
  /** The rule; null for the policy of the chain. */
  readonly rule: string | null;
  readonly verdict: string;
}

/** One stack that a packet came through, or to. */
export interface Visit {
  readonly stack: string;
  readonly direction: Direction;
  readonly in: string | null;
  readonly out: string | null;
  /** In order, as in `prerouting`, `forward`; those of bridged frames as `bridge forward`. */
  readonly hooks: readonly string[];
  readonly decided: readonly TraceDecision[];
  readonly packet: SeenPacket;
  /** As it left, where it was translated. */
  readonly after: SeenPacket;
  readonly atMs: number;
}

interface Draft {
  readonly stack: string;
  readonly direction: Direction;
  readonly atMs: number;
  readonly packet: SeenPacket;
  after: SeenPacket;
  in: string | null;
  out: string | null;
  readonly hooks: string[];
  readonly decided: TraceDecision[];
}

const errorTypes = /^(?:destination-unreachable|time-exceeded|parameter-problem|packet-too-big)$/;

const directionOf = (packet: SeenPacket, { ports }: Watch): Direction => {
  if (packet.protocol === 'icmp')
    return errorTypes.test(packet.icmpType ?? '') ? 'error' : packet.icmpType === 'echo-reply' ? 'reply' : 'request';
  return packet.destinationPort !== null && ports.includes(packet.destinationPort) ? 'request' : 'reply';
};

const hookOf = ({ family, chain }: TraceEvent): string =>
  `${family === 'bridge' ? 'bridge ' : ''}${chain.replace(/_hook$/, '')}`;

/** A packet begins its way through a stack at one of these; an `input` behind it is the bridge handing it up. */
const begins = (
  draft: Draft | undefined,
  event: TraceEvent & { readonly kind: 'packet' },
  direction: Direction,
): boolean => {
  if (draft === undefined || draft.direction !== direction) return true;
  if (event.table !== traceTable) return false;
  const hook = hookOf(event);
  if (hook === 'output' || hook === 'bridge prerouting') return true;
  return hook === 'prerouting' && !draft.hooks.every((one) => one === 'bridge prerouting' || one === 'bridge input');
};

const visitsIn = (stack: string, heard: readonly HeardEvent[], watch: Watch): readonly Draft[] => {
  const drafts: Draft[] = [];
  let current: Draft | undefined;
  for (const { event, atMs } of heard) {
    if (event.kind === 'packet') {
      const { packet } = event;
      const direction = directionOf(packet, watch);
      if (begins(current, event, direction)) {
        current = {
          ...{ stack, direction, atMs, packet, after: packet },
          in: packet.in,
          out: null,
          hooks: [],
          decided: [],
        };
        drafts.push(current);
      }
      if (current === undefined) continue;
      current.after = packet;
      current.out = packet.out ?? current.out;
      const hook = hookOf(event);
      if (event.table === traceTable && !current.hooks.includes(hook)) current.hooks.push(hook);
    } else if (
      current !== undefined &&
      event.table !== traceTable &&
      event.verdict !== 'continue' &&
      !(event.kind === 'policy' && event.verdict === 'accept')
    )
      current.decided.push({
        chain: `${event.family} ${event.table} ${event.chain}`,
        rule: event.kind === 'policy' ? null : event.text,
        verdict: event.verdict,
      });
  }
  return drafts;
};

/** What is sent goes first, then bridges, then whoever takes it up: all of them see the same time to live. */
const rank = ({ hooks }: Visit): number =>
  hooks[0] === 'output' ? 0 : hooks.every((hook) => hook.startsWith('bridge ')) ? 1 : 2;

const inOrder = (a: Visit, b: Visit): number => b.packet.ttl - a.packet.ttl || rank(a) - rank(b) || a.atMs - b.atMs;

/** The first time that a packet of each direction came through; what was sent again is left out. */
export const visitsOf = (heard: readonly HeardEvent[], watch: Watch): readonly Visit[] => {
  const byStack = new Map<string, HeardEvent[]>();
  for (const one of heard) byStack.set(one.stack, [...(byStack.get(one.stack) ?? []), one]);
  const firsts = new Map<string, Visit>();
  for (const [stack, own] of byStack)
    for (const draft of visitsIn(stack, own, watch)) {
      const key = `${draft.direction} ${stack} ${draft.in} ${draft.packet.ttl} ${draft.hooks[0]}`;
      if (!firsts.has(key)) firsts.set(key, draft);
    }
  const all = [...firsts.values()];
  return (['request', 'reply', 'error'] as const).flatMap((direction) =>
    all.filter((visit) => visit.direction === direction).sort(inOrder),
  );
};
