/**
 * The `routes` of a machine, one per family where names are used. A next hop must be on a link of the machine, or the
 * kernel refuses the route.
 */
import { type Span } from '../diagnostics/diagnostic.ts';
import { parseIp, printIp, type Family, type Ip } from '../net/address.ts';
import { containsIp, parsePrefix, printPrefix, type Prefix } from '../net/prefix.ts';
import { type Path, type SpecRoute } from '../spec/spec.ts';
import { type Context } from './context.ts';
import { families } from './draft.ts';
import { type LabRoute } from './lab.ts';
import { omitAbsent } from './omit-absent.ts';
import {
  addressOnWire,
  isOnLink,
  ownerOf,
  segmentOf,
  subnetsOf,
  type Placed,
  type PlacedMachine,
  type PlacedNic,
} from './placed.ts';
import { isLinkLocal } from './places.ts';
import { printHostPrefix, readPrefix } from './read-prefix.ts';
import { helpForUnknown } from './unknown-name.ts';

interface Site {
  readonly context: Context;
  readonly placed: Placed;
  readonly machine: PlacedMachine;
  readonly route: SpecRoute;
  readonly path: Path;
  readonly at: Span;
}

type Destinations = Readonly<Partial<Record<Family, string>>>;

export const machineRoutes = (context: Context, placed: Placed, machine: PlacedMachine): readonly LabRoute[] =>
  (machine.draft.spec.routes ?? []).flatMap((route, index) => {
    const path = [...machine.draft.path, 'routes', index];
    return expand({ context, placed, machine, route, path, at: context.spec.source.spanOf(path) });
  });

const expand = (site: Site): readonly LabRoute[] => {
  const { context, route, at, path, machine } = site;
  const destinations = destinationsOf(site);
  const dev = deviceOf(site);
  if (destinations === undefined || dev === 'wrong') return [];
  const common = { type: route.type ?? ('unicast' as const), metric: route.metric, at };
  const make = (family: Family, more: { via?: string | undefined; dev?: string | undefined }): LabRoute[] => {
    const to = destinations[family];
    return to === undefined ? [] : [omitAbsent({ family, to, ...common, ...more })];
  };
  if (common.type !== 'unicast') return families.flatMap((family) => make(family, {}));
  if (route.via !== undefined)
    return families.flatMap((family) => (destinations[family] === undefined ? [] : viaRoute(site, family, dev, make)));
  const only = machine.nics.length === 1 ? machine.nics[0]?.draft.name : undefined;
  const link = dev ?? only;
  if (link !== undefined) return families.flatMap((family) => make(family, { dev: link }));
  context.findings.error(
    'route-without-link',
    `\`${machine.draft.name}\` has a route to ${route.to} that leads nowhere`,
    context.spec.source.spanOf([...path, 'to']),
    {
      help: 'add `via:` with a machine or an address, `dev:` with an interface, or `type: unreachable`',
    },
  );
  return [];
};

const destinationsOf = (site: Site): Destinations | undefined => {
  const { context, placed, route, path } = site;
  const { to } = route;
  if (to === 'default') return { 4: '0.0.0.0/0', 6: '::/0' };
  const block = parsePrefix(to);
  if (block !== undefined) return { [block.family]: printPrefix(block) };
  const address = parseIp(to);
  if (address !== undefined) return { [address.family]: printHostPrefix(address) };
  const network = placed.prefixes.get(to);
  if (network !== undefined) {
    const texts = families.flatMap((family) =>
      network[family] === undefined ? [] : [[family, printPrefix(network[family])]],
    );
    return Object.fromEntries(texts) as Destinations;
  }
  const at = context.spec.source.spanOf([...path, 'to']);
  if (/[/:]/.test(to)) {
    readPrefix(to, undefined, at, context.findings);
    return undefined;
  }
  const known = ['default', ...placed.prefixes.keys()];
  const message = `\`${to}\` is not \`default\`, a prefix, an address or a network`;
  context.findings.error('unknown-network', message, at, { help: helpForUnknown(to, known, 'networks') });
  return undefined;
};

/** The NIC that `dev` names; a bridge that took over a NIC may be named, too. */
const deviceOf = ({ context, placed, machine, route, path }: Site): string | undefined => {
  if (route.dev === undefined) return undefined;
  const names = machine.nics.map((nic) => nic.draft.name);
  if (names.includes(route.dev)) return route.dev;
  const bridged = [...placed.draft.networks.values()].find(
    (network) => network.host === machine.draft.name && network.mode === 'bridged' && network.bridge === route.dev,
  );
  if (bridged?.uplink !== undefined) return bridged.uplink.nic;
  const message = `\`${machine.draft.name}\` has no interface \`${route.dev}\``;
  context.findings.error('unknown-nic', message, context.spec.source.spanOf([...path, 'dev']), {
    help: helpForUnknown(route.dev, names, `interfaces of \`${machine.draft.name}\``),
  });
  return 'wrong';
};

type Make = (family: Family, more: { via?: string | undefined; dev?: string | undefined }) => LabRoute[];

const viaRoute = (site: Site, family: Family, dev: string | undefined, make: Make): readonly LabRoute[] => {
  const via = nextHop(site, family);
  if (via === undefined) return [];
  const links = site.machine.nics.filter((nic) => dev === undefined || nic.draft.name === dev);
  const link = linkTo(site, links, via);
  if (link !== undefined)
    return make(family, { via: printIp(via), dev: dev ?? (isLinkLocal(via) ? link.draft.name : undefined) });
  if (isOnWrittenLink(site, via)) return make(family, { via: printIp(via), dev });
  const { context, machine, path } = site;
  const subnets = machine.nics.flatMap((nic) => subnetsOf(nic, family).map(printPrefix));
  context.findings.error(
    'gateway-outside-subnet',
    `\`${machine.draft.name}\` routes ${site.route.to} via ${printIp(via)}, which is in none of its subnets`,
    context.spec.source.spanOf([...path, 'via']),
    {
      accept: machine.draft.accept,
      help: subnets.length === 0 ? `it has no IPv${family} address` : `name a next hop in ${subnets.join(' or ')}`,
    },
  );
  return [];
};

const linkTo = ({ placed }: Site, links: readonly PlacedNic[], via: Ip): PlacedNic | undefined => {
  if (!isLinkLocal(via)) return links.find((nic) => isOnLink(nic, via));
  const known = links.find((nic) => ownerOf(placed, segmentOf(placed.draft, nic.draft.network), via) !== undefined);
  return known ?? (links.length === 1 ? links[0] : undefined);
};

/** Whether another route of the machine puts the next hop on a link. */
const isOnWrittenLink = ({ machine }: Site, via: Ip): boolean =>
  (machine.draft.spec.routes ?? []).some((route) => {
    const block = route.via === undefined && route.dev !== undefined ? parsePrefix(route.to) : undefined;
    return block !== undefined && containsIp(block, via);
  });

const nextHop = (site: Site, family: Family): Ip | undefined => {
  const { context, placed, machine, route, path } = site;
  const written = route.via ?? '';
  const address = parseIp(written);
  if (address !== undefined) return addressHop(site, address, family);
  const at = context.spec.source.spanOf([...path, 'via']);
  if (!placed.machines.has(written)) {
    const message = `\`${machine.draft.name}\` has a route via \`${written}\`, which is neither a machine nor an address`;
    const help = helpForUnknown(written, [...placed.machines.keys()], 'machines');
    context.findings.error('unknown-machine', message, at, { help });
    return undefined;
  }
  const segments = [...new Set(machine.nics.map((nic) => segmentOf(placed.draft, nic.draft.network)))];
  const preferred: Prefix[] = machine.nics.flatMap((nic) => [...subnetsOf(nic, family)]);
  const onWire = (one: Family): Ip[] =>
    segments.flatMap((segment) => addressOnWire(placed, written, segment, one, preferred) ?? []);
  const found = onWire(family);
  if (families.every((one) => onWire(one).length === 0))
    context.findings.error(
      'no-shared-network',
      `\`${machine.draft.name}\` and \`${written}\` have no network in common`,
      at,
      {
        help: 'a route leads via a machine on a network that both are on, with an address there',
      },
    );
  return found.find((one) => preferred.some((block) => containsIp(block, one))) ?? found[0];
};

/** An IPv6 destination may not have an IPv4 next hop, nor the reverse; `default` takes the family of its next hop. */
const addressHop = (site: Site, address: Ip, family: Family): Ip | undefined => {
  if (address.family === family) return address;
  const { context, placed, route, path } = site;
  if (route.to === 'default' || placed.prefixes.has(route.to)) return undefined;
  context.findings.error(
    'wrong-family',
    `${route.to} cannot be routed via ${printIp(address)}`,
    context.spec.source.spanOf([...path, 'via']),
    {
      help: 'destination and next hop are of one family',
    },
  );
  return undefined;
};
