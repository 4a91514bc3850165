/**
 * The one spelling of a rule. A rule that no packet passes becomes none; one that refuses either family in its own way
 * becomes one for each.
 */
import { type Family } from '../net/address.ts';
import { normalMatches, type TableFamily } from './normal-matches.ts';
import { type FilterMatch, type FilterRule, type FilterVerdict } from './packet-filter.ts';
import { canonicalIp, field } from './spelling.ts';

const last = <T>(first: T | undefined, end: T | undefined): T | undefined => (end === first ? undefined : end);

const normalVerdict = (verdict: FilterVerdict, family: Family | undefined): FilterVerdict => {
  switch (verdict.kind) {
    case 'reject': {
      const isOfBoth = /^(tcp-reset|(port|host|net)-unreachable)$/.test(verdict.with);
      return { kind: 'reject', with: family === 6 && !isOfBoth ? 'admin-prohibited' : verdict.with };
    }
    case 'snat':
    case 'dnat': {
      const { kind, address, lastAddress, port, lastPort } = verdict;
      const [first, end] = [canonicalIp(address), lastAddress === undefined ? undefined : canonicalIp(lastAddress)];
      return {
        kind,
        address: first,
        ...field('lastAddress', last(first, end)),
        ...field('port', port),
        ...field('lastPort', last(port, lastPort)),
      };
    }
    case 'redirect':
      return { kind: 'redirect', ...field('port', verdict.port) };
    case 'jump':
    case 'goto':
      return { kind: verdict.kind, chain: verdict.chain };
    case 'set-mark':
    case 'set-connection-mark': {
      const mask = verdict.mask >>> 0;
      if (mask === 0) return { kind: 'continue' };
      return { kind: verdict.kind, value: (verdict.value & mask) >>> 0, mask };
    }
    case 'other':
      return { kind: 'other', text: verdict.text };
    default:
      return { kind: verdict.kind };
  }
};

/** What a verdict asks of the packets it is given: resets answer TCP, an address to translate to has a family. */
const impliedBy = (verdict: FilterVerdict): readonly FilterMatch[] => {
  if (verdict.kind === 'reject' && verdict.with === 'tcp-reset') return [{ kind: 'port', protocol: 'tcp', ports: [] }];
  if (verdict.kind === 'snat' || verdict.kind === 'dnat')
    return [{ kind: 'family', family: verdict.address.includes(':') ? 6 : 4 }];
  return [];
};

const isOfIpv4Alone = (verdict: FilterVerdict): boolean =>
  verdict.kind === 'reject' && /^((host|net)-prohibited|protocol-unreachable)$/.test(verdict.with);

/** nft has no escapes in quoted text, and keeps 128 bytes: what it cannot hold is replaced or cut. */
const plainComment = (comment: string): string =>
  comment
    .replaceAll(/["'`]/g, "'")
    .replaceAll(/[^\x20-\x7e]/g, '?')
    .slice(0, 127);

export const normalRule = (rule: FilterRule, table: TableFamily): readonly FilterRule[] => {
  const found = normalMatches(table, [...rule.matches, ...impliedBy(rule.verdict)]);
  if (found === 'never') return [];
  if (found.family === undefined && isOfIpv4Alone(rule.verdict)) {
    return ([4, 6] as const).flatMap((family) =>
      normalRule({ ...rule, matches: [...rule.matches, { kind: 'family', family }] }, table),
    );
  }
  const { comment } = rule;
  return [
    {
      matches: found.matches,
      verdict: normalVerdict(rule.verdict, found.family),
      ...field('comment', comment === undefined || comment === '' ? undefined : plainComment(comment)),
    },
  ];
};
