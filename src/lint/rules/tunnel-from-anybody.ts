/** An IPv6 tunnel that takes protocol 41 from any IPv4 address. */
import { type StackModel } from '../../reach/model/model.ts';
import { rulesOf } from '../filters.ts';
import { type RawFinding } from '../finding.ts';
import { type LintRule } from '../rule.ts';
import { interfacesOf, stacksIn } from '../stacks.ts';
import { interfaceSubject, ruleSubject } from '../subject.ts';

const ipv6InIpv4 = 41;

const opener = ({ stack }: StackModel): ReturnType<typeof rulesOf>[number] | undefined =>
  rulesOf(stack).find(
    ({ base, rule }) =>
      base?.hook === 'input' &&
      rule.verdict.kind === 'accept' &&
      rule.matches.some(
        (match) => match.kind === 'protocol' && match.negate !== true && match.protocols.includes(ipv6InIpv4),
      ) &&
      !rule.matches.some(({ kind }) => kind === 'source'),
  );

export const tunnelFromAnybody: LintRule = {
  code: 'tunnel-from-anybody',
  severity: 'note',
  title: 'protocol 41 is accepted from any address',
  explanation:
    'Whoever can send an IPv4 packet to the machine can put IPv6 packets into it, with any source address inside (RFC 3964, RFC 6169). A 6in4 tunnel has one far end, and should accept protocol 41 from that alone (the kernel compares it where `remote` is said). 6to4 has to take it from any relay, ' +
    'which is one of the reasons why it is given up (RFC 7526).',
  find: (input) =>
    stacksIn(input).flatMap((stack) => {
      const rule = opener(stack);
      return interfacesOf(stack).flatMap(({ name, it }): readonly RawFinding[] => {
        if (it.tunnel?.mode !== 'sit' || it.tunnel.remote !== undefined || rule === undefined) return [];
        return [
          {
            stack: stack.name,
            message: `\`${stack.name}\` takes IPv6 packets in IPv4 for \`${name}\` from anybody`,
            at: ruleSubject(stack.name, rule.table, rule.chain, rule.index),
            notes: [{ message: 'the tunnel is here', at: interfaceSubject(stack.name, name) }],
            repair: {
              words: 'use a tunnel with one far end (6in4, 6rd), and accept protocol 41 from that address',
              edits: [],
            },
          },
        ];
      });
    }),
};
