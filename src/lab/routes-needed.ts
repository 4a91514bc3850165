/**
 * What outside routers must know about the routed networks: without a route back, requests arrive and replies do not.
 * Told as notes of the plan, with the command; the lab may leave the route out on purpose.
 */
import { ip, printIp, type Family } from '../net/address.ts';
import { containsIp, networkOf, printPrefix, type Prefix } from '../net/prefix.ts';
import { type Context } from './context.ts';
import { families, type DraftNetwork } from './draft.ts';
import { type Gateways } from './gateways.ts';
import { internetName, isPublic } from './internet.ts';
import { isDefault, nextRouter, routeFor } from './internet-routes.ts';
import { type Lab, type LabMachine } from './lab.ts';
import { addressOnWire, segmentOf, type Placed } from './placed.ts';

export const tellRoutes = (context: Context, placed: Placed, lab: Lab, gateways: Gateways): void => {
  for (const network of placed.draft.networks.values()) {
    if (network.mode !== 'routed' || network.host === undefined) continue;
    const host = lab.machines[network.host];
    for (const family of families) {
      const block = placed.prefixes.get(network.name)?.[family];
      const outer = host === undefined ? undefined : nextRouter(placed, gateways, host, family);
      const router = outer === undefined ? undefined : lab.machines[outer];
      if (host !== undefined && block !== undefined && router !== undefined)
        tellOne(context, placed, network, host, router, block);
    }
  }
};

const tellOne = (
  context: Context,
  placed: Placed,
  network: DraftNetwork,
  host: LabMachine,
  router: LabMachine,
  block: Prefix,
): void => {
  const text = printPrefix(block);
  if (router.name === internetName) {
    if (!isPublic(block))
      context.findings.note(
        'route-impossible',
        `\`${network.name}\` (${text}) is private, and the internet routes nothing back to it`,
        network.at,
        {
          help: '`mode: nat` lets its machines out',
        },
      );
    return;
  }
  const route = routeFor(router.routes, block);
  const leadsBack =
    route !== undefined && !isDefault(route.to) && (route.via !== undefined || route.type !== 'unicast');
  if (leadsBack || isOnLinkOf(router, block)) return;
  const via = hostAddress(placed, host, router, block.family);
  const command = `ip ${block.family === 6 ? '-6 ' : ''}route add ${text}${via === undefined ? '' : ` via ${via}`}`;
  const found =
    route === undefined || isDefault(route.to)
      ? 'has no route to it'
      : `takes it for its own link (\`dev ${route.dev ?? ''}\`)`;
  context.findings.note(
    'route-needed',
    `\`${network.name}\` (${text}) is routed, and \`${router.name}\` ${found}`,
    network.at,
    {
      help: `on \`${router.name}\`: ${command}`,
    },
  );
};

const isOnLinkOf = (router: LabMachine, block: Prefix): boolean =>
  router.nics.some((nic) =>
    nic.addresses.some((one) => one.family === block.family && containsIp(block, ip(one.address))),
  );

/** The host's address on the wire that it shares with the router. */
const hostAddress = (placed: Placed, host: LabMachine, router: LabMachine, family: Family): string | undefined => {
  const wires = new Set(router.nics.map((nic) => segmentOf(placed.draft, nic.network)));
  const subnets = router.nics.flatMap((nic) =>
    nic.addresses.filter((one) => one.family === family).map((one) => networkOf(one.address, one.prefixLength)),
  );
  for (const nic of host.nics) {
    const segment = segmentOf(placed.draft, nic.network);
    const address = wires.has(segment) ? addressOnWire(placed, host.name, segment, family, subnets) : undefined;
    if (address !== undefined) return printIp(address);
  }
  return undefined;
};
