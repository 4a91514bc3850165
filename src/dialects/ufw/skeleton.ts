/**
 * The chains that ufw(8) makes around the rules of its files, in the words of iptables-restore(8), as its start script
 * does (ufw-framework(8)): what every connection passes before and after the user's rules, and the policies.
 */
export type Policy = 'ACCEPT' | 'DROP' | 'REJECT';

export interface Policies {
  readonly input: Policy;
  readonly output: Policy;
  readonly forward: Policy;
}

export interface Skeleton {
  readonly chains: readonly string[];
  /** Before the rules of the files. */
  readonly first: readonly string[];
  /** After them. */
  readonly last: readonly string[];
}

const directions = ['input', 'output', 'forward'] as const;

/** `prefix`: `ufw` for IPv4, `ufw6` for IPv6. */
export const skeletonOf = (prefix: 'ufw' | 'ufw6', policies: Policies): Skeleton => ({
  chains: [
    ...directions.flatMap((direction) => {
      const policy = policies[direction];
      const parts = ['before-logging', 'before', 'after', 'after-logging', 'reject', 'track', 'skip-to-policy'];
      return [
        `:${direction.toUpperCase()} ${policy === 'ACCEPT' ? 'ACCEPT' : 'DROP'} [0:0]`,
        ...[...parts, 'user', 'user-logging'].map((part) => `:${prefix}-${part}-${direction} - [0:0]`),
      ];
    }),
    ...['logging-deny', 'logging-allow', 'user-limit', 'user-limit-accept'].map((name) => `:${prefix}-${name} - [0:0]`),
  ],
  first: directions.flatMap((direction) => {
    const policy = policies[direction];
    const order = ['before-logging', 'before', 'after', 'after-logging', 'reject', 'track'];
    return [
      ...order.map((part) => `-A ${direction.toUpperCase()} -j ${prefix}-${part}-${direction}`),
      ...(policy === 'REJECT' ? [`-A ${prefix}-reject-${direction} -j REJECT`] : []),
      ...(policy === 'ACCEPT'
        ? ['tcp', 'udp'].map(
            (protocol) => `-A ${prefix}-track-${direction} -p ${protocol} -m conntrack --ctstate NEW -j ACCEPT`,
          )
        : []),
      `-A ${prefix}-skip-to-policy-${direction} -j ${policy}`,
    ];
  }),
  last: directions.map((direction) => `-A ${prefix}-before-${direction} -j ${prefix}-user-${direction}`),
});

/** What `before.rules` holds as far as it decides who reaches whom, where the file itself was not read. */
export const usualBefore = (prefix: 'ufw' | 'ufw6'): readonly string[] => {
  const direct = ['input', 'output'].map(
    (direction) => `-A ${prefix}-before-${direction} ${direction === 'input' ? '-i' : '-o'} lo -j ACCEPT`,
  );
  const standing = directions.map(
    (direction) => `-A ${prefix}-before-${direction} -m conntrack --ctstate RELATED,ESTABLISHED -j ACCEPT`,
  );
  const input = `-A ${prefix}-before-input`;
  const icmp =
    prefix === 'ufw'
      ? ['destination-unreachable', 'time-exceeded', 'parameter-problem', 'echo-request'].flatMap((type) => [
          `${input} -p icmp --icmp-type ${type} -j ACCEPT`,
          `-A ufw-before-forward -p icmp --icmp-type ${type} -j ACCEPT`,
        ])
      : [1, 2, 3, 4, 128, 129, 133, 134, 135, 136].map((type) => `${input} -p icmpv6 --icmpv6-type ${type} -j ACCEPT`);
  const dhcp =
    prefix === 'ufw'
      ? `${input} -p udp --sport 67 --dport 68 -j ACCEPT`
      : `${input} -p udp -s fe80::/10 --sport 547 -d fe80::/10 --dport 546 -j ACCEPT`;
  return [...direct, ...standing, `${input} -m conntrack --ctstate INVALID -j DROP`, ...icmp, dhcp];
};

/** What is loaded for IPv6 where `IPV6` is not `yes`: loopback and nothing else. */
export const closedIpv6: readonly string[] = [
  ':INPUT DROP [0:0]',
  ':FORWARD DROP [0:0]',
  ':OUTPUT DROP [0:0]',
  '-A INPUT -i lo -j ACCEPT',
  '-A OUTPUT -o lo -j ACCEPT',
];
