/**
 * A table of nftables(8) that marks the packets of one question for tracing (`meta nftrace`) where they enter a stack or
 * begin there, and stands at every other hook, so that their passing is seen. It decides nothing.
 */
import { type Family } from '../../net/address.ts';

export const traceTable = 'lanwright_trace';

/** What is looked for. */
export interface Watch {
  readonly family: Family;
  readonly protocol: 'icmp' | 'tcp' | 'udp';
  /** Of the far end: as asked, and as translated. */
  readonly ports: readonly number[];
}

/** What tells a sender that its packet was lost (RFC 792, RFC 4443). */
const errors: Readonly<Record<Family, string>> = {
  4: 'icmp type { destination-unreachable, time-exceeded, parameter-problem }',
  6: 'icmpv6 type { destination-unreachable, packet-too-big, time-exceeded, parameter-problem }',
};

const echoes: Readonly<Record<Family, string>> = {
  4: 'icmp type { echo-request, echo-reply }',
  6: 'icmpv6 type { echo-request, echo-reply }',
};

/** Of a connection, only what begins or refuses it. */
const marks = ({ family, protocol, ports }: Watch): readonly string[] => {
  if (protocol === 'icmp') return [echoes[family], errors[family]];
  const flags = protocol === 'tcp' ? 'tcp flags & (syn | rst) != 0 ' : '';
  const list = `{ ${[...new Set(ports)].map((port) => String(Math.trunc(port))).join(', ')} }`;
  return [`${flags}${protocol} dport ${list}`, `${flags}${protocol} sport ${list}`, errors[family]];
};

const chain = (hook: string, priority: number, rules: readonly string[]): string =>
  [
    `  chain ${hook}_hook {`,
    `    type filter hook ${hook} priority ${priority}; policy accept;`,
    ...rules.map((rule) => `    ${rule}`),
    '  }',
  ].join('\n');

/** Before connection tracking (-200) and translation; and behind both. */
const [early, late] = [-450, 450];

/** One table, for routed packets (`inet`) or bridged frames (`bridge`). */
export const traceRuleset = (of: 'inet' | 'bridge', watch: Watch): string => {
  const { family } = watch;
  const own =
    of === 'inet' ? `meta nfproto ${family === 4 ? 'ipv4' : 'ipv6'}` : `ether type ${family === 4 ? 'ip' : 'ip6'}`;
  const rules = marks(watch).map((match) => `${own} ${match} meta nftrace set 1`);
  return [
    `table ${of} ${traceTable} {`,
    chain('prerouting', early, rules),
    chain('input', late, []),
    chain('forward', late, []),
    chain('output', early, rules),
    chain('postrouting', late, []),
    '}',
    '',
  ].join('\n');
};
