/** What a machine does for the others, read off its stack. */
import { type FilterTable } from '../state/packet-filter.ts';
import { type Stack } from '../state/network-state.ts';
import { type Duty } from './scene.ts';

const verdictsIn = (tables: readonly FilterTable[]): ReadonlySet<string> =>
  new Set(
    tables.flatMap(({ chains, subchains = [] }) =>
      [...chains, ...subchains].flatMap(({ rules }) => rules.map(({ verdict }) => verdict.kind)),
    ),
  );

const isOn = ({ sysctls }: Stack, pattern: RegExp): boolean =>
  Object.entries(sysctls).some(([key, value]) => pattern.test(key) && Number(value) > 0);

const holdsBack = (tables: readonly FilterTable[], verdicts: ReadonlySet<string>): boolean =>
  verdicts.has('drop') ||
  verdicts.has('reject') ||
  tables.some(({ chains }) => chains.some(({ policy }) => policy === 'drop'));

const givesOut = ['dhcp-server', 'dhcp6-server', 'relayed-dhcp-server', 'relayed-dhcp6-server', 'dhcp-relay'];

export const dutiesOf = (stack: Stack): readonly Duty[] => {
  const verdicts = verdictsIn(stack.filter);
  const serves = (kind: string): boolean => stack.services.some((service) => service.kind === kind);
  const forwards = isOn(stack, /^net\/ipv4\/ip_forward$|^net\/ipv[46]\/conf\/[^/]+\/forwarding$/);
  return [
    ...(forwards ? (['forwards'] as const) : []),
    ...(verdicts.has('masquerade') || verdicts.has('snat') ? (['NAT'] as const) : []),
    ...(verdicts.has('dnat') || verdicts.has('redirect') ? (['publishes'] as const) : []),
    ...(stack.neighbourProxies.length > 0 || isOn(stack, /\/proxy_(?:arp|ndp)$/) ? (['proxies'] as const) : []),
    ...(holdsBack(stack.filter, verdicts) ? (['filters'] as const) : []),
    ...(givesOut.some(serves) ? (['DHCP'] as const) : []),
    ...(serves('router-advertiser') ? (['RA'] as const) : []),
  ];
};
