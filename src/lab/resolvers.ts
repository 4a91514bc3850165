/**
 * How each machine comes to know whom it asks for names. One of its NICs decides: the one that says so, else the first
 * that brings a default route, else the first whose network has name servers. That NIC's DHCP lease tells, or its router
 * advertisements where it has no IPv4; a NIC that is told nothing is why the machine is configured.
 */
import { type Family } from '../net/address.ts';
import { type Path } from '../spec/spec.ts';
import { type Context } from './context.ts';
import { nicKey } from './draft.ts';
import { nicAddresses } from './known-addresses.ts';
import { type Lab, type LabMachine, type LabNetwork, type LabNic } from './lab.ts';
import { type LabNames, type LabResolver } from './lab-names.ts';
import { hearsRouters } from './leases.ts';
import { addressFrom } from './name-servers.ts';
import { omitAbsent } from './omit-absent.ts';
import { segmentOf } from './segments.ts';
import { type Placed } from './placed.ts';

/** What resolv.conf(5) has room for. */
const mostNameservers = 3;

type Told = LabNames['told'];
type Wishes = ReadonlyMap<string, boolean>;

/** What the file says of single interfaces, by NIC. */
const wishesOf = (context: Context, { draft }: Placed): Wishes =>
  new Map(
    [...draft.machines.values()].flatMap(({ nics, spec, path }) => {
      const written = spec.nics ?? [];
      const bodies = Array.isArray(written) ? [...written.entries()] : Object.entries(written);
      const wanted = bodies.filter(([, body]) => typeof body !== 'string' && body.resolver === true);
      tellSecond(
        context,
        wanted.map(([key]) => [...path, 'nics', key, 'resolver']),
      );
      return bodies.flatMap(([key, body]) => {
        const name = typeof key === 'number' ? `eth${key}` : key;
        const nic = nics.find((one) => one.name === name);
        if (typeof body === 'string' || body.resolver === undefined || nic === undefined) return [];
        return [[nicKey(nic), isPossible(context, nic, body.resolver, [...path, 'nics', key])] as const];
      });
    }),
  );

/** One machine asks in one way. */
const tellSecond = (context: Context, [first, second]: readonly Path[]): void => {
  if (first === undefined || second === undefined) return;
  context.findings.error(
    'two-resolvers',
    'two interfaces of one machine cannot both decide whom it asks for names',
    context.spec.source.spanOf(second),
    {
      notes: [{ message: 'the other one is here', at: context.spec.source.spanOf(first) }],
      help: 'take `resolver` out at one of them',
    },
  );
};

const isPossible = (
  context: Context,
  nic: { readonly machine: string; readonly name: string; readonly network: string },
  isWanted: boolean,
  path: readonly (string | number)[],
): boolean => {
  const network = context.draft.networks.get(nic.network);
  const isTold = context.spec.data.dns !== undefined && (network?.spec.dns ?? network?.kind === 'made') !== false;
  if (isWanted && !isTold)
    context.findings.error(
      'resolver-without-servers',
      `\`${nic.machine}\` is to ask whom \`${nic.network}\` tells, which tells of no name server`,
      context.spec.source.spanOf([...path, 'resolver']),
      {
        help:
          context.spec.data.dns === undefined
            ? 'name one: `dns: { servers: MACHINE }`'
            : `write \`dns: true\` at \`${nic.network}\`, or choose an interface of another network`,
      },
    );
  return isWanted;
};

const bringsDefaultRoute = (lab: Lab, nic: LabNic): boolean => {
  const network = lab.networks[nic.network];
  const ignores = (family: Family): boolean => nic.ignoresRouters?.includes(family) === true;
  return (
    nic.gateway4 !== undefined ||
    nic.gateway6 !== undefined ||
    (nic.dhcp && network?.gateway4 !== undefined && !ignores(4)) ||
    (hearsRouters(nic) && network?.advertiser !== undefined && !ignores(6))
  );
};

/** The NIC that decides. The host's own interface on a network that it makes decides nothing about the host. */
const decisiveNic = (lab: Lab, machine: LabMachine, told: Told, wishes: Wishes): LabNic | undefined => {
  const wish = (nic: LabNic): boolean | undefined => wishes.get(nicKey({ machine: machine.name, name: nic.name }));
  const able = machine.nics.filter(
    (nic) => nic.attachment === 'cable' && Object.hasOwn(told, nic.network) && wish(nic) !== false,
  );
  const routes = able.filter((nic) => bringsDefaultRoute(lab, nic)).sort((a, b) => a.metric - b.metric);
  return able.find((nic) => wish(nic) === true) ?? routes[0] ?? able[0];
};

/** The network on a NIC's wire that is served by some means. */
const servedOn = (lab: Lab, nic: LabNic, isServed: (network: LabNetwork) => boolean): LabNetwork | undefined => {
  const own = lab.networks[nic.network];
  if (own !== undefined && isServed(own)) return own;
  const wire = segmentOf(lab, nic.network);
  return Object.values(lab.networks).find((network) => segmentOf(lab, network.name) === wire && isServed(network));
};

const isTold = (told: Told, network: LabNetwork | undefined): boolean =>
  network !== undefined && (told[network.name]?.length ?? 0) > 0;

const speaks = (lab: Lab, machine: LabMachine, family: Family): boolean =>
  machine.nics.some((nic) => nicAddresses(lab, nic, family).length > 0 || (family === 4 && nic.dhcp));

const staticServers = (lab: Lab, machine: LabMachine, nic: LabNic, told: Told): readonly string[] =>
  ([4, 6] as const)
    .filter((family) => speaks(lab, machine, family))
    .flatMap((family) =>
      (told[nic.network] ?? []).flatMap((server) => addressFrom(lab, nic.network, server, family) ?? []),
    )
    .slice(0, mostNameservers);

const resolverOf = (lab: Lab, machine: LabMachine, nic: LabNic, told: Told): LabResolver | undefined => {
  const leases = servedOn(lab, nic, ({ dhcp }) => dhcp !== undefined);
  if (nic.dhcp && isTold(told, leases)) return { kind: 'dhcp', nic: nic.name };
  const hasIpv4 = nic.dhcp || nic.addresses.some(({ family }) => family === 4);
  const advertised = servedOn(lab, nic, ({ advertiser }) => advertiser !== undefined);
  if (hearsRouters(nic) && !hasIpv4 && isTold(told, advertised)) return { kind: 'advertised', nic: nic.name };
  const nameservers = staticServers(lab, machine, nic, told);
  const search = lab.networks[nic.network]?.search;
  return nameservers.length === 0 ? undefined : { kind: 'static', nameservers, ...omitAbsent({ search }) };
};

export const planResolvers = (context: Context, placed: Placed, lab: Lab, told: Told): LabNames['resolvers'] => {
  const wishes = wishesOf(context, placed);
  return Object.fromEntries(
    Object.values(lab.machines).flatMap((machine) => {
      const nic = machine.role === 'internet' ? undefined : decisiveNic(lab, machine, told, wishes);
      const resolver = nic === undefined ? undefined : resolverOf(lab, machine, nic, told);
      return resolver === undefined ? [] : [[machine.name, resolver] as const];
    }),
  );
};
