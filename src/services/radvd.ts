/**
 * Turns a router advertiser into the configuration of radvd(8): every prefix is on-link, and for
 * self-assigned addresses unless DHCPv6 alone gives them out.
 * Advertisements come as often as RFC 4861 allows, so that nobody waits for one.
 */
import { type Resolver } from '../state/network-state.ts';
import { type RouterAdvertiser } from '../state/service.ts';

const prefixText = (prefix: string, isAutonomous: boolean): readonly string[] => [
  `  prefix ${prefix} {`,
  '    AdvOnLink on;',
  `    AdvAutonomous ${isAutonomous ? 'on' : 'off'};`,
  '  };',
];

/** As long as the router may be silent before hosts take another one (RFC 4861 section 6.2.1). */
const resolverSeconds = 1800;

const resolverText = (resolver: Resolver | undefined): readonly string[] => {
  const { nameservers, search }: Resolver = resolver ?? { nameservers: [], search: [] };
  return [
    ...(nameservers.length === 0
      ? []
      : [`  RDNSS ${nameservers.join(' ')} {`, `    AdvRDNSSLifetime ${resolverSeconds};`, '  };']),
    ...(search.length === 0
      ? []
      : [`  DNSSL ${search.join(' ')} {`, `    AdvDNSSLLifetime ${resolverSeconds};`, '  };']),
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
    `  AdvDefaultLifetime ${advertiser.isDefaultRouter ? 1800 : 0};`,
    ...(advertiser.isManaged === true ? ['  AdvManagedFlag on;'] : []),
    ...advertiser.prefixes.flatMap((prefix) => prefixText(prefix, advertiser.isOnLinkOnly !== true)),
    ...resolverText(advertiser.resolver),
    '};',
    '',
  ].join('\n');
