/**
 * Where an end of WireGuard finds another: at an address as written, on a network that both are on, on the internet, where
 * its port is published, or at an address that the internet routes, or any at all.
 */
import { ip, parseIp, printIp, type Family } from '../net/address.ts';
import { containsIp, type Prefix } from '../net/prefix.ts';
import { type Context } from './context.ts';
import { families } from './draft.ts';
import { Findings } from './findings.ts';
import { internetName, isPublic } from './internet.ts';
import { addressesOf, segmentOf, type Placed, type PlacedNic } from './placed.ts';
import { readPublished } from './published.ts';
import { hostPrefix } from './read-prefix.ts';

export interface Endpoint {
  readonly address: string;
  readonly port: number;
}

interface OuterAddress {
  readonly family: Family;
  readonly address: string;
  readonly segment: string;
}

const outerNics = (placed: Placed, machine: string): readonly PlacedNic[] =>
  (placed.machines.get(machine)?.nics ?? []).filter(({ draft }) => draft.tunnel === undefined);

const outerAddresses = (placed: Placed, machine: string): readonly OuterAddress[] =>
  families.flatMap((family) =>
    outerNics(placed, machine).flatMap((nic) =>
      addressesOf(nic, family).map(({ address }) => ({
        ...{ family, address },
        segment: segmentOf(placed.draft, nic.draft.network),
      })),
    ),
  );

/** Families that a machine has, or will be given, an address of outside of tunnels. */
const familiesOf = (placed: Placed, machine: string): readonly Family[] =>
  families.filter((family) =>
    outerNics(placed, machine).some(
      (nic) => addressesOf(nic, family).length > 0 || (family === 4 ? nic.dhcp : nic.dhcp6 || nic.slaac),
    ),
  );

/** By machine and port of UDP. */
type Published = ReadonlyMap<string, readonly Endpoint[]>;

/** Where hosts of networks lead ports to machines. What is wrong with it is told elsewhere. */
const publishedIn = (context: Context, placed: Placed): Published => {
  const silent = { ...context, findings: new Findings() };
  const byPort = new Map<string, Endpoint[]>();
  for (const network of placed.draft.networks.values())
    for (const { machine, protocol, outer, outerPort, innerPort } of readPublished(silent, placed, network)) {
      if (protocol !== 'udp' || innerPort === undefined) continue;
      const key = `${machine} ${innerPort}`;
      byPort.set(key, [...(byPort.get(key) ?? []), { address: outer, port: outerPort ?? innerPort }]);
    }
  return byPort;
};

/** What is asked for each end of a network again: found out when it is needed, and once. */
export interface Outside {
  readonly placed: Placed;
  readonly published: () => Published;
  /** Addresses of a machine outside of tunnels. */
  readonly addresses: (machine: string) => readonly OuterAddress[];
}

export const outsideOf = (context: Context, placed: Placed): Outside => {
  let published: Published | undefined;
  const addresses = new Map<string, readonly OuterAddress[]>();
  return {
    placed,
    published: () => (published ??= publishedIn(context, placed)),
    addresses: (machine) => {
      const known = addresses.get(machine) ?? outerAddresses(placed, machine);
      addresses.set(machine, known);
      return known;
    },
  };
};

const isOf = (family: Family, address: string): boolean => ip(address).family === family;

/** The best of the ways to find it, IPv4 before IPv6. */
const found = (
  { placed, published, addresses }: Outside,
  from: PlacedNic,
  to: PlacedNic,
  behind: readonly Prefix[],
  port: number,
): (Endpoint & { readonly isGuess: boolean }) | undefined => {
  const own = outerNics(placed, from.draft.machine).map((nic) => segmentOf(placed.draft, nic.draft.network));
  const theirs = addresses(to.draft.machine).filter(
    ({ address }) => !behind.some((block) => containsIp(block, ip(address))),
  );
  const isRouted = ({ address }: OuterAddress): boolean => isPublic(hostPrefix(ip(address)));
  const ways: readonly (() => readonly Endpoint[])[] = [
    () => theirs.filter(({ segment }) => own.includes(segment)).map(({ address }) => ({ address, port })),
    () => theirs.filter(({ segment }) => segment === internetName).map(({ address }) => ({ address, port })),
    () => published().get(`${to.draft.machine} ${port}`) ?? [],
    () => theirs.filter(isRouted).map(({ address }) => ({ address, port })),
    () => theirs.map(({ address }) => ({ address, port })),
  ];
  for (const [index, way] of ways.entries())
    for (const family of familiesOf(placed, from.draft.machine)) {
      const endpoint = way().find(({ address }) => isOf(family, address));
      if (endpoint !== undefined) return { ...endpoint, isGuess: index === ways.length - 1 };
    }
  return undefined;
};

/** What a key of the file says; undefined where it is no address, which is told. */
const written = (context: Context, { text, at }: NonNullable<PlacedNic['draft']['mac']>): string | undefined => {
  const address = parseIp(text);
  if (address !== undefined) return printIp(address);
  const help = 'write an address such as 192.0.2.1 or 2001:db8::1';
  context.findings.error('not-an-address', `\`${text}\` is not an address`, at, { help });
  return undefined;
};

const isOnInternetAlone = (placed: Placed, { draft }: PlacedNic): boolean =>
  outerNics(placed, draft.machine).every((nic) => segmentOf(placed.draft, nic.draft.network) === internetName);

/** Undefined where `to` waits to be spoken to, or an error says why it cannot be found. `behind`: what lies behind `to`. */
export const endpointOf = (
  context: Context,
  outside: Outside,
  from: PlacedNic,
  to: PlacedNic,
  behind: readonly Prefix[],
): Endpoint | undefined => {
  const port = to.draft.wireguard?.port?.number;
  if (port === undefined) return undefined;
  const given = from.draft.tunnel?.remote ?? to.draft.tunnel?.local;
  if (given !== undefined) {
    const address = written(context, given);
    return address === undefined ? undefined : { address, port };
  }
  const endpoint = found(outside, from, to, behind, port);
  const [near, far] = [from.draft.machine, to.draft.machine];
  const help = `publish the port where \`${far}\` is behind NAT: \`publish: [{ to: ${far}, udp: ${port} }]\`; or add \`remote:\` here`;
  if (endpoint === undefined)
    context.findings.error(
      'tunnel-ends',
      `\`${near}\` finds \`${far}\` at no address: they have no family in common outside of tunnels`,
      from.draft.at,
      { help: `give \`${far}\` an address outside of the tunnel, or add \`local:\` to its end` },
    );
  else if (endpoint.isGuess && isOnInternetAlone(outside.placed, from) && !isPublic(hostPrefix(ip(endpoint.address))))
    context.findings.error(
      'tunnel-ends',
      `\`${near}\` would look for \`${far}\` at ${endpoint.address}, which the internet does not route`,
      from.draft.at,
      { help },
    );
  return endpoint;
};

export const printEndpoint = ({ address, port }: Endpoint): string =>
  address.includes(':') ? `[${address}]:${port}` : `${address}:${port}`;
