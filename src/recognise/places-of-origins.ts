/** Where files say the parts of a state, by the keys that a trace names its objects by (`src/lower/places.ts`). */
import { type Span } from '../diagnostics/diagnostic.ts';
import { type Origins, type Place } from '../dialects/dialect.ts';
import { type Places } from '../lower/places.ts';

const keyOf = (origin: string): string | undefined => {
  const [, stack = '', kind, rest = ''] = /^([^/]+)\/(\w+)\/(.*)$/s.exec(origin) ?? [];
  switch (kind) {
    case 'interfaces':
      return `${stack}/${rest.replace(/\/.*$/s, '')}`;
    case 'routes':
      return `${stack} route ${rest.split(' ')[0] ?? ''}`;
    case 'filter':
      return `${stack} filter ${rest}`;
    case 'sysctls':
      return `${stack} sysctl ${rest}`;
    case 'services':
      return `${stack} service ${rest}`;
    default:
      return undefined;
  }
};

/** Of several places with one key the first counts: an interface before its addresses. */
export const placesOfOrigins = (origins: Origins, spanOf: (place: Place) => Span): Places => {
  const places: Record<string, Span> = {};
  const entries = Object.entries(origins).sort(([a], [b]) => a.length - b.length);
  for (const [origin, place] of entries) {
    const key = keyOf(origin);
    if (key !== undefined) places[key] ??= spanOf(place);
  }
  return places;
};
