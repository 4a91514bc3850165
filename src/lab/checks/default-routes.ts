/** Two default routes of one family on one machine: which one is used is settled by metrics that nobody wrote. */
import { printIp } from '../../net/address.ts';
import { type Context } from '../context.ts';
import { families } from '../draft.ts';
import { type NicGateways } from '../gateways.ts';
import { type PlacedMachine } from '../placed.ts';

export const checkDefaultRoutes = (
  context: Context,
  machine: PlacedMachine,
  defaults: readonly NicGateways[],
): void => {
  for (const family of families) {
    const leading = machine.nics.flatMap((nic, index) => {
      const routers = defaults[index];
      const router = routers?.static[family];
      if (router !== undefined) return [{ nic, how: `via ${printIp(router)}` }];
      return routers?.isLearned[family] === true
        ? [{ nic, how: family === 4 ? 'by DHCP' : 'by router advertisements' }]
        : [];
    });
    const [first, second] = leading;
    if (first === undefined || second === undefined) continue;
    const accept = [
      ...machine.draft.accept,
      ...machine.nics.flatMap((nic) => context.draft.networks.get(nic.draft.network)?.accept ?? []),
    ];
    context.findings.error(
      'two-default-routes',
      `\`${machine.draft.name}\` has two IPv${family} default routes, on \`${first.nic.draft.name}\` (${first.how}) and \`${second.nic.draft.name}\` (${second.how})`,
      second.nic.draft.at,
      {
        accept,
        notes: [{ message: 'the other one comes from here', at: first.nic.draft.at }],
        help: `write \`gateway: none\` at the interface that it should not leave by`,
      },
    );
    // Both families of the same pair are one finding.
    return;
  }
};
