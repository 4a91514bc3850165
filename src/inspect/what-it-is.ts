/** What an interface is and what it leads to, in a few words: ports and uplink of a bridge, the guest behind a tap. */
import { domainTaps } from './claims-libvirt.ts';
import { guestOf, isQemu } from './claims-processes.ts';
import { type HostFacts, type LinkFacts, type PeerFacts, type SwitchRows } from './host-facts.ts';

type SwitchPort = SwitchRows['bridges'][number]['ports'][number];

/** The bridge of Open vSwitch that an interface is a port of, and how. */
export const switchPortOf = (
  { switches }: HostFacts,
  name: string,
): { readonly bridge: string; readonly port: SwitchPort } | undefined =>
  switches?.bridges
    .flatMap(({ name: bridge, ports }) => ports.map((port) => ({ bridge, port })))
    .find(({ bridge, port }) => bridge !== name && port.interfaces.some((it) => it.name === name));

/** The ports of a bridge of either kind, or members of a bond. */
export const portsOf = (host: HostFacts, name: string): readonly string[] => {
  const own = host.switches?.bridges.find((bridge) => bridge.name === name);
  const ports = own?.ports.flatMap(({ interfaces }) => interfaces.map((it) => it.name)).filter((port) => port !== name);
  return ports ?? host.links.filter(({ master }) => master === name).map((link) => link.name);
};

/** Where frames leave the machine: a card, or what rests on one. */
export const leadsOutside = (host: HostFacts, { device, kind, base, name }: LinkFacts): boolean => {
  if (device !== undefined) return true;
  const below = kind === 'bond' ? portsOf(host, name) : kind === 'vlan' && base !== undefined ? [base] : [];
  return host.links.some((link) => below.includes(link.name) && leadsOutside(host, link));
};

const deviceText = ({ driver, bus, address, pci }: NonNullable<LinkFacts['device']>): string => {
  const where = pci ?? `${bus} ${address}`;
  return driver === undefined ? `at ${where}` : `${driver} at ${where}`;
};

const peerText = ({ name, namespace }: PeerFacts): string => {
  if (name !== undefined) return `other end ${name}`;
  if (namespace?.name !== undefined) return `other end in namespace ${namespace.name}`;
  if (namespace?.process !== undefined) return `other end at ${namespace.process}`;
  return 'other end in another namespace';
};

const holderText = (host: HostFacts, name: string): string | undefined => {
  const holder = host.processes.find(({ taps, isHere }) => isHere !== false && taps.includes(name));
  const domain = domainTaps(host).find((tap) => tap.interface === name)?.domain;
  const guest = holder === undefined ? domain : (guestOf(holder) ?? domain);
  if (guest !== undefined) return `guest ${guest}${holder === undefined ? '' : `, process ${holder.pid}`}`;
  if (holder === undefined) return undefined;
  return `${isQemu(holder) ? 'QEMU' : holder.name}, process ${holder.pid}`;
};

const bridgeText = (host: HostFacts, name: string): string => {
  const ports = portsOf(host, name);
  if (ports.length === 0) return 'without ports';
  const named = ports.map((port) => {
    const link = host.links.find((it) => it.name === port);
    return link !== undefined && leadsOutside(host, link) ? `${port} (uplink)` : port;
  });
  return `ports ${named.join(', ')}`;
};

const plainKind = ({ kind, isLoopback, tap, device }: LinkFacts): string => {
  if (isLoopback) return 'loopback';
  if (kind === 'tun') return tap?.mode ?? 'tap';
  if (device?.isWireless === true) return 'wifi';
  return kind === '' ? 'ethernet' : kind;
};

export const isBridge = (host: HostFacts, { kind, name }: LinkFacts): boolean =>
  kind === 'bridge' || host.switches?.bridges.some((bridge) => bridge.name === name) === true;

/** In pieces: the kind first. */
export const whatItIs = (host: HostFacts, link: LinkFacts): readonly string[] => {
  const { name, kind, device, detail, peer, base, master, tap } = link;
  const plugged = switchPortOf(host, name);
  const holder = tap === undefined || isBridge(host, link) ? undefined : holderText(host, name);
  return [
    isBridge(host, link) && kind !== 'bridge' ? 'Open vSwitch bridge' : plainKind(link),
    ...(detail === undefined ? [] : [detail]),
    ...(device === undefined ? [] : [deviceText(device)]),
    ...(isBridge(host, link) ? [bridgeText(host, name)] : []),
    ...(kind === 'bond' ? [`members ${portsOf(host, name).join(', ')}`] : []),
    ...(peer === undefined ? [] : [peerText(peer)]),
    ...(base === undefined || kind === 'veth' ? [] : [`on ${base}`]),
    ...(holder === undefined ? [] : [holder]),
    ...(master === undefined ? [] : [`in ${master}`]),
    ...(plugged === undefined
      ? []
      : [`in ${plugged.bridge}${plugged.port.tag === undefined ? '' : `, VLAN ${plugged.port.tag}`}`]),
    ...(link.isUp ? (link.hasCarrier ? [] : ['no carrier']) : ['down']),
  ];
};
