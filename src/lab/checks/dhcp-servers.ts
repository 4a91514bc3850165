/** A DHCP server listens on the network that it serves, with an address in the prefix that it assigns from. */
import { containsIp, printPrefix } from '../../net/prefix.ts';
import { ip } from '../../net/address.ts';
import { type Context } from '../context.ts';
import { type DhcpPlan, type DhcpPlans } from '../dhcp-servers.ts';
import { segmentOf, type Placed } from '../placed.ts';

export const checkDhcpServers = (context: Context, placed: Placed, dhcp: DhcpPlans): void => {
  for (const { servers, ...rest } of dhcp.values())
    for (const server of servers) checkServer(context, placed, { ...rest, server });
};

const checkServer = (
  context: Context,
  placed: Placed,
  plan: Omit<DhcpPlan, 'servers'> & { readonly server: string },
): void => {
  const block = placed.prefixes.get(plan.network)?.[4];
  const nics = (placed.machines.get(plan.server)?.nics ?? []).filter(
    (nic) => segmentOf(placed.draft, nic.draft.network) === segmentOf(placed.draft, plan.network),
  );
  const hasAddress = nics.some((nic) =>
    nic.addresses.some((one) => one.family === 4 && block !== undefined && containsIp(block, ip(one.address))),
  );
  if (hasAddress || block === undefined) return;
  const message = `\`${plan.server}\` serves DHCP on \`${plan.network}\`, and has no fixed address there`;
  context.findings.error('dhcp-server-without-address', message, plan.at, {
    help: `give \`${plan.server}\` an interface on \`${plan.network}\` with an address in ${printPrefix(block)}`,
  });
};
