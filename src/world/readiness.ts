/**
 * What machines have not come to, and at which stage each stands: its link, the offer of a DHCP server, its
 * acknowledgement, an advertised prefix, an address, the port that it serves on. Looked at in the stacks as they are now.
 */
import { hasStack, isGuest, socketOf, type Kernel } from '../linux/kernel.ts';
import { readAddresses, readLinks, type Link, type ReadAddress } from '../linux/rtnetlink-read.ts';
import { unlessLost } from '../linux/stack-door.ts';
import { type CableEnd, type Interface, type NetworkState } from '../state/network-state.ts';
import { type Service } from '../state/service.ts';
import { unadvertised } from './listeners.ts';
import { wordsOf } from './service-log.ts';
import { isListening, leaseOf, portOf } from './service-status.ts';
import { interfaceOfService, type Running } from './services.ts';
import { type Shortfall } from './shortfall.ts';
import { type Site } from './site.ts';

/** What is seen of a DHCP client. */
export interface ClientSigns {
  readonly hasLink: boolean;
  /** What it said last (udhcpc), oldest first. */
  readonly words: readonly string[];
  /** As `10.0.0.3/24 for 600 s from 10.0.0.1`, once it has one. */
  readonly lease: string | undefined;
  /** Addresses that its interface has. */
  readonly addresses: readonly string[];
}

type Standing = Pick<Shortfall, 'stage' | 'detail'>;

const selection = /broadcasting select for ([\d.]+), server ([\d.]+)/;

/** Whether the address that was given is in use. */
const standingOfLease = (lease: string, addresses: readonly string[]): Standing | undefined => {
  const address = lease.split('/')[0] ?? '';
  return addresses.includes(address)
    ? undefined
    : { stage: 'address', detail: `it was given ${address}, which is not on it` };
};

/** The same for DHCPv6 (RFC 8415 section 18.2), in the words of dhclient. */
export const client6Standing = ({ hasLink, words, lease, addresses }: ClientSigns): Standing | undefined => {
  if (!hasLink) return { stage: 'link', detail: 'it has no link' };
  if (lease !== undefined) return standingOfLease(lease, addresses);
  const requests = words.findLastIndex((line) => line.startsWith('XMT: Request'));
  return requests > words.findLastIndex((line) => line.startsWith('XMT: Solicit'))
    ? { stage: 'acknowledgement', detail: 'a DHCPv6 server has not acknowledged its request' }
    : { stage: 'offer', detail: 'no DHCPv6 server has made it an offer' };
};

/** Where a DHCP client stands (RFC 2131 section 3.1); undefined where it has all that it asked for. */
export const clientStanding = ({ hasLink, words, lease, addresses }: ClientSigns): Standing | undefined => {
  if (!hasLink) return { stage: 'link', detail: 'it has no link' };
  if (lease !== undefined) return standingOfLease(lease, addresses);
  const last = words.findLastIndex((line) => selection.test(line));
  const [, address, server] = selection.exec(words[last] ?? '') ?? [];
  // A client whose request is not answered begins again with one discovery; several in a row found nobody.
  const discoveries = words.slice(last + 1).filter((line) => line.includes('broadcasting discover')).length;
  return address === undefined || discoveries > 1
    ? { stage: 'offer', detail: 'no DHCP server has made it an offer' }
    : { stage: 'acknowledgement', detail: `${server} offered it ${address}, and has not acknowledged its request` };
};

interface Look {
  readonly links: readonly Link[];
  readonly addresses: readonly ReadAddress[];
}

const lookAt = (kernel: Kernel, stack: string): Look => {
  const socket = socketOf(kernel, stack);
  return { links: readLinks(socket), addresses: readAddresses(socket) };
};

const onLink = ({ links, addresses }: Look, name: string): readonly ReadAddress[] => {
  const index = links.find((link) => link.name === name)?.index;
  return addresses.filter((address) => address.index === index);
};

const hasLink = ({ links }: Look, name: string): boolean => links.some((link) => link.name === name && link.hasCarrier);

const ofClients = (services: readonly Running[], stack: string, look: Look): readonly Shortfall[] =>
  services.flatMap((running) => {
    const { service, log, ended } = running;
    if (running.stack !== stack || ended) return [];
    if (service.kind !== 'dhcp-client' && service.kind !== 'dhcp6-client') return [];
    const standing = (service.kind === 'dhcp-client' ? clientStanding : client6Standing)({
      hasLink: hasLink(look, service.interface),
      words: wordsOf(log),
      lease: leaseOf(running),
      addresses: onLink(look, service.interface).map(({ address }) => address),
    });
    return standing === undefined ? [] : [{ stack, interface: service.interface, ...standing }];
  });

const ofServers = (services: readonly Running[], stack: string): readonly Shortfall[] =>
  services.flatMap((running) => {
    const { service, ended, log } = running;
    const port = portOf(running);
    if (running.stack !== stack || port === undefined || (!ended && isListening(running))) return [];
    const detail = ended
      ? wordsOf(log).slice(-2).join('; ')
      : `nobody listens on ${port.protocol.toUpperCase()} port ${port.port}`;
    return [{ stack, interface: interfaceOfService(service), stage: 'port', detail }];
  });

/** Zones that a name server does not serve as they are to be: its primary may be out of reach. */
const ofCopies = (services: readonly Running[], stack: string): readonly Shortfall[] =>
  services.flatMap(({ stack: own, lacks }) =>
    own === stack && lacks.length > 0
      ? [{ stack, interface: '', stage: 'zone', detail: `it has not got ${lacks.join(', ')} as served elsewhere` }]
      : [],
  );

/** The other end of each cable between interfaces that are to be up. */
const farEnds = ({ cables, stacks }: NetworkState, stack: string): ReadonlyMap<string, CableEnd> => {
  const isUp = (end: CableEnd): boolean => stacks[end.stack]?.interfaces[end.interface]?.up === true;
  return new Map(
    cables
      .filter(({ a, b }) => isUp(a) && isUp(b))
      .flatMap(({ a, b }) => [
        ...(a.stack === stack ? [[a.interface, b] as const] : []),
        ...(b.stack === stack ? [[b.interface, a] as const] : []),
      ]),
  );
};

const ofInterface = (look: Look, name: string, { addresses }: Interface, far: CableEnd | undefined): Standing[] => {
  if (far !== undefined && !hasLink(look, name))
    return [{ stage: 'link', detail: `it has no link to \`${far.stack}\`` }];
  const present = onLink(look, name);
  return addresses.flatMap(({ address, prefixLength }) => {
    const found = present.find((it) => it.address === address && it.prefixLength === prefixLength);
    if (found === undefined) return [{ stage: 'address', detail: `${address}/${prefixLength} is not on it` }];
    return found.isTentative
      ? [{ stage: 'address', detail: `${address}/${prefixLength} is not in use yet, or another machine has it` }]
      : [];
  });
};

const ofStack = ({ kernel, services }: Site, desired: NetworkState, stack: string): readonly Shortfall[] => {
  const look = lookAt(kernel, stack);
  const clients = ofClients(services.running, stack, look);
  const far = farEnds(desired, stack);
  const interfaces = Object.entries(desired.stacks[stack]?.interfaces ?? {})
    .filter(([name]) => clients.every((client) => client.interface !== name))
    .flatMap(([name, it]) =>
      ofInterface(look, name, it, far.get(name)).map((standing) => ({ stack, interface: name, ...standing })),
    );
  return [...interfaces, ...clients, ...ofServers(services.running, stack), ...ofCopies(services.running, stack)];
};

/** Of the stacks of `desired` that `isAsked` chooses and that answer, in their order. */
export const shortfallsOf = (
  site: Site,
  desired: NetworkState,
  isAsked: (stack: string) => boolean,
): readonly Shortfall[] => {
  const asked = Object.keys(desired.stacks).filter((stack) => isAsked(stack) && hasStack(site.kernel, stack));
  const silent = unadvertised(site.kernel, desired, (stack) => asked.includes(stack));
  return asked.flatMap((stack) => {
    const found = unlessLost(() => ofStack(site, desired, stack)) ?? [];
    const advertised = silent
      .filter((listener) => listener.stack === stack && !found.some((it) => it.interface === listener.interface))
      .map((listener): Shortfall => ({
        stack,
        interface: listener.interface,
        stage: 'advertisement',
        detail: 'it has not heard all that routers are to advertise',
      }));
    return [...found, ...advertised];
  });
};

const listensToRouters = ({ stacks }: NetworkState, stack: string): boolean =>
  Object.entries(stacks[stack]?.sysctls ?? {}).some(([key, text]) => key.endsWith('/accept_ra') && Number(text) > 0);

const servesMachines: ReadonlySet<Service['kind']> = new Set([
  ...(['name-server', 'dhcp-server', 'dhcp6-server', 'watcher', 'web-server', 'time-server'] as const),
  ...(['mail-server', 'file-server'] as const),
  ...(['relayed-dhcp-server', 'relayed-dhcp6-server', 'dhcp-relay'] as const),
]);

/** What `up` looks at: machines with a kernel of their own, and those that ask others for something or serve them. */
export const isWorthALook = ({ kernel, services }: Site, desired: NetworkState): ((stack: string) => boolean) => {
  const involved = new Set(
    services.running
      .filter(({ service, command }) => servesMachines.has(service.kind) || command?.leaseFile !== undefined)
      .map(({ stack }) => stack),
  );
  return (stack) => involved.has(stack) || isGuest(kernel, stack) || listensToRouters(desired, stack);
};
