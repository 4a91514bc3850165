/** The words of radvd.conf(5), by the block that they may stand in. radvd tells capitals from small letters. */
import { ownEntry } from '../plain-values.ts';

const words = (...lines: readonly string[]): ReadonlySet<string> => new Set(lines.join(' ').split(' '));

const words2_20 =
  'UnrestrictedUnicast RemoveAdvOnExit AdvSNACRouterFlag AdvCaptivePortalAPI nat64prefix autoignoreprefixes';

const known: Readonly<Record<string, ReadonlySet<string>>> = {
  interface: words(
    'IgnoreIfMissing AdvSendAdvert UnicastOnly AdvRASolicitedUnicast AdvManagedFlag AdvOtherConfigFlag',
    'AdvSourceLLAddress AdvHomeAgentFlag AdvHomeAgentInfo AdvMobRtrSupportFlag AdvIntervalOpt MaxRtrAdvInterval',
    'MinRtrAdvInterval MinDelayBetweenRAs AdvLinkMTU AdvRAMTU AdvReachableTime AdvRetransTimer AdvCurHopLimit',
    'AdvDefaultLifetime AdvDefaultPreference HomeAgentLifetime HomeAgentPreference prefix route RDNSS DNSSL clients',
    'AdvRASrcAddress abro lowpanco',
    words2_20,
  ),
  prefix: words(
    'AdvOnLink AdvAutonomous AdvRouterAddr AdvValidLifetime AdvPreferredLifetime DeprecatePrefix DecrementLifetimes',
    'Base6Interface Base6to4Interface',
  ),
  route: words('AdvRouteLifetime AdvRoutePreference RemoveRoute'),
  RDNSS: words('AdvRDNSSLifetime FlushRDNSS AdvRDNSSPreference AdvRDNSSOpen'),
  DNSSL: words('AdvDNSSLLifetime FlushDNSSL'),
};

/** Blocks whose words are not known here take any. */
export const isWordOf = (block: string, word: string): boolean => ownEntry(known, block)?.has(word) ?? true;

/** Words that are said with `on` or `off`. */
export const isFlag = (word: string): boolean =>
  /^(?:IgnoreIfMissing|AdvSendAdvert|UnicastOnly|AdvManagedFlag|AdvOtherConfigFlag|AdvOnLink|AdvAutonomous|AdvRouterAddr)$/.test(
    word,
  );
