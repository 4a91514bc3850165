/**
 * The `routes` of a network: ways that its members have beside the default one, by a router on its wire, one per family
 * where names are used. Who asks by DHCP or hears advertisements is told of them there; the others have them configured.
 */
import { type Span } from '../diagnostics/diagnostic.ts';
import { parseIp, printIp, type Family, type Ip } from '../net/address.ts';
import { containsIp, parsePrefix, printPrefix } from '../net/prefix.ts';
import { advertiserFor, type Advertisers } from './advertisers.ts';
import { type Context } from './context.ts';
import { families, type DraftNetwork } from './draft.ts';
import { type LabNetworkRoute, type LabRoute } from './lab.ts';
import { hearsRouters } from './leases.ts';
import {
  addressOnWire,
  isOnLink,
  ownerOf,
  subnetsOf,
  type Placed,
  type PlacedMachine,
  type PlacedNic,
} from './placed.ts';
import { isLinkLocal } from './places.ts';
import { printHostPrefix, readPrefix } from './read-prefix.ts';
import { helpForUnknown } from './unknown-name.ts';

/** By network. */
export type NetworkRoutes = ReadonlyMap<string, readonly LabNetworkRoute[]>;

interface Site {
  readonly context: Context;
  readonly placed: Placed;
  readonly network: DraftNetwork;
  readonly index: number;
  readonly written: { readonly to: string; readonly via: string };
}

const spanOf = ({ context, network, index }: Site, ...rest: readonly string[]): Span =>
  context.spec.source.spanOf([...network.path, 'routes', index, ...rest]);

/** A bridged network has those of the network that it shares the wire of. */
export const planNetworkRoutes = (context: Context, placed: Placed, advertisers: Advertisers): NetworkRoutes => {
  const networks = [...placed.draft.networks.values()];
  const own = new Map(
    networks.flatMap((network) => {
      const { routes } = network.spec;
      if (routes === undefined) return [];
      const isAdvertised = advertisers.has(network.name) || advertisers.has(network.segment);
      const all = routes.flatMap((written, index) => {
        const site = { context, placed, network, index, written };
        return expand(site).filter((route) => !isAdvertised || isSayable(site, route));
      });
      return [[network.name, all] as const];
    }),
  );
  const inherited = networks.flatMap(({ name, mode, segment }) => {
    const found = mode === 'bridged' ? own.get(segment) : undefined;
    return found === undefined ? [] : [[name, found] as const];
  });
  return new Map([...own, ...inherited]);
};

/** Advertisements name no router: a way is by who sends them (RFC 4191 section 2.3). */
const isSayable = (site: Site, { family, via, machine }: LabNetworkRoute): boolean => {
  if (family === 4 || machine !== undefined) return true;
  const { context, network } = site;
  const message = `routers on \`${network.name}\` advertise ways by themselves, and ${via} is no machine of the lab`;
  context.findings.error('route-not-advertised', message, spanOf(site, 'via'), {
    help: 'name a machine, or take `ra` and `dhcp6` out',
  });
  return false;
};

const expand = (site: Site): readonly LabNetworkRoute[] => {
  const destinations = destinationsOf(site);
  const hops = hopsOf(site);
  if (destinations === undefined || hops === undefined) return [];
  const shared = families.filter((family) => destinations[family] !== undefined && hops[family] !== undefined);
  if (shared.length === 0) {
    const { written, context } = site;
    context.findings.error('wrong-family', `${written.to} cannot be routed via ${written.via}`, spanOf(site, 'via'), {
      help: 'destination and next hop are of one family',
    });
  }
  return shared.flatMap((family) => {
    const [to, hop] = [destinations[family], hops[family]];
    if (to === undefined || hop === undefined) return [];
    return [{ family, to, ...hop, at: spanOf(site) }];
  });
};

type ByFamily<V> = Readonly<Partial<Record<Family, V>>>;

const destinationsOf = (site: Site): ByFamily<string> | undefined => {
  const { context, placed, network, written } = site;
  const { to } = written;
  const at = spanOf(site, 'to');
  const block = parsePrefix(to);
  if (to === 'default' || block?.length === 0) {
    const message = `the default route of \`${network.name}\` is its gateway, and none of its \`routes\``;
    context.findings.error('key-does-not-apply', message, at, { help: `write \`gateway: ${written.via}\`` });
    return undefined;
  }
  if (block !== undefined) return { [block.family]: printPrefix(block) };
  const address = parseIp(to);
  if (address !== undefined) return { [address.family]: printHostPrefix(address) };
  const known = placed.prefixes.get(to);
  if (known !== undefined)
    return Object.fromEntries(
      families.flatMap((family) => (known[family] === undefined ? [] : [[family, printPrefix(known[family])]])),
    );
  if (/[/:]/.test(to)) readPrefix(to, undefined, at, context.findings);
  else
    context.findings.error('unknown-network', `\`${to}\` is not a prefix, an address or a network`, at, {
      help: helpForUnknown(to, [...placed.prefixes.keys()], 'networks'),
    });
  return undefined;
};

type Hop = Pick<LabNetworkRoute, 'via' | 'machine'>;

/** The router in each family; `machine`: whose address it is, where a machine of the lab has it. */
const hopsOf = (site: Site): ByFamily<Hop> | undefined => {
  const { context, placed, network, written } = site;
  const { via } = written;
  const at = spanOf(site, 'via');
  const blocks = placed.prefixes.get(network.name) ?? {};
  const address = parseIp(via);
  if (address !== undefined) {
    const block = blocks[address.family];
    if (block !== undefined && containsIp(block, address)) {
      const machine = ownerOf(placed, network.segment, address)?.draft.name;
      return { [address.family]: { via: printIp(address), ...(machine === undefined ? {} : { machine }) } };
    }
    const message = `the router ${printIp(address)} is outside \`${network.name}\``;
    const inside = families.flatMap((family) => (blocks[family] === undefined ? [] : printPrefix(blocks[family])));
    context.findings.error('gateway-outside-subnet', message, at, {
      accept: network.accept,
      help:
        inside.length === 0
          ? 'it has no prefix'
          : `its members reach a router in ${inside.join(' or ')} without one; name one there`,
    });
    return undefined;
  }
  if (!placed.machines.has(via)) {
    context.findings.error('unknown-machine', `the router \`${via}\` is neither a machine nor an address`, at, {
      help: helpForUnknown(via, [...placed.machines.keys()], 'machines'),
    });
    return undefined;
  }
  const hops = families.flatMap((family) => {
    const block = blocks[family];
    const found = block && addressOnWire(placed, via, network.segment, family, [block]);
    const isUsable = block !== undefined && found !== undefined && !isLinkLocal(found) && containsIp(block, found);
    return isUsable ? [[family, { via: printIp(found), machine: via }] as const] : [];
  });
  if (hops.length > 0) return Object.fromEntries(hops);
  context.findings.error('gateway-not-on-network', `the router \`${via}\` has no address on \`${network.name}\``, at, {
    help: `give \`${via}\` an interface on \`${network.segment}\`, or name another machine`,
  });
  return undefined;
};

/** What is configured on a machine that is told of a route by nobody; `written`: the routes that its file gives it. */
export const memberRoutes = (
  context: Context,
  { routes, advertisers }: { readonly routes: NetworkRoutes; readonly advertisers: Advertisers },
  machine: PlacedMachine,
  written: readonly LabRoute[],
): readonly LabRoute[] => {
  const taken = new Set(written.map(({ to }) => to));
  const own = new Map<string, LabRoute>();
  for (const nic of machine.nics)
    for (const { family, to, via, machine: router, at } of routes.get(nic.draft.network) ?? []) {
      const hop = parseIp(via);
      if (hop === undefined || router === machine.draft.name || taken.has(to) || own.has(to)) continue;
      if (isTold(context, advertisers, nic, family) || !isOnLink(nic, hop) || isThere(machine, hop, to)) continue;
      own.set(to, { family, to, type: 'unicast', via, dev: nic.draft.name, at });
    }
  return [...own.values()];
};

/** By a DHCP server of the lab, or by routers that advertise. */
const isTold = (context: Context, advertisers: Advertisers, nic: PlacedNic, family: Family): boolean =>
  family === 4
    ? nic.dhcp && nic.server !== undefined
    : hearsRouters(nic) && advertiserFor(context, advertisers, nic.draft) !== undefined;

/** Whether it is on the link that the route leads to. */
const isThere = ({ nics }: PlacedMachine, { family }: Ip, to: string): boolean =>
  nics.some((nic) => subnetsOf(nic, family).some((block) => printPrefix(block) === to));
