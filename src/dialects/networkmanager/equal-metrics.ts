/**
 * NetworkManager adds one to the metric of each further device of a kind that names none, in the order in which they come
 * up (nm_manager_device_route_metric_reserve()). That order is told by no file: all are read with the same metric.
 */
import { isDefaultRoute } from '../default-route.ts';
import { type Draft } from '../draft.ts';
import { valueIn, type Profile } from './profile.ts';
import { bornMetricOf } from './values.ts';

export const tellEqualMetrics = (profiles: ReadonlyMap<string, Profile>, draft: Draft): void => {
  const firsts = new Map<number, string>();
  for (const [name, profile] of profiles) {
    const it = draft.interfaces.get(name);
    if (it === undefined || valueIn(profile, 'ipv4', 'route-metric') !== undefined) continue;
    const metric = bornMetricOf(it.kind);
    const hasDefault =
      draft.routes.some((route) => route.dev === name && isDefaultRoute(route.to) && route.metric === metric) ||
      draft.services.some(
        (service) =>
          service.kind === 'dhcp-client' && service.interface === name && service.ignoresRouter === undefined,
      );
    if (!hasDefault) continue;
    const first = firsts.get(metric);
    if (first === undefined) firsts.set(metric, name);
    else
      draft.tell(
        'assumed',
        'equal-metrics',
        `\`${name}\` has a default route of metric ${metric} here, as \`${first}\` has: NetworkManager adds 1 for whichever comes up later`,
        profile.at,
        'say `route-metric=`',
      );
  }
};
