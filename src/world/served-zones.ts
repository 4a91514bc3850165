/**
 * The zones that name servers of a world serve. Their serial numbers never fall, whatever the lock file says: those who
 * copy a zone would stay with what they have.
 */
import { risenZone } from '../services/risen-zones.ts';
import { type NameServer, type Service, type Zone } from '../state/service.ts';

/** The zones that were served last in this world, by view and name: servers that are given one serve the same. */
export type ServedZones = Map<string, Zone>;

export const keyOfServed = (view: string, zone: string): string => `${view}/${zone}`;

/** The server as it is to serve, which is what is served last from now on. */
const risen = (served: ServedZones, server: NameServer): NameServer => ({
  ...server,
  views: server.views.map((view) => ({
    ...view,
    zones: view.zones.map((zone) => {
      if (zone.records.length === 0) return zone;
      const key = keyOfServed(view.name, zone.name);
      const next = risenZone(served.get(key), zone);
      served.set(key, next);
      return next;
    }),
  })),
});

/** With serial numbers that never fall in this world, whatever they are planned to be. */
export const asServed = <T extends Service>(served: ServedZones, service: T): T | NameServer =>
  service.kind === 'name-server' ? risen(served, service) : service;
