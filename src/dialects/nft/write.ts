/**
 * Turns packet filters into the text that `nft -f` takes as one transaction: everything that was there goes, everything
 * that is said here comes, or nothing changes. Names and comments can say nothing but themselves.
 */
import { type Family } from '../../net/address.ts';
import { normalFilter } from '../../state/normal-filter.ts';
import {
  type FilterChain,
  type FilterRule,
  type FilterTable,
  type FilterVerdict,
  type RejectWith,
} from '../../state/packet-filter.ts';
import { familyIn, hex, interfaceName, ipOf, matchText, type MatchPlace } from './write-match.ts';

export const identifier = (name: string): string => {
  if (!/^[a-zA-Z_][a-zA-Z0-9_./-]{0,127}$/.test(name)) throw new Error(`not a name for nftables: ${name}`);
  return name;
};

/** Codes that nft has for both families at once. */
const eitherFamily: Partial<Record<RejectWith, string>> = {
  'port-unreachable': 'port-unreachable',
  'admin-prohibited': 'admin-prohibited',
  'host-unreachable': 'host-unreachable',
  'net-unreachable': 'no-route',
};
const ipv4Code: Partial<Record<RejectWith, string>> = { 'protocol-unreachable': 'prot-unreachable' };
const ipv6Code: Partial<Record<RejectWith, string>> = {
  'port-unreachable': 'port-unreachable',
  'host-unreachable': 'addr-unreachable',
  'net-unreachable': 'no-route',
};

const rejectText = (reason: RejectWith, place: MatchPlace): string => {
  if (reason === 'tcp-reset') return 'reject with tcp reset';
  const isOneFamily = place.table === 'ip' || place.table === 'ip6';
  const either = isOneFamily ? undefined : eitherFamily[reason];
  if (either !== undefined) return `reject with icmpx ${either}`;
  return familyIn(place) === 6
    ? `reject with icmpv6 ${ipv6Code[reason] ?? 'admin-prohibited'}`
    : `reject with icmp ${ipv4Code[reason] ?? reason}`;
};

type Translation = Extract<FilterVerdict, { kind: 'snat' | 'dnat' }>;

const translationText = (verdict: Translation, place: MatchPlace): string => {
  const family: Family = verdict.address.includes(':') ? 6 : 4;
  const ends = [verdict.address, ...(verdict.lastAddress === undefined ? [] : [verdict.lastAddress])];
  const hosts = family === 6 && verdict.port !== undefined ? ends.map((end) => `[${end}]`) : ends;
  const ports = [verdict.port, verdict.lastPort].filter((port) => port !== undefined);
  const isOneFamily = place.table === 'ip' || place.table === 'ip6';
  return [
    verdict.kind,
    ...(isOneFamily ? [] : [ipOf(family)]),
    `to ${hosts.join('-')}${ports.length === 0 ? '' : `:${ports.join('-')}`}`,
  ].join(' ');
};

/** Bits under the mask are taken from the value, the others stay. */
const setMarkText = (key: 'meta mark' | 'ct mark', value: number, mask: number): string => {
  if (mask === 0xffffffff) return `${key} set ${hex(value)}`;
  const kept = value === mask ? key : `${key} & ${hex(~mask >>> 0)}`;
  return `${key} set ${kept}${value === 0 ? '' : ` | ${hex(value)}`}`;
};

export const verdictText = (verdict: FilterVerdict, place: MatchPlace): string => {
  switch (verdict.kind) {
    case 'reject':
      return rejectText(verdict.with, place);
    case 'snat':
    case 'dnat':
      return translationText(verdict, place);
    case 'redirect':
      return verdict.port === undefined ? 'redirect' : `redirect to :${verdict.port}`;
    case 'jump':
    case 'goto':
      return `${verdict.kind} ${identifier(verdict.chain)}`;
    case 'set-mark':
      return setMarkText('meta mark', verdict.value, verdict.mask);
    case 'set-connection-mark':
      return setMarkText('ct mark', verdict.value, verdict.mask);
    case 'restore-mark':
      return 'meta mark set ct mark';
    case 'save-mark':
      return 'ct mark set meta mark';
    case 'other':
      throw new Error(`no normal form of a verdict can be written back: ${verdict.text}`);
    default:
      return verdict.kind;
  }
};

/** The family of a `reject` that speaks one family's ICMP, where no match says it. */
const rejectedFamily = (place: MatchPlace): string[] => {
  if (place.table !== 'inet' || familyIn(place) !== undefined) return [];
  const isOfFrame = place.rule.matches.some(({ kind }) => kind === 'source-mac' || kind === 'destination-mac');
  // nft 1.0.6 would add the EtherType to what the match reads of the frame, and then lists neither of both.
  return isOfFrame && verdictText(place.rule.verdict, place).startsWith('reject with icmp ')
    ? ['meta nfproto ipv4']
    : [];
};

export const ruleText = (rule: FilterRule, table: FilterTable['family']): string =>
  [
    ...rejectedFamily({ table, rule }),
    ...rule.matches.map((match) => matchText(match, { table, rule })),
    verdictText(rule.verdict, { table, rule }),
    ...(rule.comment === undefined ? [] : [`comment "${rule.comment}"`]),
  ].join(' ');

const block = (head: string, lines: readonly string[]): string =>
  [`  ${head} {`, ...lines.map((line) => `    ${line}`), '  }'].join('\n');

/** Without the policy. */
export const hookText = ({ type, hook, device, priority }: FilterChain): string => {
  const place = device === undefined ? hook : `${hook} device ${interfaceName(device)}`;
  return `type ${type} hook ${place} priority ${priority}`;
};

/** All chains are there before the first rule: whichever jumps to whichever. */
const tableText = ({ family, name, chains, subchains = [] }: FilterTable): string =>
  [
    `table ${family} ${identifier(name)} {`,
    ...subchains.map((chain) =>
      block(
        `chain ${identifier(chain.name)}`,
        chain.rules.map((rule) => ruleText(rule, family)),
      ),
    ),
    ...chains.map((chain) =>
      block(`chain ${identifier(chain.name)}`, [
        `${hookText(chain)}; policy ${chain.policy};`,
        ...chain.rules.map((rule) => ruleText(rule, family)),
      ]),
    ),
    '}',
  ].join('\n');

export const writeNft = (tables: readonly FilterTable[]): string =>
  `${['flush ruleset', ...normalFilter(tables).map(tableText)].join('\n')}\n`;
