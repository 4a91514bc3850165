/** Whoever serves DHCP can be asked: on its network by a fixed address there, else through a relay that stands on both sides. */
import { ip, type Family } from '../../net/address.ts';
import { containsIp, printPrefix } from '../../net/prefix.ts';
import { type Context } from '../context.ts';
import { endOn, serverEnd } from '../dhcp-ends.ts';
import { type DhcpPlan, type DhcpPlans } from '../dhcp-servers.ts';
import { families } from '../draft.ts';
import { type Lab, type LabNetwork } from '../lab.ts';
import { segmentOf } from '../segments.ts';
import { type Placed } from '../placed.ts';

/** dnsmasq has the port of IPv4 on all addresses of a machine, and Kea finds none left. */
const tellTwoPrograms = (context: Context, server: string, first: DhcpPlan, plan: DhcpPlan): void => {
  const message = `\`${server}\` serves \`${plan.network}\` and \`${first.network}\` by two programs, and one port has room for one`;
  context.findings.error('dhcp-servers-differ', message, plan.at, {
    notes: [{ message: `it serves \`${first.network}\` here`, at: first.at }],
    help: 'give both networks the same `program`; hot standby is Kea',
  });
};

/** One program serves all networks that are asked by one interface: it is one program, beside one other or none. */
const checkUnity = (context: Context, lab: Lab, plans: readonly DhcpPlan[], family: Family): void => {
  const seen = new Map<string, DhcpPlan>();
  const served = new Map<string, DhcpPlan>();
  for (const plan of plans)
    for (const server of plan.servers) {
      const network = lab.networks[plan.network];
      const end = network === undefined ? undefined : serverEnd(lab, network, server, family);
      if (end === undefined) continue;
      const place = `${server} ${end.nic}`;
      const first = seen.get(place) ?? plan;
      seen.set(place, first);
      const isOneWay =
        first.program === plan.program &&
        first.isHotStandby === plan.isHotStandby &&
        (plan.isHotStandby !== true || first.servers.join() === plan.servers.join());
      const firstServed = served.get(server) ?? plan;
      served.set(server, firstServed);
      if (isOneWay && family === 4 && firstServed.program !== plan.program)
        tellTwoPrograms(context, server, firstServed, plan);
      if (isOneWay) continue;
      const message = `\`${server}\` serves \`${plan.network}\` by the same interface as \`${first.network}\`, and in another way`;
      context.findings.error('dhcp-servers-differ', message, plan.at, {
        notes: [{ message: `it serves \`${first.network}\` here`, at: first.at }],
        help: 'give both networks the same `server`, `program` and `standby`',
      });
    }
};

export const checkDhcpServers = (context: Context, placed: Placed, lab: Lab, dhcp: DhcpPlans): void => {
  for (const family of families) {
    checkUnity(context, lab, [...dhcp[family].values()], family);
    for (const plan of dhcp[family].values()) {
      checkPrograms(context, lab, plan);
      if (plan.relays === undefined)
        for (const server of plan.servers) checkServer(context, placed, lab, plan, server, family);
      else checkRelays(context, lab, dhcp, { ...plan, relays: plan.relays }, family);
    }
  }
};

const protocolOf = (family: Family): string => (family === 4 ? 'DHCP' : 'DHCPv6');

const checkServer = (
  context: Context,
  placed: Placed,
  lab: Lab,
  plan: DhcpPlan,
  server: string,
  family: Family,
): void => {
  const block = placed.prefixes.get(plan.network)?.[family];
  const nics = (placed.machines.get(server)?.nics ?? []).filter(
    (nic) => segmentOf(lab, nic.draft.network) === segmentOf(lab, plan.network),
  );
  const hasAddress = nics.some((nic) =>
    nic.addresses.some((one) => one.family === family && block !== undefined && containsIp(block, ip(one.address))),
  );
  if (hasAddress || block === undefined) return;
  const message = `\`${server}\` serves ${protocolOf(family)} on \`${plan.network}\`, and has no fixed address there`;
  context.findings.error('dhcp-server-without-address', message, plan.at, {
    help: `give \`${server}\` an interface on \`${plan.network}\` with an address in ${printPrefix(block)}${nics.length > 0 ? '' : ', or name the router that passes on what is asked: `relay: MACHINE`'}`,
  });
};

const isOn = (lab: Lab, machine: string, network: string): boolean =>
  lab.machines[machine]?.nics.some((nic) => segmentOf(lab, nic.network) === segmentOf(lab, network)) === true;

type RelayedPlan = DhcpPlan & { readonly relays: readonly string[] };

const checkRelays = (context: Context, lab: Lab, all: DhcpPlans, plan: RelayedPlan, family: Family): void => {
  const network = lab.networks[plan.network];
  if (network === undefined) return;
  for (const server of plan.servers) checkFarServer(context, lab, network, plan, server, family);
  for (const relay of plan.relays) checkRelay(context, lab, network, plan, relay, family);
  tellServingRelays(context, all, plan, family);
};

const checkFarServer = (
  context: Context,
  lab: Lab,
  network: LabNetwork,
  plan: RelayedPlan,
  server: string,
  family: Family,
): void => {
  const { findings } = context;
  if (isOn(lab, server, network.name)) {
    const message = `\`${server}\` is on \`${network.name}\` itself, and hears its members without a relay`;
    findings.error('relay-not-needed', message, plan.at, { help: 'take `relay` out' });
  } else if (serverEnd(lab, network, server, family) === undefined) {
    const message = `\`${server}\` serves ${protocolOf(family)} to \`${network.name}\`, and has no fixed IPv${family} address that a relay could ask`;
    const help = `give \`${server}\` an interface with one, on a network that leads to the relay`;
    findings.error('dhcp-server-without-address', message, plan.at, { help });
  }
};

const checkRelay = (
  context: Context,
  lab: Lab,
  network: LabNetwork,
  plan: RelayedPlan,
  relay: string,
  family: Family,
): void => {
  const { findings } = context;
  const what = `\`${relay}\` is to pass on what is asked by ${protocolOf(family)} on \`${network.name}\``;
  const block = family === 4 ? network.ipv4 : network.ipv6;
  if (endOn(lab, network, relay, family) === undefined)
    findings.error('relay-without-address', `${what}, and has no fixed address there`, plan.at, {
      help: `give \`${relay}\` an interface on \`${network.name}\` with an address in ${block ?? 'it'}`,
    });
  else if (
    lab.machines[relay]?.nics.every((nic) => segmentOf(lab, nic.network) === segmentOf(lab, network.name)) === true
  )
    findings.error('relay-without-way', `${what}, and is on no other network`, plan.at, {
      help: 'name a router between this network and the one of the server',
    });
};

/** Both would be asked by the same port. */
const tellServingRelays = (context: Context, all: DhcpPlans, plan: RelayedPlan, family: Family): void => {
  for (const relay of plan.relays) {
    const served = [...all[family].values()].find(
      ({ servers, network }) => network !== plan.network && servers.includes(relay),
    );
    if (served === undefined) continue;
    const message = `\`${relay}\` gives out addresses on \`${served.network}\`, and cannot pass on what is asked on \`${plan.network}\`, too`;
    context.findings.error('relay-serves', message, plan.at, {
      notes: [{ message: 'it serves here', at: served.at }],
      help: `let one server have both networks, and \`${relay}\` be the relay of both, or of one`,
    });
  }
};

/** Guests of the probe image have no Kea; those with a disk have what their packages bring. */
const checkPrograms = (context: Context, lab: Lab, { program, servers, at }: DhcpPlan): void => {
  if (program !== 'kea') return;
  for (const server of servers)
    if (lab.machines[server]?.machine?.image.kind === 'probe')
      context.findings.error(
        'kea-not-in-image',
        `\`${server}\` is to run Kea, which the probe image does not have`,
        at,
        {
          help: 'give it `image: { debian: [kea-dhcp4-server, kea-dhcp6-server] }`, or `kind: netns`',
        },
      );
};
