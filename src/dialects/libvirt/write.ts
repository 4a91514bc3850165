/** What libvirt would have for a host, as files. */
import { type NetworkState, type Stack } from '../../state/network-state.ts';
import { type Omission, type Writing } from '../dialect.ts';
import { stackIn } from '../reading.ts';
import { printXml } from '../xml/tree.ts';
import { draftsOf } from './drafts.ts';

const folder = 'etc/libvirt/qemu';

export const networkPath = (name: string): string => `${folder}/networks/${name}.xml`;
export const domainPath = (name: string): string => `${folder}/${name}.xml`;

const omissionsOf = (
  host: string,
  stack: Stack,
  own: ReadonlySet<string>,
  taps: ReadonlySet<string>,
): readonly Omission[] => {
  const omissions: Omission[] = [];
  const omit = (what: string, why: string): void => void omissions.push({ stack: host, what, why });
  for (const [name, it] of Object.entries(stack.interfaces))
    if (!own.has(name) && !taps.has(name) && it.kind !== 'loopback' && !(it.kind === 'bridge'))
      omit(`interfaces/${name}`, 'libvirt configures its own bridges alone');
    else if (!own.has(name) && it.kind === 'bridge' && it.addresses.length > 0)
      omit(`interfaces/${name}`, 'this bridge is the host’s: its addresses belong into the host’s own files');
  for (const { to, dev, metric } of stack.routes)
    if (metric === 0) omit(`routes/${to}`, 'libvirt gives every route a metric');
    else if (dev === undefined || !own.has(dev)) omit(`routes/${to}`, 'libvirt has routes by its own bridges alone');
  return omissions;
};

export const writeLibvirt = (state: NetworkState, host: string): Writing => {
  const { networks, domains, taps } = draftsOf(state, host);
  return {
    files: [
      ...[...networks].map(([name, draft]) => ({ path: networkPath(name), text: printXml(draft) })),
      ...[...domains].map(([name, draft]) => ({ path: domainPath(name), text: printXml(draft) })),
    ],
    omissions: omissionsOf(host, stackIn(state, host), new Set(networks.keys()), taps),
  };
};
