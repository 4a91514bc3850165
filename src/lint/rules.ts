/** All rules, in the order in which they are told: files, links, addresses, services, routes, kernel settings, filters, tunnels, programs. */
import { type LintRule } from './rule.ts';
import { acceptRaForwarding } from './rules/accept-ra-forwarding.ts';
import { acceptedAndDropped } from './rules/accepted-and-dropped.ts';
import { addressIsNotAHost } from './rules/address-is-not-a-host.ts';
import { addressOnPort } from './rules/address-on-port.ts';
import { bridgeFilterDrops } from './rules/bridge-filter-drops.ts';
import { bridgedWifi } from './rules/bridged-wifi.ts';
import { deprecated6to4 } from './rules/deprecated-6to4.ts';
import { dhcpRangeOutside } from './rules/dhcp-range-outside.ts';
import { dhcpUnanswered } from './rules/dhcp-unanswered.ts';
import { documentationPrefix } from './rules/documentation-prefix.ts';
import { duplicateAddress } from './rules/duplicate-address.ts';
import { duplicateMac } from './rules/duplicate-mac.ts';
import { duplicateNumber } from './rules/duplicate-number.ts';
import { foreign6to4Prefix } from './rules/foreign-6to4-prefix.ts';
import { foreignRoutes } from './rules/foreign-routes.ts';
import { forwardingOff } from './rules/forwarding-off.ts';
import { gatewayNobodyHas } from './rules/gateway-nobody-has.ts';
import { gatewayOutsideSubnet } from './rules/gateway-outside-subnet.ts';
import { idleBridge } from './rules/idle-bridge.ts';
import { ignoredSetting } from './rules/ignored-setting.ts';
import { ipv4OnlyFirewall } from './rules/ipv4-only-firewall.ts';
import { leasedAddressNamed } from './rules/leased-address-named.ts';
import { macByChance } from './rules/mac-by-chance.ts';
import { macvlanHidesHost } from './rules/macvlan-hides-host.ts';
import { maskMissing } from './rules/mask-missing.ts';
import { missingInterface } from './rules/missing-interface.ts';
import { missingReturnRoute } from './rules/missing-return-route.ts';
import { mtuMismatch } from './rules/mtu-mismatch.ts';
import { natMatchesNothing } from './rules/nat-matches-nothing.ts';
import { neighbourDiscoveryDropped } from './rules/neighbour-discovery-dropped.ts';
import { neighbourNotProxied } from './rules/neighbour-not-proxied.ts';
import { netplanTryKeeps } from './rules/netplan-try-keeps.ts';
import { networkMismatch } from './rules/network-mismatch.ts';
import { noDefaultRoute } from './rules/no-default-route.ts';
import { notTranslated } from './rules/not-translated.ts';
import { oneMacUplink } from './rules/one-mac-uplink.ts';
import { onlinkBehindRouter } from './rules/onlink-behind-router.ts';
import { overriddenKey } from './rules/overridden-key.ts';
import { proxyArpEverywhere } from './rules/proxy-arp-everywhere.ts';
import { proxyArpWithoutForwarding } from './rules/proxy-arp-without-forwarding.ts';
import { refusedSetting } from './rules/refused-setting.ts';
import { resolverUnreachable } from './rules/resolver-unreachable.ts';
import { routingLoop } from './rules/routing-loop.ts';
import { rpFilterAsymmetric } from './rules/rp-filter-asymmetric.ts';
import { ruleForPort } from './rules/rule-for-port.ts';
import { ruleWithoutEffect } from './rules/rule-without-effect.ts';
import { sameSubnetTwice } from './rules/same-subnet-twice.ts';
import { servesUplink } from './rules/serves-uplink.ts';
import { shadowedRule } from './rules/shadowed-rule.ts';
import { smtpOpen } from './rules/smtp-open.ts';
import { staticInDhcpRange } from './rules/static-in-dhcp-range.ts';
import { stpDelaysDhcp } from './rules/stp-delays-dhcp.ts';
import { subnetOverlap } from './rules/subnet-overlap.ts';
import { tunnelFromAnybody } from './rules/tunnel-from-anybody.ts';
import { tunnelKeepsRoute } from './rules/tunnel-keeps-route.ts';
import { twoDefaultRoutes } from './rules/two-default-routes.ts';
import { twoDhcpClients } from './rules/two-dhcp-clients.ts';
import { twoServers } from './rules/two-servers.ts';
import { unconfiguredBridge } from './rules/unconfigured-bridge.ts';
import { unusedRouteFile } from './rules/unused-route-file.ts';
import { unreachableChain } from './rules/unreachable-chain.ts';

export const lintRules: readonly LintRule[] = [
  overriddenKey,
  refusedSetting,
  ignoredSetting,
  unusedRouteFile,
  networkMismatch,
  addressIsNotAHost,
  addressOnPort,
  duplicateAddress,
  duplicateMac,
  duplicateNumber,
  macByChance,
  sameSubnetTwice,
  subnetOverlap,
  documentationPrefix,
  mtuMismatch,
  unconfiguredBridge,
  idleBridge,
  stpDelaysDhcp,
  bridgedWifi,
  oneMacUplink,
  macvlanHidesHost,
  dhcpUnanswered,
  dhcpRangeOutside,
  staticInDhcpRange,
  leasedAddressNamed,
  twoServers,
  servesUplink,
  twoDhcpClients,
  resolverUnreachable,
  twoDefaultRoutes,
  noDefaultRoute,
  gatewayOutsideSubnet,
  gatewayNobodyHas,
  onlinkBehindRouter,
  missingReturnRoute,
  routingLoop,
  notTranslated,
  forwardingOff,
  rpFilterAsymmetric,
  acceptRaForwarding,
  proxyArpWithoutForwarding,
  proxyArpEverywhere,
  neighbourNotProxied,
  bridgeFilterDrops,
  acceptedAndDropped,
  ipv4OnlyFirewall,
  neighbourDiscoveryDropped,
  maskMissing,
  natMatchesNothing,
  ruleForPort,
  missingInterface,
  shadowedRule,
  unreachableChain,
  ruleWithoutEffect,
  smtpOpen,
  deprecated6to4,
  foreign6to4Prefix,
  tunnelFromAnybody,
  tunnelKeepsRoute,
  foreignRoutes,
  netplanTryKeeps,
];

export const ruleNamed = (code: string): LintRule | undefined => lintRules.find((rule) => rule.code === code);
