/** Which machine sends IPv6 router advertisements on which network (RFC 4861). */
import { type Span } from '../diagnostics/diagnostic.ts';
import { printPrefix } from '../net/prefix.ts';
import { type Context, type Prefixes } from './context.ts';
import { defaultServer, routerOf, type DhcpPlans } from './dhcp-servers.ts';
import { type DraftNetwork, type DraftNic } from './draft.ts';
import { helpForUnknown } from './unknown-name.ts';

export interface Advertiser {
  readonly machine: string;
  /** Those that hosts take when it is silent. */
  readonly further: readonly string[];
  /** Machines make no addresses of what it advertises: DHCPv6 gives them out. */
  readonly isOnLinkOnly: boolean;
}

/** By network. */
export type Advertisers = ReadonlyMap<string, Advertiser>;

export const planAdvertisers = (context: Context, prefixes: Prefixes, dhcp: DhcpPlans): Advertisers => {
  const advertisers = new Map<string, Advertiser>();
  for (const network of context.draft.networks.values()) {
    const { ra } = network.spec;
    const served = dhcp[6].get(network.name);
    if (served !== undefined && ra === false) tellSilent(context, network);
    if (ra === false) continue;
    if (ra !== undefined) {
      const at = context.spec.source.spanOf([...network.path, 'ra']);
      const [machine, ...further] =
        ra === true ? [defaultServer(context, network)] : typeof ra === 'string' ? [ra] : [...new Set(ra)];
      const isPossibleFor = (one: string | undefined): one is string => isPossible(context, network, one, prefixes, at);
      if (isPossibleFor(machine) && further.every(isPossibleFor))
        advertisers.set(network.name, { machine, further, isOnLinkOnly: false });
    } else if (served !== undefined) {
      const machine = routerOf(context, network, 6) ?? (served.relays ?? served.servers)[0];
      if (machine !== undefined) advertisers.set(network.name, { machine, further: [], isOnLinkOnly: true });
    }
  }
  return advertisers;
};

/** DHCPv6 says nothing of routers and of the link (RFC 8415). */
const tellSilent = (context: Context, network: DraftNetwork): void => {
  context.findings.error(
    'dhcp6-without-advertisements',
    `\`${network.name}\` gives out IPv6 addresses, and tells nobody of its router and of what is on the link`,
    context.spec.source.spanOf([...network.path, 'ra']),
    { help: 'take `ra: false` out: what DHCPv6 does not say is then advertised' },
  );
};

const isPossible = (
  context: Context,
  network: DraftNetwork,
  machine: string | undefined,
  prefixes: Prefixes,
  at: Span,
): machine is string => {
  const { findings, draft } = context;
  if (machine === undefined) {
    const help = 'name it: `ra: MACHINE`';
    findings.error('advertiser-unknown', `\`${network.name}\` does not say which machine advertises itself`, at, {
      help,
    });
    return false;
  }
  if (!draft.machines.has(machine)) {
    const help = helpForUnknown(machine, [...draft.machines.keys()], 'machines');
    findings.error('unknown-machine', `\`${network.name}\` names \`${machine}\`, and there is no such machine`, at, {
      help,
    });
    return false;
  }
  const block = prefixes.get(network.name)?.[6];
  if (block?.length === 64) return true;
  const found = block === undefined ? 'has no IPv6 prefix' : `has ${printPrefix(block)}`;
  findings.error('ra-needs-a-64', `machines configure themselves only in a /64, and \`${network.name}\` ${found}`, at, {
    help: `give \`${network.name}\` an \`ipv6:\` prefix of length 64, or remove \`ra\``,
  });
  return false;
};

/** The advertiser that a NIC hears: of its network, or of the wire that it is bridged to. */
export const advertiserFor = (context: Context, advertisers: Advertisers, nic: DraftNic): Advertiser | undefined => {
  const network = context.draft.networks.get(nic.network);
  if (network === undefined || network.mode === 'proxied') return undefined;
  return advertisers.get(network.name) ?? advertisers.get(network.segment);
};
