/**
 * Default routers: what a network offers its members, and what each NIC takes. A router is offered in a family only
 * if it has an address of that family; a NIC takes it only if it has one, too, and the router is on its link.
 */
import { type Span } from '../diagnostics/diagnostic.ts';
import { ip, parseIp, printIp, type Family, type Ip } from '../net/address.ts';
import { addressAt, containsIp, printPrefix } from '../net/prefix.ts';
import { acceptedAt, interfaceIdsOf, type Context } from './context.ts';
import { allNics, families, type DraftNetwork, type DraftNic, type SpecGateway } from './draft.ts';
import { internetHost } from './internet.ts';
import { mirrorOf } from './interface-ids.ts';
import { hearsRouters } from './leases.ts';
import { lastHostOf } from './last-host.ts';
import { addressesOf, addressOnWire, isOnLink, segmentOf, subnetsOf, type Placed, type PlacedNic } from './placed.ts';
import { isLinkLocal } from './places.ts';
import { helpForUnknown } from './unknown-name.ts';

export type Gateway = Readonly<Partial<Record<Family, Ip>>>;
export type Gateways = ReadonlyMap<string, Gateway>;

/** What a written gateway means in one family: a router, none, or nothing said. */
type Meaning = { readonly router: Ip | undefined } | undefined;

export const networkGateways = (context: Context, placed: Placed): Gateways => {
  const gateways = new Map<string, Gateway>();
  const networks = [...placed.draft.networks.values()];
  // Made networks may take over what the outside one offers, so outside ones come first.
  for (const network of [...networks].sort((a, b) => Number(a.kind === 'made') - Number(b.kind === 'made')))
    gateways.set(network.name, gatewayOfNetwork(context, placed, gateways, network));
  return gateways;
};

const gatewayOfNetwork = (context: Context, placed: Placed, known: Gateways, network: DraftNetwork): Gateway => {
  const result: Partial<Record<Family, Ip>> = {};
  for (const family of families) {
    const router = (
      writtenFor(context, placed, network, family) ?? { router: byDefault(placed, known, network, family) }
    ).router;
    if (router !== undefined) result[family] = router;
  }
  return result;
};

const writtenFor = (context: Context, placed: Placed, network: DraftNetwork, family: Family): Meaning => {
  const { gateway, gateway6 } = network.spec;
  const key = family === 6 && gateway6 !== undefined ? 'gateway6' : 'gateway';
  const value = key === 'gateway6' ? gateway6 : gateway;
  if (value === undefined) return undefined;
  const at = context.spec.source.spanOf([...network.path, key]);
  const meaning = meaningOf(context, placed, network, value, family, at);
  const block = placed.prefixes.get(network.name)?.[family];
  const router = meaning?.router;
  if (router !== undefined && block !== undefined && !isLinkLocal(router) && !containsIp(block, router)) {
    const message = `the gateway ${printIp(router)} is outside \`${network.name}\` (${printPrefix(block)})`;
    context.findings.error('gateway-outside-subnet', message, at, {
      accept: network.accept,
      help: `a gateway is an address that its network's machines reach without one; choose one in ${printPrefix(block)}`,
    });
    return { router: undefined };
  }
  return meaning;
};

const byDefault = (placed: Placed, known: Gateways, network: DraftNetwork, family: Family): Ip | undefined => {
  const block = placed.prefixes.get(network.name)?.[family];
  if (network.kind === 'internet') return block === undefined ? undefined : addressAt(block, internetHost);
  const preferred = block === undefined ? [] : [block];
  if (network.mode === 'bridged') return known.get(network.segment)?.[family];
  if (network.mode === 'nat' || network.mode === 'routed' || network.mode === 'proxied')
    return addressOnWire(placed, network.host ?? '', network.segment, family, preferred);
  return undefined;
};

const meaningOf = (
  context: Context,
  placed: Placed,
  network: DraftNetwork,
  value: SpecGateway,
  family: Family,
  at: Span,
): Meaning => {
  if (value === 'none') return { router: undefined };
  const block = placed.prefixes.get(network.name)?.[family];
  if (typeof value === 'number' || value === 'last') {
    if (block === undefined) return { router: undefined };
    if (value === 'last')
      return { router: lastHostOf(placed.prefixes.get(network.name) ?? {}, family, interfaceIdsOf(context.spec)) };
    const number = BigInt(value);
    return { router: family === 4 ? addressAt(block, number) : mirrorOf(block, number, interfaceIdsOf(context.spec)) };
  }
  const address = parseIp(value);
  if (address !== undefined) return address.family === family ? { router: address } : undefined;
  if (!placed.machines.has(value)) {
    const known = [...placed.machines.keys()];
    context.findings.error('unknown-machine', `the gateway \`${value}\` is neither a machine nor an address`, at, {
      help: helpForUnknown(value, known, 'machines'),
    });
    return { router: undefined };
  }
  const router = addressOnWire(placed, value, network.segment, family, block === undefined ? [] : [block]);
  const isThere = families.some((one) => addressOnWire(placed, value, network.segment, one, []) !== undefined);
  if (!isThere)
    context.findings.error(
      'gateway-not-on-network',
      `the gateway \`${value}\` has no address on \`${network.name}\``,
      at,
      {
        help: `give \`${value}\` an interface on \`${segmentOf(placed.draft, network.name)}\`, or name another machine`,
      },
    );
  return { router };
};

/** The static default routers of one NIC, and whether DHCP or router advertisements bring it another one. */
export interface NicGateways {
  readonly static: Gateway;
  readonly isLearned: Readonly<Record<Family, boolean>>;
  /** The families in which the file says that it has none, though somebody tells it of one. */
  readonly ignored: readonly Family[];
}

export const nicGateways = (context: Context, placed: Placed, offered: Gateways, nic: PlacedNic): NicGateways => {
  const result: Partial<Record<Family, Ip>> = {};
  for (const family of families) {
    const router = gatewayOfNic(context, placed, offered, nic, family);
    if (router !== undefined) result[family] = router;
  }
  const served = nic.server === undefined ? undefined : offered.get(nic.server.network)?.[4];
  const isTold = { 4: nic.dhcp && served !== undefined, 6: hearsRouters(nic) };
  const ignored = families.filter((family) => isTold[family] && writtenGateway(nic, family)?.value === 'none');
  const isLearned = (family: Family): boolean => isTold[family] && !ignored.includes(family);
  return { static: result, isLearned: { 4: isLearned(4), 6: isLearned(6) }, ignored };
};

const writtenGateway = ({ draft }: PlacedNic, family: Family): DraftNic['gateway'] =>
  family === 6 && draft.gateway6 !== undefined ? draft.gateway6 : draft.gateway;

const gatewayOfNic = (
  context: Context,
  placed: Placed,
  offered: Gateways,
  nic: PlacedNic,
  family: Family,
): Ip | undefined => {
  const network = placed.draft.networks.get(nic.draft.network);
  if (network === undefined) return undefined;
  const written = writtenGateway(nic, family);
  const meaning =
    written === undefined ? undefined : meaningOf(context, placed, network, written.value, family, written.at);
  if (written !== undefined && meaning !== undefined) {
    if (meaning.router === undefined || isTakenHere(context, placed, nic, meaning.router, written.at))
      return meaning.router;
    return undefined;
  }
  // A host does not leave by the networks it makes; the address server says what is beyond it.
  if (nic.draft.attachment === 'bridge' || (family === 4 ? nic.dhcp : nic.dhcp6)) return undefined;
  const router = offered.get(network.name)?.[family];
  if (router === undefined || isOwn(placed, nic, router)) return undefined;
  const hasAddress = addressesOf(nic, family).some((address) => !isLinkLocal(ip(address.address)));
  return hasAddress && isOnLink(nic, router) ? router : undefined;
};

/** Its own, or one that it shares. */
const isOwn = (placed: Placed, nic: PlacedNic, router: Ip): boolean =>
  (placed.shared.get(nic.draft.network) ?? []).some(
    ({ addresses, members }) =>
      addresses.some(({ address }) => address === printIp(router)) &&
      members.some(({ machine }) => machine === nic.draft.machine),
  ) ||
  (placed.machines.get(nic.draft.machine)?.nics ?? []).some((one) =>
    addressesOf(one, router.family).some((address) => address.address === printIp(router)),
  );

const isTakenHere = (context: Context, placed: Placed, nic: PlacedNic, router: Ip, at: Span): boolean => {
  if (isOnLink(nic, router)) return true;
  const { family } = router;
  const subnets = subnetsOf(nic, family).map(printPrefix);
  const has = subnets.length === 0 ? `no IPv${family} address` : `only ${subnets.join(' and ')}`;
  context.findings.error(
    'gateway-outside-subnet',
    `the gateway ${printIp(router)} is outside every subnet of \`${nic.draft.machine}\` on \`${nic.draft.network}\``,
    at,
    {
      accept: acceptedAt(placed.draft, nic.draft),
      notes: [{ message: `\`${nic.draft.name}\` has ${has} here, so the kernel refuses the route`, at: nic.draft.at }],
      help: 'name a router in one of its subnets, or give the interface an address beside that router',
    },
  );
  return false;
};

/** Whether anything names the machine as the router of an outside network. */
export const isNamedGateway = (context: Context, machine: string): boolean =>
  [...context.draft.networks.values()].some(({ spec }) => spec.gateway === machine || spec.gateway6 === machine) ||
  allNics(context.draft).some((nic) => nic.gateway?.value === machine || nic.gateway6?.value === machine);
