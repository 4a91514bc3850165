/**
 * The ends of WireGuard: who is whose peer, where each finds the others, and which prefixes are sent to whom. Whoever has a
 * `port` is a peer of all; the others know those alone, so that a newcomer changes nothing for them, and reach one
 * another through the first of those.
 */
import { ip } from '../net/address.ts';
import { containsIp, containsPrefix, printPrefix, type Prefix } from '../net/prefix.ts';
import { type Context } from './context.ts';
import { families, nicKey } from './draft.ts';
import { type LabRoute, type LabWireguard } from './lab.ts';
import { omitAbsent } from './omit-absent.ts';
import { isOnLink, type Placed, type PlacedNic } from './placed.ts';
import { printHostPrefix } from './read-prefix.ts';
import { checkBehind, checkMembersInside, readBehind, type Behind } from './wireguard-behind.ts';
import { endpointOf, outsideOf, printEndpoint, type Endpoint, type Outside } from './wireguard-endpoints.ts';

export interface WireguardPlan {
  readonly end: LabWireguard;
  /** To what lies behind the others. */
  readonly routes: readonly LabRoute[];
}

/** By NIC. */
export type WireguardPlans = ReadonlyMap<string, WireguardPlan>;

interface End {
  readonly nic: PlacedNic;
  readonly isServer: boolean;
  readonly behind: readonly Behind[];
}

/** The ends of a network. */
interface Tunnel {
  readonly ends: readonly End[];
  /** Those that can be found. */
  readonly servers: readonly End[];
  /** What lies behind the others, and whom. */
  readonly beyond: readonly { readonly end: End; readonly block: Prefix }[];
  /** Its own prefixes. */
  readonly own: readonly Prefix[];
}

const tunnelOf = (ends: readonly End[], own: readonly Prefix[]): Tunnel => ({
  ends,
  servers: ends.filter(({ isServer }) => isServer),
  beyond: ends.flatMap((end) => (end.isServer ? [] : end.behind.map(({ block }) => ({ end, block })))),
  own,
});

/** Translators forget a flow of UDP after half a minute (wg(8), PersistentKeepalive). */
const usualKeepaliveSeconds = 25;

const tell = (context: Context, message: string, { draft }: PlacedNic, help: string, more: readonly PlacedNic[] = []) =>
  context.findings.error('tunnel-ends', message, draft.at, {
    help,
    notes: more.map((nic) => ({ message: `\`${nic.draft.machine}\` is on it, too`, at: nic.draft.at })),
  });

/** Whether the members of a network can be its ends. */
const checkMembers = (context: Context, network: string, ends: readonly End[]): boolean => {
  const [first, ...more] = ends;
  if (first === undefined) return false;
  const others = more.map(({ nic }) => nic);
  const ofMachine = new Map<string, number>();
  for (const { nic } of ends) ofMachine.set(nic.draft.machine, (ofMachine.get(nic.draft.machine) ?? 0) + 1);
  const twin = others.find(({ draft }) => (ofMachine.get(draft.machine) ?? 0) > 1);
  const servers = ends.filter(({ isServer }) => isServer);
  const guided = ends.find(({ nic }) => nic.draft.tunnel?.remote !== undefined);
  if (more.length === 0)
    tell(context, `\`${network}\` is a tunnel, and has one end`, first.nic, 'put the machines that meet there on it');
  else if (twin !== undefined)
    tell(context, `\`${twin.draft.machine}\` is on \`${network}\` twice`, twin, 'once is enough');
  else if (servers.length === 0)
    tell(
      context,
      `\`${network}\` is a tunnel (wireguard) where nobody can be found`,
      first.nic,
      'add `port: 51820` to the end that the others find',
      others,
    );
  else if (guided !== undefined && servers.filter(({ nic }) => nic !== guided.nic).length > 1)
    tell(
      context,
      `\`${guided.nic.draft.machine}\` has one \`remote\` for ${servers.length} ends that can be found`,
      guided.nic,
      'remove `remote`, and add `local:` to those ends where they are found elsewhere than at their addresses',
    );
  else return true;
  return false;
};

const peersOf = (end: End, { ends, servers }: Tunnel): readonly End[] =>
  end.isServer ? ends.filter((other) => other !== end) : servers;

/** Who has no port reaches those that are not its peers through the first of these. */
const allowedOf = (end: End, peer: End, { servers, beyond, own }: Tunnel): readonly Prefix[] => {
  const behind = peer.behind.map(({ block }) => block);
  if (end.isServer || servers[0] !== peer) return [...hosts(peer), ...behind];
  return [...own, ...behind, ...beyond.flatMap((other) => (other.end === end ? [] : [other.block]))];
};

const hosts = ({ nic }: End): readonly Prefix[] =>
  nic.addresses.map(({ address, family }) => ({ ...ip(address), length: family === 4 ? 32 : 128 }));

/** A way to the peer that leads into the tunnel itself. */
const checkLoop = (context: Context, placed: Placed, end: End, peer: End, endpoint: Endpoint): void => {
  const address = ip(endpoint.address);
  const around = peer.behind.find(({ block }) => containsIp(block, address));
  const links = placed.machines.get(end.nic.draft.machine)?.nics ?? [];
  if (around === undefined || links.some((nic) => nic !== end.nic && isOnLink(nic, address))) return;
  const [near, far] = [end.nic.draft.machine, peer.nic.draft.machine];
  context.findings.error(
    'not-behind',
    `\`${near}\` would send what goes to \`${far}\`, at ${printHostPrefix(address).replace(/\/.*/, '')}, into the tunnel itself`,
    around.at,
    { help: `\`${far}\` is found inside of \`${around.text}\`: name less of it, or another \`remote:\`` },
  );
};

const planEnd = (context: Context, outside: Outside, end: End, tunnel: Tunnel): WireguardPlan => {
  const { draft } = end.nic;
  const keepaliveSeconds = draft.wireguard?.keepaliveSeconds ?? (end.isServer ? undefined : usualKeepaliveSeconds);
  const reached = new Map<string, Prefix>();
  const peers = peersOf(end, tunnel).map((peer) => {
    const endpoint = endpointOf(
      context,
      outside,
      end.nic,
      peer.nic,
      peer.behind.map(({ block }) => block),
    );
    if (endpoint !== undefined) checkLoop(context, outside.placed, end, peer, endpoint);
    const allowed = allowedOf(end, peer, tunnel);
    for (const block of allowed)
      if (!tunnel.own.some((around) => containsPrefix(around, block))) reached.set(printPrefix(block), block);
    return omitAbsent({
      machine: peer.nic.draft.machine,
      publicKey: context.publicKeyOf(peer.nic.draft),
      endpoint: endpoint === undefined ? undefined : printEndpoint(endpoint),
      allowedPrefixes: allowed.map(printPrefix),
      keepaliveSeconds: endpoint === undefined ? undefined : keepaliveSeconds,
    });
  });
  return {
    end: omitAbsent({ publicKey: context.publicKeyOf(draft), listenPort: draft.wireguard?.port?.number, peers }),
    routes: [...reached].map(([to, { family }]): LabRoute => ({
      ...{ family, to, type: 'unicast', dev: draft.name },
      at: draft.at,
    })),
  };
};

/** Two devices of one machine cannot hear on one port. */
const checkPorts = (context: Context, placed: Placed): void => {
  for (const { draft } of placed.machines.values())
    draft.nics.forEach(({ wireguard, name }, index) => {
      const port = wireguard?.port;
      const other = draft.nics.slice(0, index).find((nic) => nic.wireguard?.port?.number === port?.number);
      if (port === undefined || other?.wireguard?.port === undefined) return;
      context.findings.error('port-taken', `\`${draft.name}\` has \`${name}\` on UDP port ${port.number}`, port.at, {
        notes: [{ message: `\`${other.name}\` has it already`, at: other.wireguard.port.at }],
        help: 'give one of them another port',
      });
    });
};

export const planWireguard = (context: Context, placed: Placed): WireguardPlans => {
  checkPorts(context, placed);
  const nics = [...placed.machines.values()].flatMap((machine) => machine.nics);
  const outside = outsideOf(context, placed);
  const plans = new Map<string, WireguardPlan>();
  for (const { name, tunnel } of placed.draft.networks.values()) {
    if (tunnel !== 'wireguard') continue;
    const ends = nics
      .filter(({ draft }) => draft.network === name)
      .map((nic): End => ({
        nic,
        isServer: nic.draft.wireguard?.port !== undefined,
        behind: readBehind(context, placed, nic),
      }));
    if (!checkMembers(context, name, ends)) continue;
    checkBehind(context, ends);
    checkMembersInside(context, placed, ends);
    const own = families.flatMap((family) => placed.prefixes.get(name)?.[family] ?? []);
    const among = tunnelOf(ends, own);
    for (const end of ends) plans.set(nicKey(end.nic.draft), planEnd(context, outside, end, among));
  }
  return plans;
};
