/**
 * Edits of filters alone. They leave nodes, links and routes as they are, so only headers that came by a rule that is
 * another now can fare otherwise: what becomes of a header never depends on any other header.
 */
import { type FilterMatch, type FilterRule } from '../../state/packet-filter.ts';
import { stackOf, type HookChain, type Model, type StackModel } from '../model/model.ts';
import { isSameValue } from '../model/same-value.ts';
import { ICMPV6 } from '../walker/words.ts';
import { NOTHING, type PacketSet } from './bdd.ts';
import { looksAtPorts } from './nodes.ts';
import { readOtherwise, type Reading, type Readings } from './readings.ts';
import { type World } from './world.ts';

/** Whether a match keeps out all neighbour discovery, by which IPv6 stations find each other. */
const sparesDiscovery = (match: FilterMatch): boolean => {
  switch (match.kind) {
    case 'port':
    case 'source-port':
    case 'tcp-flags':
      return true;
    case 'source':
    case 'destination':
    case 'family':
      return match.family === 4;
    case 'protocol':
      return match.negate !== true && !match.protocols.includes(ICMPV6);
    case 'icmp':
      return match.types === 'echo-request';
    default:
      return false;
  }
};

const forDiscovery = ({ chain, subchains }: HookChain): unknown => {
  const rules = (all: readonly FilterRule[]): readonly FilterRule[] =>
    all.filter(({ matches }) => !matches.some(sparesDiscovery));
  return [chain.policy, rules(chain.rules), [...subchains.values()].map((sub) => [sub.name, rules(sub.rules)])];
};

const nameOf = ({ table, chain, priority }: HookChain): string =>
  `${table.family} ${table.name} ${chain.name} ${chain.type} ${priority}`;

/** Whether one chain may take another's place without anything but IP packets noticing. */
const mayReplace = (hook: string, before: HookChain, after: HookChain): boolean => {
  if (nameOf(before) !== nameOf(after)) return false;
  if (hook.startsWith('4 ')) return true;
  if (hook.startsWith('6 ')) return isSameValue(forDiscovery(before), forDiscovery(after));
  return isSameValue([before.chain, [...before.subchains]], [after.chain, [...after.subchains]]);
};

const mayTakePlace = (before: StackModel, after: StackModel): boolean =>
  before.hooks.size === after.hooks.size &&
  isSameValue(before.tracks, after.tracks) &&
  (looksAtPorts(before) || !looksAtPorts(after)) &&
  [...before.hooks].every(([hook, chains]) => {
    const others = after.hooks.get(hook) ?? [];
    return chains.length === others.length && chains.every((chain, index) => mayReplace(hook, chain, others[index]!));
  });

/** The stacks that may not be the same; undefined where there are others now. */
const otherStacks = (before: Model, after: Model): readonly string[] | undefined => {
  if (after.refiltered?.of === before.stacks) return after.refiltered.names;
  if (!isSameValue(before.facts, after.facts) || !isSameValue(before.state.cables, after.state.cables))
    return undefined;
  if (before.stacks.size !== after.stacks.size) return undefined;
  const found: string[] = [];
  const others = after.stacks.values();
  for (const old of before.stacks.values()) {
    const now = others.next().value;
    if (now === old) continue;
    if (now?.name !== old.name) return undefined;
    if (now.stack !== old.stack) found.push(old.name);
  }
  return found;
};

/** The stacks whose filters an edit changes; undefined where it changes more, or more than rules. */
export const refilteredStacks = (before: Model, after: Model): readonly string[] | undefined => {
  const others = otherStacks(before, after);
  if (others === undefined) return undefined;
  const found: string[] = [];
  for (const name of others) {
    const [old, now] = [stackOf(before, name), stackOf(after, name)];
    const { filter, ...more } = old.stack;
    const { filter: newFilter, ...newMore } = now.stack;
    if (!isSameValue(more, newMore)) return undefined;
    if (isSameValue(filter, newFilter)) continue;
    if (!mayTakePlace(old, now)) return undefined;
    found.push(name);
  }
  return found;
};

const chainOf = ({ at, view }: Reading, { hooks }: StackModel): HookChain | undefined =>
  hooks.get(`${view.family} ${at.chain.hook}`)?.find((other) => nameOf(other) === nameOf(at));

/** Headers whose fate may be another: those that read a chain which says something else about them now. */
export const touchedBy = (before: World, readings: Readings, after: World, stacks: readonly string[]): PacketSet => {
  const { space, filters } = before;
  const sets: PacketSet[] = [];
  for (const name of stacks) {
    const [was, is] = [stackOf(before.model, name), stackOf(after.model, name)];
    for (const reading of readings.of(name)) {
      const old = chainOf(reading, was);
      const now = chainOf(reading, is);
      sets.push(old && now ? readOtherwise(space, filters, reading, old, now) : NOTHING);
    }
  }
  // Ports that are told apart since then are at both ends of some headers.
  const { before: known, after: found } = space.recutPorts();
  sets.push(space.bdd.xor(known, found));
  // Chance and what is not modelled are no part of a header: all courses of it are followed again.
  return space.bdd.exists(space.bdd.union(sets), space.headerEnd, space.end);
};
