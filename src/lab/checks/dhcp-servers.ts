/** A DHCP server listens on the network that it serves, with an address in the prefix that it assigns from. */
import { containsIp, printPrefix } from '../../net/prefix.ts';
import { ip, type Family } from '../../net/address.ts';
import { type Context } from '../context.ts';
import { type DhcpPlan, type DhcpPlans } from '../dhcp-servers.ts';
import { families } from '../draft.ts';
import { segmentOf, type Placed } from '../placed.ts';

export const checkDhcpServers = (context: Context, placed: Placed, dhcp: DhcpPlans): void => {
  for (const family of families)
    for (const { servers, ...rest } of dhcp[family].values())
      for (const server of servers) checkServer(context, placed, { ...rest, server }, family);
};

const checkServer = (
  context: Context,
  placed: Placed,
  plan: Omit<DhcpPlan, 'servers'> & { readonly server: string },
  family: Family,
): void => {
  const block = placed.prefixes.get(plan.network)?.[family];
  const nics = (placed.machines.get(plan.server)?.nics ?? []).filter(
    (nic) => segmentOf(placed.draft, nic.draft.network) === segmentOf(placed.draft, plan.network),
  );
  const hasAddress = nics.some((nic) =>
    nic.addresses.some((one) => one.family === family && block !== undefined && containsIp(block, ip(one.address))),
  );
  if (hasAddress || block === undefined) return;
  const message = `\`${plan.server}\` serves ${family === 4 ? 'DHCP' : 'DHCPv6'} on \`${plan.network}\`, and has no fixed address there`;
  context.findings.error('dhcp-server-without-address', message, plan.at, {
    help: `give \`${plan.server}\` an interface on \`${plan.network}\` with an address in ${printPrefix(block)}`,
  });
};
