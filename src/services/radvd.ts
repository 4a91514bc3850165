/**
 * Turns a router advertiser into the configuration of radvd(8): every prefix is on-link, and for
 * self-assigned addresses unless DHCPv6 alone gives them out.
 * Advertisements come as often as RFC 4861 allows, so that nobody waits for one.
 */
import { type Resolver } from '../state/network-state.ts';
import { type RouterAdvertiser } from '../state/service.ts';

/** As long as the router may be silent before hosts take another one (RFC 4861 section 6.2.1). */
const routerSeconds = 1800;

const routeText = (to: string): readonly string[] => [
  `  route ${to} {`,
  `    AdvRouteLifetime ${routerSeconds};`,
  '  };',
];

const prefixText = (prefix: string, isAutonomous: boolean): readonly string[] => [
  `  prefix ${prefix} {`,
  '    AdvOnLink on;',
  `    AdvAutonomous ${isAutonomous ? 'on' : 'off'};`,
  '  };',
];

const resolverText = (resolver: Resolver | undefined): readonly string[] => {
  const { nameservers, search }: Resolver = resolver ?? { nameservers: [], search: [] };
  return [
    ...(nameservers.length === 0
      ? []
      : [`  RDNSS ${nameservers.join(' ')} {`, `    AdvRDNSSLifetime ${routerSeconds};`, '  };']),
    ...(search.length === 0 ? [] : [`  DNSSL ${search.join(' ')} {`, `    AdvDNSSLLifetime ${routerSeconds};`, '  };']),
  ];
};

export const radvdConfig = (advertiser: RouterAdvertiser): string =>
  [
    `interface ${advertiser.interface} {`,
    '  AdvSendAdvert on;',
    '  IgnoreIfMissing on;',
    '  MinRtrAdvInterval 3;',
    '  MaxRtrAdvInterval 4;',
    '  MinDelayBetweenRAs 3;',
    // 0: hosts take the prefixes, but no default route.
    `  AdvDefaultLifetime ${advertiser.isDefaultRouter ? routerSeconds : 0};`,
    ...(advertiser.preference === undefined ? [] : [`  AdvDefaultPreference ${advertiser.preference};`]),
    ...(advertiser.mtuBytes === undefined ? [] : [`  AdvLinkMTU ${advertiser.mtuBytes};`]),
    ...(advertiser.isManaged === true ? ['  AdvManagedFlag on;'] : []),
    ...advertiser.prefixes.flatMap((prefix) => prefixText(prefix, advertiser.isOnLinkOnly !== true)),
    ...(advertiser.routes ?? []).flatMap(routeText),
    ...resolverText(advertiser.resolver),
    '};',
    '',
  ].join('\n');
