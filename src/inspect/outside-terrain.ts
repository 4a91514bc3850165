/**
 * The place where questions from outside are put: this machine as it is, a neighbour on the network of its uplink who has
 * routes to all that is behind it, and a guest on each of its bridges.
 */
import { ip, printIp, type Family } from '../net/address.ts';
import { addressAt, containsIp, networkOf, printPrefix, usableHosts } from '../net/prefix.ts';
import { type Facts } from '../reach/facts.ts';
import { predictorOf, type Predictor } from '../reach/predict.ts';
import { emptyStack } from '../state/empty-stack.ts';
import { type Interface, type NetworkState, type Route, type Stack } from '../state/network-state.ts';
import { type AddressFacts, type HostFacts, type LinkFacts } from './host-facts.ts';
import { isBridge, leadsOutside, portsOf } from './what-it-is.ts';

/** Where frames from outside come in, and the interface that has the addresses there. */
export interface Uplink {
  readonly speaker: LinkFacts;
  readonly port: LinkFacts;
}

export const neighbour = '(outside)';
const guestOn = (bridge: string): string => `(guest on ${bridge})`;
const guestPort = (bridge: string): string => `${bridge}+guest`;

const globalOf = ({ addresses }: LinkFacts): readonly AddressFacts[] =>
  addresses.filter(({ scope }) => scope === 'global');

const hasFarEnd = ({ peer }: LinkFacts): boolean => peer?.namespace !== undefined;

/** By the default route; else the first interface with an address that leads out of this namespace. */
export const uplinkOf = (host: HostFacts): Uplink | undefined => {
  const [route] = [...host.defaultRoutes].sort((a, b) => a.family - b.family || a.metric - b.metric);
  const speakers = host.links.filter((link) => globalOf(link).length > 0);
  const portOf = (speaker: LinkFacts): LinkFacts | undefined => {
    if (!isBridge(host, speaker)) return speaker;
    const ports = portsOf(host, speaker.name).flatMap((name) => host.links.find((link) => link.name === name) ?? []);
    return (
      ports.find((link) => leadsOutside(host, link)) ??
      (route?.dev === speaker.name ? ports.find(hasFarEnd) : undefined)
    );
  };
  const speaker =
    host.links.find(({ name }) => name === route?.dev) ??
    speakers.find((link) => leadsOutside(host, portOf(link) ?? link)) ??
    speakers.find((link) => !isBridge(host, link) && hasFarEnd(link));
  const port = speaker === undefined ? undefined : portOf(speaker);
  return speaker === undefined || port === undefined ? undefined : { speaker, port };
};

const freeIn = (own: AddressFacts, taken: ReadonlySet<string>): string | undefined => {
  const block = networkOf(own.address, own.prefixLength);
  const { first, last } = usableHosts(block);
  for (let at = last; at >= first && last - at < 300n; at -= 1n) {
    const found = addressAt(block, at);
    if (found !== undefined && !taken.has(printIp(found))) return printIp(found);
  }
  return undefined;
};

const card = (mac: string, addresses: Interface['addresses'], mtuBytes: number): Interface => ({
  ...{ kind: 'ethernet', mac, mtuBytes, up: true, addresses },
});

export const families = [4, 6] as const;

export const firstOfFamily = (link: LinkFacts, family: Family): AddressFacts | undefined =>
  globalOf(link).find((own) => own.family === family);

interface Placed {
  readonly link: LinkFacts;
  readonly guest: Stack;
}

const stationIn = (link: LinkFacts, mac: string, taken: Set<string>, isBehind: boolean): Stack => {
  const found = families.flatMap((family) => {
    const own = firstOfFamily(link, family);
    const address = own === undefined ? undefined : freeIn(own, taken);
    if (own === undefined || address === undefined) return [];
    taken.add(address);
    return [{ family, address, prefixLength: own.prefixLength, gateway: own.address }];
  });
  const routes = isBehind
    ? found.map(({ family, gateway }): Route => ({
        ...{ family, to: family === 4 ? '0.0.0.0/0' : '::/0', type: 'unicast', via: gateway, dev: 'eth0' },
        ...{ metric: family === 4 ? 0 : 1024, table: 254 },
      }))
    : [];
  const addresses = found.map(({ family, address, prefixLength }) => ({ family, address, prefixLength }));
  return { ...emptyStack, interfaces: { eth0: card(mac, addresses, link.mtuBytes) }, routes };
};

export const subnetOf = ({ address, prefixLength }: AddressFacts): string =>
  printPrefix(networkOf(address, prefixLength));

/** Whether machines on the network of the uplink find an address there without a route. */
export const isOnUplink = ({ speaker }: Uplink, address: string): boolean =>
  globalOf(speaker).some((own) => containsIp(networkOf(own.address, own.prefixLength), ip(address)));

const routesTo = (host: HostFacts, uplink: Uplink): readonly Route[] =>
  host.links.flatMap((link) =>
    globalOf(link).flatMap((own): Route[] => {
      const via = firstOfFamily(uplink.speaker, own.family)?.address;
      if (via === undefined || isOnUplink(uplink, own.address)) return [];
      const { family } = own;
      return [
        { family, to: subnetOf(own), type: 'unicast', via, dev: 'eth0', metric: family === 4 ? 0 : 1024, table: 254 },
      ];
    }),
  );

const uniqueRoutes = (routes: readonly Route[]): readonly Route[] => [
  ...new Map(routes.map((route) => [`${route.to} ${route.via ?? ''}`, route])).values(),
];

export interface Terrain {
  readonly predictor: Predictor;
  readonly guests: ReadonlyMap<string, Stack>;
}

export const terrainOf = (host: HostFacts, uplink: Uplink): Terrain => {
  const own = host.state.stacks[host.name] ?? emptyStack;
  const taken = new Set(host.links.flatMap(({ addresses }) => addresses.map(({ address }) => address)));
  for (const { via } of host.defaultRoutes) if (via !== undefined) taken.add(via);
  const outside = stationIn(uplink.speaker, '02:00:5e:00:00:01', taken, false);
  const placed = host.links
    .filter((link) => isBridge(host, link) && own.interfaces[link.name]?.kind === 'bridge' && globalOf(link).length > 0)
    .map((link, index): Placed => ({
      link,
      guest: stationIn(link, `02:00:5e:00:01:${(index % 256).toString(16).padStart(2, '0')}`, taken, true),
    }));
  const ports = placed.map(({ link }): [string, Interface] => [
    guestPort(link.name),
    { kind: 'ethernet', mtuBytes: link.mtuBytes, up: true, addresses: [], master: link.name },
  ]);
  const { port } = uplink;
  const {
    kind: _,
    vlan: _vlan,
    bond: _bond,
    macvlan: _macvlan,
    vxlan: _vxlan,
    tunnel: _tunnel,
    ...rest
  } = own.interfaces[port.name] ?? card(port.mac ?? '02:00:5e:00:00:02', [], port.mtuBytes);
  const interfaces = {
    ...own.interfaces,
    ...Object.fromEntries(ports),
    [port.name]: { ...rest, kind: 'ethernet' as const },
  };
  const state: NetworkState = {
    version: 1,
    stacks: {
      [host.name]: { ...own, interfaces },
      [neighbour]: { ...outside, routes: uniqueRoutes(routesTo(host, uplink)) },
      ...Object.fromEntries(placed.map(({ link, guest }) => [guestOn(link.name), guest])),
    },
    cables: [
      { a: { stack: neighbour, interface: 'eth0' }, b: { stack: host.name, interface: port.name } },
      ...placed.map(({ link }) => ({
        a: { stack: guestOn(link.name), interface: 'eth0' },
        b: { stack: host.name, interface: guestPort(link.name) },
      })),
    ],
  };
  const carrier = Object.fromEntries(host.links.map(({ name, hasCarrier }) => [`${host.name}/${name}`, hasCarrier]));
  // A bridge without ports has no carrier; the guest that is imagined on it brings one.
  const bare = Object.fromEntries(placed.map(({ link }) => [`${host.name}/${link.name}`, true]));
  const facts: Facts = { ...host.learned, carrier: { ...carrier, ...bare } };
  return {
    predictor: predictorOf(state, facts),
    guests: new Map(placed.map(({ link, guest }) => [link.name, guest])),
  };
};
