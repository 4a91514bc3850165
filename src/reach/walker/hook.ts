/**
 * One hook of netfilter: base chains by priority with connection tracking and translation in their places
 * (nf_hook_slow). `accept` ends one base chain only, `drop` is final.
 */
import { type FilterRule, type FilterVerdict, type RejectWith } from '../../state/packet-filter.ts';
import { type HookChain, type StackModel } from '../model/model.ts';
import { type Family } from '../../net/address.ts';
import { type Packet } from '../packet.ts';
import { type Because } from '../walk.ts';
import { decide, note, type Course } from './course.ts';
import { tellApart, track } from './connections.ts';
import { type Fate } from './fate.ts';
import { isMeant, type Passing } from './filter-match.ts';
import { type Tracking } from './tracking.ts';
import {
  applyTranslation,
  changesSource,
  decideTranslation,
  hasLeftElsewhere,
  isLeftAlone,
  isNatVerdict,
  type NatHook,
} from './translate.ts';
import { byKernel, ICMP, packetText, TCP } from './words.ts';

export type IpHook = 'prerouting' | 'input' | 'forward' | 'output' | 'postrouting';

export type HookResult =
  | { readonly kind: 'pass'; readonly passing: Passing }
  | {
      readonly kind: 'drop';
      readonly because: Because;
      readonly reject?: RejectWith;
      /** Nobody hears of the refusal: in a fragment the checksum does not show whether it is whole (reject6_csum_ok). */
      readonly isSilent?: true;
      /** What is known of the packet's connection by then. */
      readonly tracking?: Tracking | undefined;
      /** A changed packet finds no way out: what the sender is told. */
      readonly unroutable?: Unroutable;
    };

export type Unroutable = Extract<Fate, { kind: 'stopped' }>;

/** Looks for a way for a packet that a chain of the output hook has changed; what it stops with where there is none. */
export type Reroute = (before: Packet, after: Packet) => Unroutable | undefined;

/** ICMP sums up what it carries alone (RFC 792), and probes carry zeros behind their first fragment; others sum up the length. */
const showsAsWhole = ({ protocol }: Packet): boolean => protocol === ICMP;

const chainName = ({ table, chain }: HookChain): string => `${table.family} ${table.name} ${chain.name}`;

const ruleWords = (rule: FilterRule): string => {
  const verdict = rule.verdict.kind === 'reject' ? `reject with ${rule.verdict.with}` : rule.verdict.kind;
  return rule.comment === undefined ? verdict : `${verdict} (${rule.comment})`;
};

export const byRule = (stack: string, at: HookChain, inChain: string, index: number, rule: FilterRule): Because => ({
  object: 'filter-rule',
  stack,
  key: `${at.table.family} ${at.table.name} ${inChain} ${index}`,
  text: `rule ${index + 1} of ${at.table.family} ${at.table.name} ${inChain}: ${ruleWords(rule)}`,
});

const byPolicy = (stack: string, at: HookChain): Because => ({
  object: 'filter-policy',
  stack,
  key: chainName(at),
  text: `policy ${at.chain.policy} of ${chainName(at)}`,
});

type ChainEnd = { readonly verdict: FilterVerdict; readonly because: Because } | 'end' | 'return';

/** Deeper than the kernel lets chains be nested (NFT_JUMP_STACK_SIZE). */
const deepest = 16;

export const setBits = (now: number, { value, mask }: { readonly value: number; readonly mask: number }): number =>
  ((now & ~mask) | (value & mask)) >>> 0;

/** Verdicts that change something and go on with the next rule. */
const withEffect = (passing: Passing, verdict: FilterVerdict): Passing => {
  const { packet, tracking } = passing;
  switch (verdict.kind) {
    case 'set-mark':
      return { ...passing, packet: { ...packet, mark: setBits(packet.mark, verdict) } };
    case 'restore-mark':
      return { ...passing, packet: { ...packet, mark: tracking?.connection?.mark ?? 0 } };
    case 'set-connection-mark':
      if (tracking?.connection !== undefined) tracking.connection.mark = setBits(tracking.connection.mark, verdict);
      return passing;
    case 'save-mark':
      if (tracking?.connection !== undefined) tracking.connection.mark = packet.mark;
      return passing;
    case 'notrack':
      return tracking === undefined ? { ...passing, tracking: { state: 'untracked', direction: 'original' } } : passing;
    default:
      return passing;
  }
};

const isEffect = ({ kind }: FilterVerdict): boolean =>
  kind === 'set-mark' ||
  kind === 'restore-mark' ||
  kind === 'set-connection-mark' ||
  kind === 'save-mark' ||
  kind === 'notrack' ||
  kind === 'continue';

/** A rule that answers TCP with a reset means TCP alone. */
const isForPacket = (rule: FilterRule, packet: Packet): boolean =>
  rule.verdict.kind !== 'reject' || rule.verdict.with !== 'tcp-reset' || packet.protocol === TCP;

interface Reading {
  passing: Passing;
}

const readRules = (
  course: Course,
  stack: string,
  at: HookChain,
  chain: { readonly name: string; readonly rules: readonly FilterRule[] },
  reading: Reading,
  depth: number,
): ChainEnd => {
  for (const [index, rule] of chain.rules.entries()) {
    const ask = (text: string): boolean => decide(course, `${stack}: ${text}`);
    if (!isForPacket(rule, reading.passing.packet)) continue;
    // What is not modelled matters only where all the rest holds.
    const { matches } = rule;
    if (!matches.every((match) => match.kind === 'other' || isMeant(match, reading.passing, ask))) continue;
    if (!matches.every((match) => match.kind !== 'other' || isMeant(match, reading.passing, ask))) continue;
    const { verdict } = rule;
    if (isEffect(verdict)) {
      reading.passing = withEffect(reading.passing, verdict);
      continue;
    }
    if (verdict.kind === 'return') return 'return';
    if (verdict.kind === 'jump' || verdict.kind === 'goto') {
      const target = at.subchains.get(verdict.chain);
      if (target === undefined || depth >= deepest) continue;
      const end = readRules(course, stack, at, target, reading, depth + 1);
      if (typeof end === 'object') return end;
      if (verdict.kind === 'goto') return 'end';
      continue;
    }
    if (verdict.kind === 'other') {
      if (ask(verdict.text)) return { verdict: { kind: 'drop' }, because: byRule(stack, at, chain.name, index, rule) };
      continue;
    }
    return { verdict, because: byRule(stack, at, chain.name, index, rule) };
  }
  return 'end';
};

export const readChain = (
  course: Course,
  stack: string,
  at: HookChain,
  passing: Passing,
): { readonly passing: Passing; readonly verdict: FilterVerdict; readonly because: Because } => {
  const reading: Reading = { passing };
  const end = readRules(course, stack, at, at.chain, reading, 0);
  const last = typeof end === 'object' ? end : { verdict: { kind: at.chain.policy }, because: byPolicy(stack, at) };
  return { passing: reading.passing, ...last };
};

const natHooks = new Set<string>(['prerouting', 'output', 'postrouting', 'input']);
const conntrackPriority = -200;

/** Whether a stack translates at all: then every connection gets a tuple of its own. */
const translates = (stack: StackModel, family: Family): boolean =>
  [...natHooks].some(
    (hook) => stack.hooks.get(`${family} ${hook}`)?.some(({ chain }) => chain.type === 'nat') === true,
  );

/** Asks the translation rules about a connection that they were not asked about yet. */
const translate = (
  course: Course,
  stack: StackModel,
  hook: NatHook,
  chains: readonly HookChain[],
  passing: Passing,
  nexthop: bigint | undefined,
): HookResult => {
  const { tracking } = passing;
  const connection = tracking?.connection;
  if (tracking === undefined || connection === undefined) return { kind: 'pass', passing };
  const side = changesSource(hook) ? 'isSourceDecided' : 'isDestinationDecided';
  const place = { hook, in: passing.in, out: passing.out, nexthop };
  let now = passing;
  if (hasLeftElsewhere(tracking, place)) {
    connection.isConfirmed = false;
    const text = `the connection was masqueraded for ${connection.masqueradedBy ?? ''}, not for ${passing.out ?? ''}`;
    return { kind: 'drop', because: byKernel(stack.name, text) };
  }
  if (tracking.state === 'new' && !connection[side]) {
    const isTranslating = translates(stack, now.packet.family);
    const told = changesSource(hook) ? 'isSourceTranslated' : 'isDestinationTranslated';
    for (const at of chains) {
      const read = readChain(course, stack.name, at, now);
      now = read.passing;
      if (read.verdict.kind === 'drop' || read.verdict.kind === 'reject')
        return { kind: 'drop', because: read.because };
      if (!isNatVerdict(read.verdict) || isLeftAlone(read.verdict, now.packet, connection)) continue;
      if (!decideTranslation(course, stack, now.packet, connection, read.verdict, place))
        return {
          kind: 'drop',
          because: byKernel(stack.name, `${read.because.text}: there is no address to translate to`),
        };
      connection[side] = true;
      if (isTranslating) tellApart(course, stack.name, connection, told);
      const packet = applyTranslation(now.packet, tracking, hook);
      note(course, () => ({ stage: hook, action: 'translate', because: read.because, packet: packetText(packet) }));
      return { kind: 'pass', passing: { ...now, packet } };
    }
    // What was dropped is asked about again: of a flooded frame the copy for the next port.
    connection[side] = true;
    if (isTranslating) tellApart(course, stack.name, connection, told);
  }
  const packet = applyTranslation(now.packet, tracking, hook);
  if (packet !== now.packet)
    note(course, () => ({
      stage: hook,
      action: 'translate',
      because: { object: 'connection', stack: stack.name, key: '', text: 'the connection is translated' },
      packet: packetText(packet),
    }));
  return { kind: 'pass', passing: { ...now, packet } };
};

/** Runs all of one IP hook; confirms the connection at the end of the last one. */
export const runHook = (
  course: Course,
  stack: StackModel,
  hook: IpHook,
  passing: Passing,
  nexthop?: bigint,
  reroute?: Reroute,
): HookResult => {
  const { family } = passing.packet;
  const chains = stack.hooks.get(`${family} ${hook}`);
  const tracks = stack.tracks[family];
  if (chains === undefined && !tracks) return { kind: 'pass', passing };
  const filters = chains?.filter(({ chain }) => chain.type !== 'nat') ?? [];
  const isFirst = hook === 'prerouting' || hook === 'output';
  // Fragments pass by themselves, unless connection tracking or (of IPv4) their arrival has put them together.
  const { fragmentBytes } = passing.packet;
  const isInPieces = fragmentBytes !== undefined && !tracks && (family === 6 || hook !== 'input');
  let now: Passing = isInPieces ? { ...passing, pieceBytes: fragmentBytes } : passing;
  let isTracked = !tracks || !isFirst || now.tracking !== undefined;
  let isTranslated = !tracks || !natHooks.has(hook);
  const natPriority = isFirst ? -100 : 100;
  const trackNow = (): void => {
    isTracked = true;
    if (now.tracking === undefined) now = { ...now, tracking: track(course, stack.name, now.packet) };
  };
  /** The way is looked for again where the packet is changed, before the chains that come later (ip_route_me_harder). */
  const unroutable = (before: Packet, after: Packet): HookResult | undefined => {
    const stop = reroute?.(before, after);
    return stop === undefined ? undefined : { kind: 'drop', because: stop.stop.because, unroutable: stop };
  };
  const translateNow = (): HookResult => {
    isTranslated = true;
    const nat = chains?.filter(({ chain }) => chain.type === 'nat') ?? [];
    const result = translate(course, stack, hook as NatHook, nat, now, nexthop);
    if (result.kind === 'drop') return result;
    const { packet } = now;
    now = result.passing;
    return unroutable(packet, now.packet) ?? result;
  };
  for (const at of [...filters, undefined]) {
    const priority = at?.priority ?? Infinity;
    if (!isTracked && priority >= conntrackPriority) trackNow();
    if (!isTranslated && priority >= natPriority) {
      const result = translateNow();
      if (result.kind === 'drop') return result;
    }
    if (at === undefined) break;
    const before = now.packet;
    const read = readChain(course, stack.name, at, now);
    now = read.passing;
    const { verdict, because } = read;
    if (verdict.kind === 'drop') return { kind: 'drop', because };
    if (verdict.kind === 'reject') {
      const refusal = { kind: 'drop', because, reject: verdict.with, tracking: now.tracking } as const;
      const isSilent = (isInPieces && !showsAsWhole(before)) || before.isCutAgain === true;
      return isSilent ? { ...refusal, isSilent } : refusal;
    }
    const { packet } = now;
    const astray = at.chain.type === 'route' ? unroutable(before, packet) : undefined;
    if (astray !== undefined) return astray;
    note(course, () => ({ stage: hook, action: 'pass', because, packet: packetText(packet) }));
  }
  if ((hook === 'postrouting' || hook === 'input') && now.tracking?.connection !== undefined)
    now.tracking.connection.isConfirmed = true;
  return { kind: 'pass', passing: now };
};

/** A hook without connections: `arp`, `bridge`, `netdev`. */
export const runPlainHook = (course: Course, stack: StackModel, key: string, passing: Passing): HookResult => {
  let now = passing;
  for (const at of stack.hooks.get(key) ?? []) {
    const read = readChain(course, stack.name, at, now);
    now = read.passing;
    if (read.verdict.kind === 'drop') return { kind: 'drop', because: read.because };
    if (read.verdict.kind === 'reject') return { kind: 'drop', because: read.because, reject: read.verdict.with };
  }
  return { kind: 'pass', passing: now };
};
