/** Interfaces with addresses, devices and other ends, by rtnetlink; devices also by /sys, where that shows this namespace. */
import { closeSync, openSync } from 'node:fs';
import { namespaceNumber, readLinkSurroundings, type LinkSurroundings } from '../linux/link-surroundings.ts';
import { type NetlinkSocket } from '../linux/netlink-socket.ts';
import { readAddresses, type Link, type ReadAddress } from '../linux/rtnetlink-read.ts';
import { type AddressFacts, type DeviceFacts, type LinkFacts, type PeerFacts } from '../inspect/host-facts.ts';
import { type Sight } from './sight.ts';

const netnsFolder = '/run/netns';

/** Namespaces that links lead into, by the kernel's number: the name below /run/netns, else a process in it. */
const namespacesBehind = (
  sight: Sight,
  socket: NetlinkSocket,
  numbers: ReadonlySet<number>,
): ReadonlyMap<number, NonNullable<PeerFacts['namespace']>> => {
  const found = new Map<number, NonNullable<PeerFacts['namespace']>>();
  if (numbers.size === 0) return found;
  for (const name of sight.names(netnsFolder) ?? []) {
    const fd = openQuietly(`${netnsFolder}/${name}`);
    if (fd === undefined) continue;
    const number = namespaceNumber(socket, { fd });
    closeSync(fd);
    if (number !== undefined) found.set(number, { name });
  }
  const own = sight.link('/proc/self/ns/net');
  const seen = new Set([own]);
  for (const pid of sight.names('/proc') ?? []) {
    if (found.size >= numbers.size) break;
    if (!/^\d+$/.test(pid)) continue;
    const namespace = sight.link(`/proc/${pid}/ns/net`);
    if (namespace === undefined || seen.has(namespace)) continue;
    seen.add(namespace);
    const number = namespaceNumber(socket, { pid: Number(pid) });
    const process = `${sight.text(`/proc/${pid}/comm`)?.trim() ?? ''} (process ${pid})`;
    if (number !== undefined && !found.has(number)) found.set(number, { process });
  }
  return found;
};

const openQuietly = (path: string): number | undefined => {
  try {
    return openSync(path, 'r');
  } catch {
    return undefined;
  }
};

/** /sys shows the namespace it was mounted in: only an entry with this very index and address is of this link. */
const isOwnEntry = (sight: Sight, { name, index, mac }: Link): boolean =>
  sight.text(`/sys/class/net/${name}/ifindex`)?.trim() === String(index) &&
  sight.text(`/sys/class/net/${name}/address`)?.trim() === (mac ?? '00:00:00:00:00:00');

const lastPart = (path: string | undefined): string | undefined => path?.split('/').at(-1);

const pciAddress = /^[0-9a-f]{4,}:[0-9a-f]{2}:[0-9a-f]{2}\.[0-7]$/;

/** `0000:00:03.0` in `../../../devices/pci0000:00/0000:00:03.0/virtio0`. */
const pciIn = (path: string | undefined): string | undefined =>
  path?.split('/').findLast((part) => pciAddress.test(part));

const deviceOf = (sight: Sight, { link, parent }: LinkSurroundings): DeviceFacts | undefined => {
  const entry = `/sys/class/net/${link.name}`;
  const isOwn = isOwnEntry(sight, link);
  const bus = parent?.bus ?? (isOwn ? lastPart(sight.link(`${entry}/device/subsystem`)) : undefined);
  const address = parent?.name ?? (isOwn ? lastPart(sight.link(`${entry}/device`)) : undefined);
  if (bus === undefined || address === undefined) return undefined;
  const folder = `/sys/bus/${bus}/devices/${address}`;
  const driver = lastPart(sight.link(`${folder}/driver`));
  const pci = bus === 'pci' ? address : pciIn(sight.link(folder));
  return {
    bus,
    address,
    isWireless: isOwn && sight.names(`${entry}/wireless`) !== undefined,
    ...(driver === undefined ? {} : { driver }),
    ...(pci === undefined ? {} : { pci }),
  };
};

const addressFacts = (own: ReadAddress): AddressFacts => ({
  family: own.family,
  address: own.address,
  prefixLength: own.prefixLength,
  scope: own.isLinkScope ? 'link' : own.address === '127.0.0.1' || own.address === '::1' ? 'host' : 'global',
  isDynamic: !own.isPermanent,
});

const detailOf = ({ nature }: Link): string | undefined => {
  if (nature.vlanId !== undefined) return `802.1Q tag ${nature.vlanId}`;
  if (nature.bond !== undefined) return nature.bond.settings.mode;
  if (nature.vxlan !== undefined) return `VXLAN ${nature.vxlan.id}`;
  if (nature.macvlanMode !== undefined) return `mode ${nature.macvlanMode}`;
  if (nature.vrf !== undefined) return `table ${nature.vrf.table}`;
  return nature.bridge?.vlanFiltering === true ? 'filters VLANs' : undefined;
};

export const readLinkFacts = (sight: Sight, socket: NetlinkSocket): readonly LinkFacts[] => {
  const all = readLinkSurroundings(socket);
  const addresses = readAddresses(socket);
  const nameOf = new Map(all.map(({ link }) => [link.index, link.name]));
  const numbers = new Set(all.flatMap(({ farNamespace }) => farNamespace ?? []));
  const namespaces = namespacesBehind(sight, socket, numbers);
  const peerOf = ({ link, farNamespace }: LinkSurroundings): PeerFacts | undefined => {
    if (link.peer === undefined) return undefined;
    if (farNamespace !== undefined) return { namespace: namespaces.get(farNamespace) ?? {} };
    const name = nameOf.get(link.peer);
    return name === undefined ? { namespace: {} } : { name };
  };
  return all.map((each): LinkFacts => {
    const { link, altnames, alias, tap } = each;
    const [master, base] = [link.master, link.base].map((index) =>
      index === undefined ? undefined : nameOf.get(index),
    );
    const [device, peer, detail] = [deviceOf(sight, each), peerOf(each), detailOf(link)];
    return {
      ...{ index: link.index, name: link.name, kind: link.kind, altnames, mtuBytes: link.mtuBytes },
      ...{ isUp: link.isUp, hasCarrier: link.hasCarrier, isLoopback: link.isLoopback },
      addresses: addresses.filter(({ index }) => index === link.index).map(addressFacts),
      ...(alias === undefined ? {} : { alias }),
      ...(link.mac === undefined ? {} : { mac: link.mac }),
      ...(master === undefined ? {} : { master }),
      ...(base === undefined ? {} : { base }),
      ...(peer === undefined ? {} : { peer }),
      ...(device === undefined ? {} : { device }),
      ...(detail === undefined ? {} : { detail }),
      ...(tap === undefined
        ? {}
        : {
            tap: {
              mode: tap.isTap ? 'tap' : 'tun',
              isPersistent: tap.isPersistent,
              ...(tap.owner === undefined ? {} : { ownerUid: tap.owner }),
            },
          }),
    };
  });
};
