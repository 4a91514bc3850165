/** Answers for others by ARP or neighbour discovery on a machine that does not pass packets on. */
import { type RawFinding } from '../finding.ts';
import { type LintRule } from '../rule.ts';
import { forwards, interfacesOf, stacksIn } from '../stacks.ts';
import { sysctlSubject } from '../subject.ts';

const keyOf = (sysctls: Readonly<Record<string, string>>): string =>
  Object.keys(sysctls).find((key) => key.endsWith('/proxy_arp') && sysctls[key] !== '0') ??
  'net/ipv4/conf/all/proxy_arp';

export const proxyArpWithoutForwarding: LintRule = {
  code: 'proxy-arp-without-forwarding',
  severity: 'error',
  title: 'proxy ARP or proxy NDP on a machine that does not forward',
  explanation:
    'proxy_arp says “send it to me” for addresses that the machine has a route to; whether it then passes the packets on is forwarding, another switch. The kernel does not even answer while the interface does not ' +
    'forward (arp_process asks IN_DEV_FORWARD through arp_fwd_proxy), so that the neighbours get no answer at all.',
  find: (input) =>
    stacksIn(input).flatMap((stack): readonly RawFinding[] => {
      const proxies = interfacesOf(stack).filter(({ settings, it }) => settings.proxyArp && it.kind !== 'loopback');
      const [proxy] = proxies;
      const isLost4 = proxy !== undefined && !forwards(stack, 4);
      const isLost6 =
        stack.proxies.size > 0 &&
        stack.stack.neighbourProxies.some(({ family }) => family === 6) &&
        !forwards(stack, 6);
      return [
        ...(isLost4
          ? [
              {
                stack: stack.name,
                message: `\`${stack.name}\` has proxy ARP on, and does not forward IPv4`,
                at: sysctlSubject(stack.name, keyOf(stack.stack.sysctls)),
                repair: {
                  words: 'switch forwarding on',
                  edits: [{ kind: 'set-sysctl' as const, stack: stack.name, key: 'net/ipv4/ip_forward', value: '1' }],
                },
                stops: (stop: { stack: string; reason: string }) =>
                  stop.reason === 'not_forwarding' && stop.stack === stack.name,
              },
            ]
          : []),
        ...(isLost6
          ? [
              {
                stack: stack.name,
                message: `\`${stack.name}\` answers neighbour solicitations for others, and does not forward IPv6`,
                at: sysctlSubject(stack.name, 'net/ipv6/conf/all/proxy_ndp'),
                repair: {
                  words: 'switch forwarding on',
                  edits: [
                    { kind: 'set-sysctl' as const, stack: stack.name, key: 'net/ipv6/conf/all/forwarding', value: '1' },
                  ],
                },
                stops: (stop: { stack: string; reason: string }) =>
                  stop.reason === 'not_forwarding' && stop.stack === stack.name,
              },
            ]
          : []),
      ];
    }),
};
