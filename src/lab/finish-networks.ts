/** Draft networks to lab networks, once prefixes, routers and servers are known. */
import { printIp } from '../net/address.ts';
import { printPrefix } from '../net/prefix.ts';
import { type Advertisers } from './advertisers.ts';
import { type Context } from './context.ts';
import { printRange, type DhcpPlan, type DhcpPlans } from './dhcp-servers.ts';
import { type DraftNetwork } from './draft.ts';
import { usualMtuBytes } from './draft-tunnels.ts';
import { type Gateways } from './gateways.ts';
import { type LabDhcp, type LabNetwork } from './lab.ts';
import { type NetworkRoutes } from './network-routes.ts';
import { omitAbsent } from './omit-absent.ts';
import { type Placed } from './placed.ts';
import { searchOf } from './search-domains.ts';
import { readTimeServers } from './time-servers.ts';
import { readPublished } from './published.ts';

export interface NetworkPlans {
  readonly gateways: Gateways;
  readonly dhcp: DhcpPlans;
  readonly advertisers: Advertisers;
  readonly routes: NetworkRoutes;
}

export const finishNetworks = (context: Context, placed: Placed, plans: NetworkPlans): Record<string, LabNetwork> =>
  Object.fromEntries(
    [...placed.draft.networks.values()].map((network) => [network.name, finish(context, placed, plans, network)]),
  );

const finish = (context: Context, placed: Placed, plans: NetworkPlans, network: DraftNetwork): LabNetwork => {
  const { ipv4, ipv6 } = texts(placed, network);
  const gateway = plans.gateways.get(network.name);
  const [dhcp, dhcp6] = [plans.dhcp[4].get(network.name), plans.dhcp[6].get(network.name)];
  const advertiser = plans.advertisers.get(network.name);
  return omitAbsent({
    name: network.name,
    kind: network.kind,
    mode: network.mode,
    host: network.host,
    uplink: network.uplink,
    bridge: network.bridge,
    vlan: network.vlan,
    tunnel: network.tunnel,
    ipv4,
    ipv6,
    gateway4: gateway?.[4] === undefined ? undefined : printIp(gateway[4]),
    gateway6: gateway?.[6] === undefined ? undefined : printIp(gateway[6]),
    dhcp: dhcp === undefined ? undefined : servingOf(dhcp),
    dhcp6: dhcp6 === undefined ? undefined : servingOf(dhcp6),
    timeServers: readTimeServers(context, network),
    routes: plans.routes.get(network.name),
    search: searchOf(context, network),
    advertiser: advertiser?.machine,
    furtherAdvertisers: advertiser === undefined || advertiser.further.length === 0 ? undefined : advertiser.further,
    isOnLinkOnly: advertiser?.isOnLinkOnly === true ? (true as const) : undefined,
    publish: readPublished(context, placed, network),
    shared: placed.shared.get(network.name) ?? [],
    antispoof: 'antispoof' in network.spec && network.spec.antispoof === true ? (true as const) : undefined,
    stp: 'stp' in network.spec ? (network.spec.stp ?? false) : false,
    mtuBytes: network.spec.mtu ?? usualMtuBytes(network.tunnel),
    at: network.at,
  });
};

const servingOf = (plan: DhcpPlan): LabDhcp => {
  const { servers, relays, program, isHotStandby } = plan;
  return { servers, ...printRange(plan), ...omitAbsent({ relays, program, isHotStandby }) };
};

const texts = (placed: Placed, network: DraftNetwork): { ipv4: string | undefined; ipv6: string | undefined } => {
  const prefixes = placed.prefixes.get(network.name);
  const print = (family: 4 | 6): string | undefined => {
    const block = prefixes?.[family];
    return block === undefined ? undefined : printPrefix(block);
  };
  return { ipv4: print(4), ipv6: print(6) };
};
