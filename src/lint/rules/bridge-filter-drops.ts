/** br_netfilter hands a bridge’s frames to the IP filter, whose FORWARD chain drops. */
import { families, interfacesOf, stacksIn } from '../stacks.ts';
import { type HookChain, type StackModel } from '../../reach/model/model.ts';
import { type Family } from '../../net/address.ts';
import { type RawFinding } from '../finding.ts';
import { type LintRule } from '../rule.ts';
import { type FilterRule } from '../../state/packet-filter.ts';
import { ruleSubject, stackSubject } from '../subject.ts';

/** Whether somebody said that bridges are filtered: the setting is on, or a rule asks for the ports of a bridge. */
const asksBridge = ({ stack }: StackModel, family: Family): boolean => {
  const said = stack.sysctls[`net/bridge/bridge-nf-call-ip${family === 6 ? '6' : ''}tables`];
  if (said !== undefined) return said !== '0';
  return stack.filter.some(
    ({ name, chains, subchains = [] }) =>
      /docker/i.test(name) ||
      subchains.some((chain) => chain.name.startsWith('DOCKER')) ||
      [...chains, ...subchains].some(({ rules }) =>
        rules.some(({ matches }) => matches.some(({ kind }) => kind === 'port-in' || kind === 'port-out')),
      ),
  );
};

const isForBridge = (rule: FilterRule, bridge: string): boolean =>
  rule.verdict.kind === 'accept' &&
  rule.matches.every(
    (match) =>
      ((match.kind === 'iif' || match.kind === 'oif') && match.negate !== true && match.names.includes(bridge)) ||
      match.kind === 'port-in' ||
      match.kind === 'port-out' ||
      match.kind === 'family' ||
      (match.kind === 'other' && match.text.includes('physdev')),
  );

const dropsAll = ({ chain }: HookChain): boolean => chain.type === 'filter' && chain.policy === 'drop';

export const bridgeFilterDrops: LintRule = {
  code: 'bridge-filter-drops',
  severity: 'error',
  title: 'bridged frames pass the IP filter (br_netfilter), and FORWARD drops them',
  explanation:
    'While the module br_netfilter is loaded and net.bridge.bridge-nf-call-iptables is 1, every IP packet that a bridge passes from port to port runs through FORWARD as if it were routed. Docker loads the module and sets the ' +
    'policy of FORWARD to DROP: from then on guests on a bridge are cut off from the LAN, though nothing about the bridge has changed. The narrow way out is a rule that lets the bridge’s own traffic pass (DOCKER-USER is there for it).',
  find: (input) =>
    stacksIn(input).flatMap((stack) =>
      families.flatMap((family) => {
        if (!stack.settings.bridgeFilter[family] || !asksBridge(stack, family)) return [];
        const chain = (stack.hooks.get(`${family} forward`) ?? []).find(dropsAll);
        if (chain === undefined) return [];
        return interfacesOf(stack).flatMap(({ name, it, ports }): readonly RawFinding[] => {
          if (it.kind !== 'bridge' || ports.length < 2 || chain.chain.rules.some((rule) => isForBridge(rule, name)))
            return [];
          return [
            {
              stack: stack.name,
              message: `\`${name}\` of \`${stack.name}\` passes IPv${family} frames to the IP filter (br_netfilter), whose chain \`${chain.chain.name}\` drops what no rule accepts`,
              at:
                chain.chain.rules.length === 0
                  ? stackSubject(stack.name)
                  : ruleSubject(stack.name, chain.table, chain.chain.name, 0),
              repair: {
                words: `let what stays on \`${name}\` pass`,
                edits: [
                  {
                    kind: 'insert-rule',
                    stack: stack.name,
                    table: { family: chain.table.family, name: chain.table.name },
                    chain: chain.chain.name,
                    index: 0,
                    rule: {
                      matches: [
                        { kind: 'iif', names: [name] },
                        { kind: 'oif', names: [name] },
                      ],
                      verdict: { kind: 'accept' },
                      comment: `bridged by ${name}`,
                    },
                  },
                ],
              },
              stops: (stop) =>
                stop.stack === stack.name &&
                stop.reason === 'nf_drop' &&
                stop.stage.includes('forward') &&
                stop.because.key.includes(chain.chain.name),
            },
          ];
        });
      }),
    ),
};
