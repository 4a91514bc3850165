/** The checks of a finished lab, one file each. All of them run; each speaks for itself. */
import { type Context } from '../context.ts';
import { type DhcpPlans } from '../dhcp-servers.ts';
import { type Lab } from '../lab.ts';
import { type Placed } from '../placed.ts';
import { checkBridgePorts } from './bridge-ports.ts';
import { checkDhcpServers } from './dhcp-servers.ts';
import { checkRouteLoops } from './route-loops.ts';
import { checkRouting } from './routing.ts';
import { checkSharedSubnets } from './shared-subnets.ts';
import { checkUplinks } from './uplinks.ts';

export const checkLab = (context: Context, placed: Placed, lab: Lab, dhcp: DhcpPlans): void => {
  checkUplinks(context);
  checkBridgePorts(context);
  checkSharedSubnets(context, placed);
  checkDhcpServers(context, placed, lab, dhcp);
  checkRouteLoops(context, placed, lab);
  checkRouting(context, lab);
};
