/** A domain file for each guest of a host: a stack that is cabled to this host alone, by bridges or by routes to it. */
import { type NetworkState, type Stack } from '../../state/network-state.ts';
import { compareText } from '../../state/spelling.ts';
import { type ConfigText, type Dialect, type Writing } from '../dialect.ts';
import { differencesOf, nameOfEntry, normalPart } from '../differences.ts';
import { guestsOf, tapsOf, type GuestNic } from '../guests.ts';
import { stackIn } from '../reading.ts';
import { vifText } from './edit-domain.ts';
import { vifWordsFor } from './vif-words.ts';

const isHeld = ({ interfaces, routes }: Stack, tap: string): boolean =>
  interfaces[tap]?.master !== undefined || routes.some(({ dev, to }) => dev === tap && /\/(32|128)$/.test(to));

const domainFile = (state: NetworkState, host: string, name: string, nics: readonly GuestNic[]): ConfigText => {
  const vifs = [...nics]
    .sort(([a], [b]) => compareText(a, b))
    .map(([nic, tap]) => {
      const words = vifWordsFor(state, host, name, nic, tap);
      // The one script that lays routes and is not SUSE's own.
      return `  '${vifText(words['script'] === 'vif-route-ifup' ? { ...words, script: 'vif-route' } : words)}',`;
    });
  return {
    path: `etc/xen/${name}.cfg`,
    text: [`name = '${name}'`, 'memory = 256', 'vif = [', ...vifs, ']', ''].join('\n'),
  };
};

const whyNot = (what: string, taps: ReadonlySet<string>, { routes }: Stack): string => {
  const name = what.slice(what.indexOf('/') + 1);
  if (what.startsWith('interfaces/'))
    return taps.has(name)
      ? 'Xen’s scripts make it another way'
      : 'the host’s own interfaces belong into the host’s own files';
  if (!what.startsWith('routes/')) return 'Xen’s files have no words for it';
  const route = routes.find((one) => nameOfEntry('routes', one) === name);
  if (route?.dev === undefined || !taps.has(route.dev)) return 'the host’s own routes belong into the host’s own files';
  return route.family === 6 ? 'Xen’s scripts lay routes of IPv4 alone' : 'Xen’s scripts lay it another way';
};

/** Domains get their numbers, and vifs their names by those, as they start; loopbacks are as they are. */
const isNobodys = (what: string): boolean => /^interfaces\/(lo$|vif\d)/.test(what);

/** `read`: how Xen takes the files; what those are not read as saying is told. */
export const write =
  (read: Dialect['read']) =>
  (state: NetworkState, host: string): Writing => {
    const own = stackIn(state, host);
    const guests = new Map([...guestsOf(state, host)].filter(([, nics]) => nics.every(([, tap]) => isHeld(own, tap))));
    const files = [...guests].map(([name, nics]) => domainFile(state, host, name, nics));
    const wanted = normalPart(own);
    const taps = tapsOf(guests);
    const omissions = differencesOf(wanted, normalPart(read(files, { stack: host }).stacks[host]))
      .filter((what) => !isNobodys(what))
      .map((what) => ({ stack: host, what, why: whyNot(what, taps, wanted) }));
    return { files, omissions };
  };
