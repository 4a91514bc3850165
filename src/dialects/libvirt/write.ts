/** What libvirt would have for a host, as files; what those are not read as saying is told. */
import { type NetworkState, type Stack } from '../../state/network-state.ts';
import { type ConfigText, type Omission, type Writing } from '../dialect.ts';
import { differencesOf, nameOfEntry, normalPart } from '../differences.ts';
import { stackIn } from '../reading.ts';
import { printXml } from '../xml/tree.ts';
import { draftsOf } from './drafts.ts';
import { isGivenOut } from './networks.ts';
import { readLibvirt } from './read.ts';

const folder = 'etc/libvirt/qemu';

export const networkPath = (name: string): string => `${folder}/networks/${name}.xml`;
export const domainPath = (name: string): string => `${folder}/${name}.xml`;

const whyNot = (what: string, { interfaces, routes }: Stack): string => {
  const [part, name] = [what.slice(0, what.indexOf('/')), what.slice(what.indexOf('/') + 1)];
  if (part === 'interfaces')
    return interfaces[name]?.kind === 'bridge'
      ? 'this bridge is the host’s: it belongs into the host’s own files'
      : 'libvirt configures its own bridges alone';
  if (part !== 'routes') return 'libvirt’s networks and domains have no words for it';
  const route = routes.find((one) => nameOfEntry('routes', one) === name);
  return route?.metric === 0 ? 'libvirt gives every route a metric' : 'libvirt has routes by its own bridges alone';
};

/** libvirt counts taps that it names itself; loopbacks are as they are. */
const isNobodys = (what: string): boolean =>
  what === 'interfaces/lo' || (what.startsWith('interfaces/') && isGivenOut(what.slice('interfaces/'.length)));

/** libvirt advertises on every bridge with an IPv6 address, whoever else does. */
const ownAdvertisements = (host: string, wanted: Stack, said: Stack): readonly Omission[] => {
  const asked = new Set(wanted.services.map((service) => JSON.stringify(service)));
  return said.services.flatMap((service) =>
    service.kind === 'router-advertiser' && !asked.has(JSON.stringify(service))
      ? [
          {
            stack: host,
            what: `networks/${service.interface} without advertisements`,
            why: 'libvirt’s dnsmasq sends its own wherever a bridge has an IPv6 address',
          },
        ]
      : [],
  );
};

const omissionsOf = (files: readonly ConfigText[], host: string, stack: Stack): readonly Omission[] => {
  const wanted = normalPart(stack);
  const said = normalPart(readLibvirt(files, { stack: host }).stacks[host]);
  return [
    ...differencesOf(wanted, said)
      .filter((what) => !isNobodys(what))
      .map((what) => ({ stack: host, what, why: whyNot(what, wanted) })),
    ...ownAdvertisements(host, wanted, said),
  ];
};

export const writeLibvirt = (state: NetworkState, host: string): Writing => {
  const { networks, domains } = draftsOf(state, host);
  const files = [
    ...[...networks].map(([name, draft]) => ({ path: networkPath(name), text: printXml(draft) })),
    ...[...domains].map(([name, draft]) => ({ path: domainPath(name), text: printXml(draft) })),
  ];
  return { files, omissions: omissionsOf(files, host, stackIn(state, host)) };
};
