/** A domain file for each guest of a host: a stack that is cabled to this host alone, by bridges or by routes to it. */
import { type NetworkState, type Stack } from '../../state/network-state.ts';
import { compareText } from '../../state/spelling.ts';
import { type ConfigText, type Omission, type Writing } from '../dialect.ts';
import { stackIn } from '../reading.ts';
import { vifText } from './edit-domain.ts';
import { vifWordsFor } from './vif-words.ts';

/** The interface of the guest and its end on the host. */
type Nic = readonly [nic: string, tap: string];

/** Switches and machines beside the host have cables to others too. */
const guestsOf = (state: NetworkState, host: string): ReadonlyMap<string, readonly Nic[]> => {
  const guests = new Map<string, Nic[]>();
  const others = new Set<string>();
  for (const { a, b } of state.cables) {
    const [near, far] = a.stack === host ? [a, b] : [b, a];
    if (near.stack !== host || far.stack === host) for (const { stack } of [a, b]) others.add(stack);
    else guests.set(far.stack, [...(guests.get(far.stack) ?? []), [far.interface, near.interface]]);
  }
  return new Map([...guests].filter(([name]) => !others.has(name)));
};

const isHeld = ({ interfaces, routes }: Stack, tap: string): boolean =>
  interfaces[tap]?.master !== undefined || routes.some(({ dev, to }) => dev === tap && /\/(32|128)$/.test(to));

const domainFile = (state: NetworkState, host: string, name: string, nics: readonly Nic[]): ConfigText => {
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

export const write = (state: NetworkState, host: string): Writing => {
  const own = stackIn(state, host);
  const guests = [...guestsOf(state, host)].filter(([, nics]) => nics.every(([, tap]) => isHeld(own, tap)));
  const taps = new Set(guests.flatMap(([, nics]) => nics.map(([, tap]) => tap)));
  const hostsOwn = Object.entries(own.interfaces).flatMap(([name, { kind }]): readonly Omission[] =>
    taps.has(name) || kind === 'loopback'
      ? []
      : [
          {
            stack: host,
            what: `interfaces/${name}`,
            why: 'the host’s own interfaces belong into the host’s own files',
          },
        ],
  );
  const unrouted = own.routes
    .filter(({ dev, family }) => dev !== undefined && taps.has(dev) && family === 6)
    .map(({ to }) => ({ stack: host, what: `routes/${to}`, why: 'Xen’s scripts lay routes of IPv4 alone' }));
  return {
    files: guests.map(([name, nics]) => domainFile(state, host, name, nics)),
    omissions: [...hostsOwn, ...unrouted],
  };
};
