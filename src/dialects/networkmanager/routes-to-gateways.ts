/**
 * A gateway that no route on the link leads to gets one from NetworkManager, of the metric and in the table of the route
 * that needs it (nm_l3_config_data_add_dependent_onlink_routes()).
 */
import { type Family, ip } from '../../net/address.ts';
import { containsIp, networkOf, type Prefix, prefix } from '../../net/prefix.ts';
import { type Interface, type Route } from '../../state/network-state.ts';
import { addRoute, routeKey } from '../draft.ts';
import { type AddressingPlace } from './peer-routes.ts';

interface OnLink {
  readonly block: Prefix;
  readonly table: number;
}

const mainTable = 254;

/** Each with the route that needs it. `subnetTable`: where the routes of subnets are; undefined: not where others look. */
export const routesToGateways = (
  routes: readonly Route[],
  { name, it, family }: { readonly name: string; readonly it: Interface; readonly family: Family },
  subnetTable: number | undefined,
): readonly { readonly route: Route; readonly needs: Route }[] => {
  const own = routes.filter((route) => route.dev === name && route.family === family && route.type === 'unicast');
  const subnets = it.addresses.filter((address) => address.family === family && subnetTable !== undefined);
  const onLink: OnLink[] = [
    ...subnets.map(({ address, prefixLength }) => ({
      block: networkOf(address, prefixLength),
      table: subnetTable ?? mainTable,
    })),
    ...own.filter(({ via }) => via === undefined).map(({ to, table }) => ({ block: prefix(to), table })),
  ];
  return own.flatMap((needs) => {
    const { via, onlink, metric, table } = needs;
    if (via === undefined || onlink === true || /^fe[89ab]/.test(via)) return [];
    const isReached = onLink.some(
      ({ block, table: there }) =>
        block.length > 0 && (there === table || there === mainTable) && containsIp(block, ip(via)),
    );
    if (isReached) return [];
    const to = `${via}/${family === 4 ? 32 : 128}`;
    onLink.push({ block: prefix(to), table });
    return [{ needs, route: { family, to, type: 'unicast', dev: name, metric, table } }];
  });
};

export const addRoutesToGateways = (place: AddressingPlace, subnetTable: number | undefined): void => {
  const { method, draft } = place;
  // Which subnets a server tells of is not known here.
  if (method?.text === 'auto' || method?.text === 'dhcp') return;
  for (const { route, needs } of routesToGateways(draft.routes, place, subnetTable))
    addRoute(draft, route, draft.origins[`${draft.stack}/routes/${routeKey(needs)}`] ?? place.profile.at);
};
