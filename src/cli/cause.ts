/**
 * Why a packet gets no further, in one sentence about the user's machines: who is to blame, by which line, and one
 * command that shows it. What is lost on the internet is the fault of whoever sent it there.
 */
import { type Lab } from '../lab/lab.ts';
import { containsIp, prefix } from '../net/prefix.ts';
import { ip, parseIp } from '../net/address.ts';
import { type FilterMatch, type FilterRule } from '../state/packet-filter.ts';
import { type NetworkState } from '../state/network-state.ts';
import { type Because, type Hop, type Stop, type TraceStep, type Walk } from '../reach/walk.ts';
import { lineBehind, type Origins } from './hop-report.ts';

export interface Cause {
  readonly machine: string;
  /** A clause that goes on after `because` or a colon, without a full stop. */
  readonly text: string;
  /** `file:line`, where the file asks for what decides. */
  readonly line: string | null;
  /** What shows it on that machine. */
  readonly shownBy: readonly string[];
}

interface Ends {
  readonly source: string;
  readonly destination: string;
}

/** The addresses of a trace's packet, as in `10.0.0.1:40000 > [2001:db8::1]:80 tcp`. */
const endsOf = (packet: string): Ends | undefined => {
  const [left, right] = packet.split(' > ');
  const bare = (text: string | undefined): string => {
    const word = text?.split(' ')[0] ?? '';
    if (parseIp(word) !== undefined) return word;
    return /^\[(.+)\]:\d+$/.exec(word)?.[1] ?? word.replace(/:\d+$/, '');
  };
  const [source, destination] = [bare(left), bare(right)];
  return parseIp(source) === undefined || parseIp(destination) === undefined ? undefined : { source, destination };
};

const stepsOf = (hops: readonly Hop[]): readonly TraceStep[] => hops.flatMap(({ steps }) => steps);

const lastRoute = (hops: readonly Hop[], stack: string): Because | undefined =>
  stepsOf(hops).findLast(
    ({ stage, because }) => stage === 'route' && because.object === 'route' && because.stack === stack,
  )?.because;

const isDefault = ({ key }: Because): boolean => key === '0.0.0.0/0' || key === '::/0';

const ip6 = (address: string): readonly string[] => (address.includes(':') ? ['-6'] : []);

export const routeGet = (address: string): readonly string[] => ['ip', ...ip6(address), 'route', 'get', address];

/** The machine that sent a packet to the internet by its default route: it lacks the route that was needed. */
const sentAway = (origins: Origins, lab: Lab, hops: readonly Hop[], stop: Stop, to: string): Cause | undefined => {
  if (lab.machines[stop.stack]?.role !== 'internet') return undefined;
  const before = hops.findLast(({ stack }) => stack !== stop.stack && lab.machines[stack] !== undefined);
  const route = before === undefined ? undefined : lastRoute(hops, before.stack);
  if (before === undefined || route === undefined || !isDefault(route)) return undefined;
  const line = lineBehind(origins, route) ?? null;
  const text = `\`${before.stack}\` has no route of its own to ${to} and sends it to the internet by its default route, where it is lost`;
  return { machine: before.stack, text, line, shownBy: routeGet(to) };
};

/** A route that says `on the link`, where nobody has the address. */
const nobodyThere = (origins: Origins, hops: readonly Hop[], stop: Stop, to: string): Cause => {
  const route = lastRoute(hops, stop.stack);
  const device = stop.interface ?? '';
  const shownBy = ['ip', ...ip6(to), 'neigh', 'show', 'dev', device];
  const isOnLink = route !== undefined && !route.text.includes(' via ');
  const text = isOnLink
    ? `\`${stop.stack}\` takes ${to} to be on its link ${device} (${route.text}), and ${stop.because.text}`
    : stop.because.text;
  return { machine: stop.stack, text, line: (route && lineBehind(origins, route)) ?? null, shownBy };
};

const chainOf = (state: NetworkState, { stack, key }: Because): readonly FilterRule[] => {
  const [family, table, chain] = key.split(' ');
  const found = state.stacks[stack]?.filter.find((it) => it.family === family && it.name === table);
  return found?.chains.find(({ name }) => name === chain)?.rules ?? [];
};

const holdsIp = (match: FilterMatch, kind: 'source' | 'destination', address: string): boolean =>
  match.kind !== kind ||
  (match.family === ip(address).family &&
    match.prefixes.some((text) => containsIp(prefix(text), ip(address))) !== (match.negate === true));

/** What a closed chain does let through to the same place, but from other sources. */
const spared = (state: NetworkState, stop: Stop, ends: Ends | undefined): string => {
  if (stop.because.object !== 'filter-policy' || ends === undefined) return '';
  const rules = chainOf(state, stop.because).filter(
    ({ verdict, matches }) =>
      verdict.kind === 'accept' &&
      matches.some((match) => match.kind === 'source') &&
      matches.every(
        (match) =>
          match.kind === 'source' ||
          match.kind === 'iif' ||
          match.kind === 'oif' ||
          holdsIp(match, 'destination', ends.destination),
      ) &&
      !matches.every((match) => holdsIp(match, 'source', ends.source)),
  );
  const sources = rules.flatMap(({ matches, comment }) =>
    matches.flatMap((match) =>
      match.kind === 'source' && match.family === ip(ends.source).family
        ? [
            `${match.negate === true ? 'all but ' : ''}${match.prefixes.join(', ')}${comment === undefined ? '' : ` (${comment})`}`,
          ]
        : [],
    ),
  );
  return sources.length === 0
    ? ''
    : `; from ${ends.source} it lets nothing through, only from ${sources.join(' and ')}`;
};

const ruleComment = (text: string): string => /\((.*)\)$/.exec(text)?.[1] ?? text;

const filtered = (origins: Origins, stop: Stop, ends: Ends | undefined): Cause => {
  const { because, reason, stack, stage } = stop;
  const [family, table, chain] = because.key.split(' ');
  const verb = reason === 'nf_reject' ? 'refuses' : 'drops';
  const rule =
    because.object === 'filter-policy'
      ? `the chain \`${stage}\` of its packet filter lets through only what its rules name${spared(origins.lowered.state, stop, ends)}`
      : `rule \`${ruleComment(because.text)}\` of the chain \`${chain ?? stage}\``;
  return {
    machine: stack,
    text: `\`${stack}\` ${verb} it: ${rule}`,
    line: lineBehind(origins, because) ?? null,
    shownBy: ['nft', 'list', 'chain', family ?? '', table ?? '', chain ?? ''],
  };
};

/** A gateway that the kernel refuses leaves a machine without its default route; accepted, it is a note of the plan. */
const gatewayFault = (lab: Lab, stack: string): string => {
  const found = lab.notes.find(
    ({ code, message }) => code === 'gateway-outside-subnet' && message.includes(`\`${stack}\``),
  );
  return found === undefined ? '' : `: ${found.message.replace(/ \(accepted\)$/, '')}`;
};

const sysctlName = (key: string): string => key.replaceAll('/', '.');

/** `hops`: those of the direction in which it stops; `to`: where the packet is going there. */
const causeIn = (
  origins: Origins,
  lab: Lab,
  hops: readonly Hop[],
  stop: Stop,
  ends: Ends | undefined,
  to: string,
): Cause => {
  const { because, reason, stack } = stop;
  const line = lineBehind(origins, because) ?? null;
  const plain = (text: string, shownBy: readonly string[]): Cause => ({ machine: stack, text, line, shownBy });
  switch (reason) {
    case 'no_route':
      return (
        sentAway(origins, lab, hops, stop, to) ??
        plain(`\`${stack}\` has no route to ${to}${gatewayFault(lab, stack)}`, ['ip', ...ip6(to), 'route'])
      );
    case 'no_neighbour':
      return nobodyThere(origins, hops, stop, to);
    case 'nf_drop':
    case 'nf_reject':
    case 'ct_invalid':
      return filtered(origins, stop, ends);
    case 'not_forwarding':
      return (
        sentAway(origins, lab, hops, stop, to) ??
        plain(`\`${stack}\` does not forward: ${because.text}`, ['sysctl', sysctlName(because.key)])
      );
    case 'rp_filter':
      return plain(`\`${stack}\` drops it: ${because.text}`, ['sysctl', sysctlName(because.key)]);
    case 'mtu':
      return plain(`\`${stack}\`: ${because.text}`, ['ip', 'link', 'show', 'dev', stop.interface ?? because.key]);
    case 'no_listener':
      return plain(`\`${stack}\`: ${because.text}`, ['ss', '-lntu']);
    case 'isolated':
    case 'hairpin':
    case 'not_flooded':
    case 'stp_blocked':
    case 'vlan_mismatch':
      return plain(`\`${stack}\`: ${because.text}`, ['bridge', '-d', 'link', 'show']);
    default:
      return plain(`\`${stack}\`: ${because.text}`, routeGet(to));
  }
};

export const causeOf = (origins: Origins, lab: Lab, walk: Walk): Cause | undefined => {
  const { stop, forward, reply } = walk;
  if (stop === null) return undefined;
  const hops = stop.direction === 'reply' && reply.length > 0 ? reply : forward;
  const ends = stepsOf(hops)
    .map(({ packet }) => endsOf(packet))
    .findLast((found) => found !== undefined);
  const asked = /(?:no route to|answers for) (\S+)/.exec(stop.because.text)?.[1];
  return causeIn(origins, lab, hops, stop, ends, asked ?? ends?.destination ?? stop.stack);
};
