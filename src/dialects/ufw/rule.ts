/**
 * One rule as ufw(8) keeps it: the `### tuple ###` line of `user.rules`, and the lines of iptables-restore(8) that ufw writes
 * below it. What is loaded is the lines; the tuple is what ufw itself reads again.
 */
import { type Family } from '../../net/address.ts';

export interface RuleEnd {
  /** `10.0.0.0/8`, `10.0.0.1`; absent: anywhere. */
  readonly address?: string;
  /** `22`, `80,443`, `6000:6010`; absent: any. */
  readonly ports?: string;
  /** The profile whose ports these are. */
  readonly profile?: string;
}

export interface UfwRule {
  readonly family: Family;
  readonly action: 'allow' | 'deny' | 'reject' | 'limit';
  readonly isRouted: boolean;
  readonly direction: 'in' | 'out';
  readonly logs?: 'log' | 'log-all';
  /** `any`, `tcp`, `udp`, or one that has no ports. */
  readonly protocol: string;
  readonly to: RuleEnd;
  readonly from: RuleEnd;
  readonly iif?: string;
  readonly oif?: string;
  readonly comment?: string;
}

export type Way = 'input' | 'output' | 'forward';
export const ways: readonly Way[] = ['input', 'output', 'forward'];

/** Protocols that ufw takes, by IANA number; those from 2 on have no ports. */
export const ufwProtocols: Readonly<Record<string, number>> = {
  ...{ tcp: 6, udp: 17, igmp: 2, ipv6: 41, gre: 47, esp: 50, ah: 51, vrrp: 112 },
};
export const isOfIpv4Alone = (protocol: string): boolean => protocol === 'ipv6' || protocol === 'igmp';
export const hasPorts = (protocol: string): boolean => protocol === 'any' || protocol === 'tcp' || protocol === 'udp';

export const prefixFor = (family: Family): 'ufw' | 'ufw6' => (family === 4 ? 'ufw' : 'ufw6');

export const wayOf = ({ isRouted, direction }: UfwRule): Way =>
  isRouted ? 'forward' : direction === 'out' ? 'output' : 'input';

/** A prefix as ufw writes it: one address has no length. */
export const addressText = (prefix: string): string => prefix.replace(prefix.includes(':') ? /\/128$/ : /\/32$/, '');

const anywhere = (family: Family): string => (family === 4 ? '0.0.0.0/0' : '::/0');
const escaped = (name: string): string => name.replaceAll(' ', '%20');
const hexOf = (text: string): string =>
  [...new TextEncoder().encode(text)].map((byte) => byte.toString(16).padStart(2, '0')).join('');

const interfaceWord = ({ direction, iif, oif }: UfwRule): string => {
  if (iif !== undefined && oif !== undefined) return `in_${iif}!out_${oif}`;
  const name = iif ?? oif;
  return name === undefined ? direction : `${direction}_${name}`;
};

/** `### tuple ### allow tcp 22 0.0.0.0/0 any 192.168.0.0/24 in_eth0 comment=6c616e`. */
export const tupleLine = (rule: UfwRule): string => {
  const { family, action, isRouted, logs, protocol, to, from, comment } = rule;
  const isOfProfile = to.profile !== undefined || from.profile !== undefined;
  return [
    `### tuple ### ${isRouted ? 'route:' : ''}${action}${logs === undefined ? '' : `_${logs}`}`,
    protocol,
    to.ports ?? 'any',
    to.address ?? anywhere(family),
    from.ports ?? 'any',
    from.address ?? anywhere(family),
    ...(isOfProfile ? [to, from].map(({ profile }) => (profile === undefined ? '-' : escaped(profile))) : []),
    interfaceWord(rule),
    ...(comment === undefined ? [] : [`comment=${hexOf(comment)}`]),
  ].join(' ');
};

const decoded = (hex: string): string | undefined => {
  if (!/^(?:[0-9a-f]{2})+$/i.test(hex)) return undefined;
  return new TextDecoder().decode(Uint8Array.from(hex.match(/../g) ?? [], (byte) => Number.parseInt(byte, 16)));
};

export const isTuple = (line: string): boolean => /^### tuple ###\s/.test(line);

/** What a tuple says beside what the lines below it do. */
export const commentOfTuple = (line: string): string | undefined => {
  const hex = isTuple(line) ? / comment=(\S+)\s*$/.exec(line)?.[1] : undefined;
  return hex === undefined ? undefined : decoded(hex);
};

const isMulti = (ports: string | undefined): boolean => /[,:]/.test(ports ?? '');

const matchWords = ({ protocol, to, from, iif, oif }: UfwRule, as: string): readonly string[] => {
  const hasMulti = isMulti(to.ports) || isMulti(from.ports);
  const ports = (option: string, value: string | undefined): string[] => (value === undefined ? [] : [option, value]);
  return [
    ...(iif === undefined ? [] : ['-i', iif]),
    ...(oif === undefined ? [] : ['-o', oif]),
    ...(as === '' ? [] : ['-p', as]),
    ...(hasMulti && protocol !== 'any' ? [...ports('-m multiport --dports', to.ports), ...ports('-m multiport --sports', from.ports)] : []), // prettier-ignore
    ...(to.address === undefined ? [] : ['-d', to.address]),
    ...(hasMulti ? [] : ports('--dport', to.ports)),
    ...(from.address === undefined ? [] : ['-s', from.address]),
    ...(hasMulti ? [] : ports('--sport', from.ports)),
  ];
};

const profileWords = ({ to, from }: UfwRule): readonly string[] => {
  const names = [
    ...(to.profile === undefined ? [] : [`dapp_${escaped(to.profile)}`]),
    ...(from.profile === undefined ? [] : [`sapp_${escaped(from.profile)}`]),
  ];
  return names.length === 0 ? [] : [`-m comment --comment '${names.join(',')}'`];
};

const logWords: Readonly<Record<UfwRule['action'], string>> = {
  ...{ allow: 'ALLOW', limit: 'LIMIT', deny: 'BLOCK', reject: 'BLOCK' },
};
export const logLimit = '-m limit --limit 3/min --limit-burst 10';

const targetOf = ({ action }: UfwRule, as: string): string => {
  if (action === 'allow') return '-j ACCEPT';
  if (action === 'deny') return '-j DROP';
  return as === 'tcp' ? '-j REJECT --reject-with tcp-reset' : '-j REJECT';
};

/** Of one protocol: what it logs, and what it decides. */
const linesAs = (rule: UfwRule, as: string): readonly string[] => {
  const prefix = prefixFor(rule.family);
  const way = wayOf(rule);
  const [chain, logging] = [`-A ${prefix}-user-${way}`, `-A ${prefix}-user-logging-${way}`];
  const matches = matchWords(rule, as);
  const line = (...words: readonly string[]): string => words.filter((word) => word !== '').join(' ');
  const profile = profileWords(rule);
  const isNew = '-m conntrack --ctstate NEW';
  const log = `-j LOG --log-prefix "[UFW ${logWords[rule.action]}] "`;
  const logged =
    rule.logs === undefined
      ? []
      : [
          line(logging, ...matches, rule.logs === 'log' ? isNew : '', logLimit, log),
          line(logging, ...matches, '-j RETURN'),
          line(chain, ...matches, `-j ${prefix}-user-logging-${way}`),
        ];
  if (rule.action !== 'limit') return [...logged, line(chain, ...matches, targetOf(rule, as), ...profile)];
  return [
    ...logged,
    line(chain, ...matches, isNew, '-m recent --set', ...profile),
    line(
      chain,
      ...matches,
      isNew,
      '-m recent --update --seconds 30 --hitcount 6',
      `-j ${prefix}-user-limit`,
      ...profile,
    ),
    line(chain, ...matches, `-j ${prefix}-user-limit-accept`, ...profile),
  ];
};

/** The lines below the tuple. */
export const linesOfRule = (rule: UfwRule): readonly string[] => {
  if (rule.protocol !== 'any') return linesAs(rule, rule.protocol);
  if (rule.to.ports === undefined && rule.from.ports === undefined) return linesAs(rule, '');
  return ['tcp', 'udp'].flatMap((protocol) => linesAs(rule, protocol));
};

/** A line of the user's chains with the comment of the tuple above it, which the kernel is not told. */
export const withComment = (line: string, comment: string | undefined): string =>
  comment === undefined || line.includes('--comment') || !/^-A ufw6?-user-(?:input|output|forward)\s/.test(line)
    ? line
    : `${line} -m comment --comment "${comment.replaceAll(/[\r\n]/g, ' ').replaceAll(/[\\"]/g, '\\$&')}"`;
