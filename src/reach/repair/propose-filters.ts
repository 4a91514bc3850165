/**
 * Holes in packet filters, no wider than the flow: an accept rule before the rule that drops, or no filter at all
 * between the ports of a bridge.
 */
import { bitsOf, printIp, type Family } from '../../net/address.ts';
import { type FilterMatch, type FilterRule, type FilterTable } from '../../state/packet-filter.ts';
import { type Because } from '../walk.ts';
import { type Edit } from './edit.ts';
import { type Proposal } from './proposal.ts';
import { type Situation } from './situation.ts';

interface RulePlace {
  readonly table: FilterTable;
  readonly chain: string;
  readonly index: number;
}

/** Where a rule goes to be read before what decided: before that rule, or last before the policy. */
const placeBefore = ({ model }: Situation, because: Because): RulePlace | undefined => {
  const [family, name, chain, index] = because.key.split(' ');
  const table = model.state.stacks[because.stack]?.filter.find((it) => it.family === family && it.name === name);
  const found = [...(table?.chains ?? []), ...(table?.subchains ?? [])].find((it) => it.name === chain);
  if (table === undefined || found === undefined) return undefined;
  const before = because.object === 'filter-rule' ? Number(index) : found.rules.length;
  return { table, chain: found.name, index: before };
};

const host = (kind: 'source' | 'destination', family: Family, value: bigint | undefined): readonly FilterMatch[] =>
  value === undefined ? [] : [{ kind, family, prefixes: [`${printIp({ family, value })}/${bitsOf(family)}`] }];

const echoTypes = { request: { 4: 8, 6: 128 }, reply: { 4: 0, 6: 129 } } as const;

/** What the packets of a flow have in one direction, as they are at a place. */
const matchesOf = ({ flow, family, stop, packet }: Situation): readonly FilterMatch[] => {
  const { source, destination, ports } = packet;
  const ends = [...host('source', family, source), ...host('destination', family, destination)];
  if (flow.protocol === 'icmp') {
    const type = echoTypes[stop.direction === 'reply' ? 'reply' : 'request'][family];
    return [...ends, { kind: 'icmp-type', family, types: [type] }];
  }
  const { protocol } = flow;
  const isReply = stop.direction === 'reply';
  // It may have been translated: the packet's own port counts.
  const port = ports?.[isReply ? 0 : 1] ?? flow.port;
  return port === null ? ends : [...ends, { kind: isReply ? 'source-port' : 'port', protocol, ports: [port] }];
};

const flowText = ({ flow, stop }: Situation): string => {
  const service = flow.protocol === 'icmp' ? 'ping' : `${flow.protocol}/${flow.port ?? 'any'}`;
  const whole = `${service} from ${flow.from} to ${flow.destination}`;
  return stop.direction === 'reply' ? `replies to ${whole}` : whole;
};

const insertion = (stack: string, { table, chain, index }: RulePlace, rule: FilterRule): Edit => ({
  kind: 'insert-rule',
  stack,
  table: { family: table.family, name: table.name },
  ...{ chain, index, rule },
});

/** A rule for `matches` before what decided. */
const acceptBefore = (
  situation: Situation,
  because: Because,
  matches: readonly FilterMatch[],
  what: string,
  effort: number,
): readonly Proposal[] => {
  const place = placeBefore(situation, because);
  if (place === undefined) return [];
  const rule: FilterRule = { matches, verdict: { kind: 'accept' }, comment: `let through ${what}`.slice(0, 120) };
  return [
    {
      kind: 'accept',
      edits: [insertion(because.stack, place, rule)],
      change: `let ${what} through the filter of ${because.stack}, before ${because.text}`,
      effort,
      sideEffects: [],
    },
  ];
};

const isFilterObject = ({ object }: Because): boolean => object === 'filter-rule' || object === 'filter-policy';

const hasAddresses = new Set(['inet', 'ip', 'ip6', 'bridge', 'netdev']);
const hasTracking = new Set(['inet', 'ip', 'ip6']);

const acceptFlow = (situation: Situation): readonly Proposal[] => {
  const { stop, model, family } = situation;
  const { because } = stop;
  const place = placeBefore(situation, because);
  if (place === undefined || !hasAddresses.has(place.table.family)) return [];
  const matches = matchesOf(situation);
  const plain = acceptBefore(situation, because, matches, flowText(situation), 4);
  const isTracked = model.stacks.get(stop.stack)?.tracks[family] === true && hasTracking.has(place.table.family);
  if (stop.direction === 'forward' || !isTracked || stop.reason === 'ct_invalid') return plain;
  // Replies only: whoever answers cannot begin a connection by this rule.
  const states: FilterMatch = { kind: 'conntrack', states: ['established'] };
  return [
    ...acceptBefore(situation, because, [...matches, states], flowText(situation), 4),
    ...plain.map((proposal) => ({ ...proposal, effort: proposal.effort + 3 })),
  ];
};

const bridgeCall = { 4: 'net/bridge/bridge-nf-call-iptables', 6: 'net/bridge/bridge-nf-call-ip6tables' } as const;

/** Frames between ports of a bridge pass the IP filter because br_netfilter calls it (bridge-nf-call-iptables). */
const unbridge = ({ stop, bridgedFrom, family, model }: Situation): readonly Proposal[] => {
  const { stack } = stop;
  if (bridgedFrom === undefined || model.stacks.get(stack)?.settings.bridgeFilter[family] !== true) return [];
  return [
    {
      kind: 'setting',
      edits: [{ kind: 'set-sysctl', stack, key: bridgeCall[family], value: '0' }],
      change: `keep frames between the ports of ${stack}'s bridges out of its IPv${family} filter (bridge-nf-call)`,
      effort: 5,
      sideEffects: [`no IPv${family} filter of ${stack} sees then what passes between ports of its bridges`],
    },
  ];
};

export const proposeFilters = (situation: Situation): readonly Proposal[] => {
  const { stop } = situation;
  switch (stop.reason) {
    case 'nf_drop':
    case 'nf_reject':
    case 'ct_invalid':
      return isFilterObject(stop.because) ? [...acceptFlow(situation), ...unbridge(situation)] : unbridge(situation);
    case 'l2_filter':
      return isFilterObject(stop.because) ? acceptFlow(situation) : [];
    default:
      return [];
  }
};
