/** What ufw loads of random files: rules of every form, policies, levels of logging, what comes before and after. */
import fc from 'fast-check';
import { usualBefore, type Policies } from '../../../src/dialects/ufw/skeleton.ts';
import { limitLines, loggingLines, logLevels, type LogLevel } from '../../../src/dialects/ufw/user-file.ts';
import { linesOfRule, tupleLine, type RuleEnd, type UfwRule } from '../../../src/dialects/ufw/rule.ts';
import { type ConfigText } from '../../../src/dialects/dialect.ts';
import { type Family } from '../../../src/net/address.ts';

const maybe = <T>(it: fc.Arbitrary<T>): fc.Arbitrary<T | undefined> => fc.option(it, { nil: undefined });
const octet = fc.nat(255);
const address = (family: Family): fc.Arbitrary<string> =>
  family === 4
    ? fc.oneof(
        octet.map((last) => `10.7.0.${last}`),
        octet.map((third) => `192.168.${third}.0/24`),
      )
    : fc.oneof(
        fc.integer({ min: 1, max: 0xffff }).map((last) => `2001:db8::${last.toString(16)}`),
        fc.integer({ min: 1, max: 0xff }).map((net) => `2001:db8:${net.toString(16)}::/48`),
      );
const port = fc.integer({ min: 1, max: 60_000 });
const single = port.map(String);
const several = fc
  .uniqueArray(port, { minLength: 2, maxLength: 6 })
  .map((ports) => [...ports].sort((a, b) => a - b).join(','));
const range = port.map((first) => `${first}:${first + 100}`);
const dropUnset = <T extends object>(it: T): T =>
  Object.fromEntries(Object.entries(it).filter(([, value]) => value !== undefined)) as T;

const end = (family: Family, protocol: string): fc.Arbitrary<RuleEnd> => {
  const none = fc.constant(undefined);
  const ports = protocol === 'any' ? maybe(single) : protocol === 'tcp' || protocol === 'udp' ? maybe(fc.oneof(single, several, range)) : none; // prettier-ignore
  return fc.record({ address: maybe(address(family)), ports }).map(dropUnset) as fc.Arbitrary<RuleEnd>;
};

const wayWords = fc.oneof(
  fc.record({ isRouted: fc.constant(false), direction: fc.constant('in' as const), iif: maybe(fc.constantFrom('eth0', 'br+', 'lan.5')) }),
  fc.record({ isRouted: fc.constant(false), direction: fc.constant('out' as const), oif: maybe(fc.constantFrom('eth0', 'wg-0')) }),
  fc.record({ isRouted: fc.constant(true), direction: fc.constant('in' as const), iif: maybe(fc.constant('br0')), oif: fc.constant(undefined) }),
  fc.constant({ isRouted: true, direction: 'in' as const, iif: 'br0', oif: 'eth0' }),
  fc.constant({ isRouted: true, direction: 'out' as const, iif: undefined, oif: 'eth1' }),
); // prettier-ignore

/** One rule of ufw, as its command line takes it. */
export const anyRule = (family: Family): fc.Arbitrary<UfwRule> =>
  fc.constantFrom('any', 'tcp', 'udp', 'esp', 'ah', 'gre', 'vrrp').chain((protocol) =>
    fc
      .record({
        family: fc.constant(family),
        action: fc.constantFrom('allow' as const, 'deny' as const, 'reject' as const, 'limit' as const),
        logs: maybe(fc.constantFrom('log' as const, 'log-all' as const)),
        protocol: fc.constant(protocol),
        to: end(family, protocol),
        from: end(family, protocol),
        way: wayWords,
        comment: maybe(fc.constantFrom('web', "the office's", 'a "b" \\ c', 'two  words')),
      })
      .map(({ way, ...rule }): UfwRule => {
        // Its lines name several ports of one end, and any of the other, in one option each.
        return dropUnset({ ...rule, ...dropUnset(way) }) as UfwRule;
      }),
  );

export interface RuleSet {
  readonly policies: Policies;
  readonly logLevel: LogLevel | undefined;
  readonly limits: 'logged' | 'silent' | undefined;
  readonly rules: Readonly<Record<Family, readonly UfwRule[]>>;
  readonly isClosed: boolean;
  readonly extra: readonly number[];
}

const policy = fc.constantFrom('ACCEPT' as const, 'DROP' as const, 'REJECT' as const);

export const anyRuleSet: fc.Arbitrary<RuleSet> = fc.record({
  policies: fc.record({ input: policy, output: policy, forward: policy }),
  logLevel: maybe(fc.constantFrom(...logLevels)),
  limits: maybe(fc.constantFrom('logged' as const, 'silent' as const)),
  rules: fc.record({ 4: fc.array(anyRule(4), { maxLength: 6 }), 6: fc.array(anyRule(6), { maxLength: 6 }) }),
  isClosed: fc.boolean(),
  extra: fc.subarray([0, 1, 2, 3]),
});

const extras: Readonly<Record<Family, readonly (readonly [part: 'before' | 'after', lines: readonly string[]])[]>> = {
  4: [
    ['before', [':ufw-not-local - [0:0]', '-A ufw-before-input -j ufw-not-local', '-A ufw-not-local -m addrtype --dst-type LOCAL -j RETURN', '-A ufw-not-local -j DROP']],
    ['before', [':own - [0:0]', '-A ufw-before-forward -s 10.9.0.0/16 -j own', '-A own -p icmp -j ACCEPT']],
    ['after', ['-A ufw-after-input -p udp --dport 137 -j ufw-skip-to-policy-input']],
    ['before', ['COMMIT', '*nat', ':POSTROUTING ACCEPT [0:0]', '-A POSTROUTING -s 10.9.0.0/16 -o eth0 -j MASQUERADE', 'COMMIT', '*filter']],
  ],
  6: [
    ['before', ['-A ufw6-before-input -p icmpv6 --icmpv6-type 141 -m hl --hl-eq 255 -j ACCEPT']],
    ['before', [':own - [0:0]', '-A ufw6-before-forward -s fd00::/8 -j own', '-A own -j REJECT --reject-with icmp6-adm-prohibited']],
    ['after', ['-A ufw6-after-input -p tcp --dport 445 -j ufw6-skip-to-policy-input']],
    ['after', []],
  ],
}; // prettier-ignore

/** Files that say so, as people and ufw leave them; none of it written by what is tested. */
export const textsOf = ({ policies, logLevel, limits, rules, isClosed, extra }: RuleSet): readonly ConfigText[] => {
  const ofFamily = (family: Family): readonly ConfigText[] => {
    const six = family === 6 ? '6' : '';
    const prefix = `ufw${six}` as const;
    const more = (part: 'before' | 'after'): readonly string[] =>
      extras[family].flatMap(([where, lines], at) => (where === part && extra.includes(at) ? lines : []));
    const ways = ['input', 'output', 'forward'];
    const file = (part: string, lines: readonly string[]): ConfigText => ({
      path: `etc/ufw/${part}${six}.rules`,
      text: ['*filter', ...ways.map((way) => `:${prefix}-${part}-${way} - [0:0]`), ...lines, 'COMMIT', ''].join('\n'),
    });
    return [
      file('before', [...usualBefore(prefix), ...more('before')]),
      file('after', more('after')),
      file('user', [
        ...rules[family].flatMap((rule) => [tupleLine(rule), ...linesOfRule(rule)]),
        ...(logLevel === undefined ? [] : loggingLines(family, logLevel, policies)),
        ...(limits === undefined ? [] : limitLines(family, limits)),
      ]),
    ];
  };
  const settings = `IPV6=${isClosed ? 'no' : 'yes'}\nDEFAULT_INPUT_POLICY=${policies.input}\nDEFAULT_OUTPUT_POLICY='${policies.output}'\nDEFAULT_FORWARD_POLICY="${policies.forward}"\n`;
  return [{ path: 'etc/default/ufw', text: settings }, ...ofFamily(4), ...(isClosed ? [] : ofFamily(6))];
};
