/**
 * WireGuard over generic netlink (linux/wireguard.h): keys, port and peers of a device, both ways. The private key goes
 * from its file to the kernel of its stack and is told nobody; what the kernel tells of it is not looked at.
 */
import { type StepOf } from '../plan/plan.ts';
import { type WireguardSettings } from '../state/network-state.ts';
import { doorOf, genericSocketOf, type Kernel } from './kernel.ts';
import { indexOf, refreshLinks, type Links } from './links.ts';
import { readAttributes, readEach, readText, readU16, u16, type Attribute } from './netlink-message.ts';
import { dump, sendRequests, type NetlinkSocket } from './netlink-socket.ts';
import { StackLost } from './stack-door.ts';
import { type StepFailure } from './step-failure.ts';
import { asTold, joined, keyOf, peerChanges, peerIn, type SeenPeer } from './wireguard-peers.ts';

const GENL_ID_CTRL = 0x10;
const CTRL_CMD_GETFAMILY = 3;
const CTRL_ATTR = { familyId: 1, familyName: 2 } as const;
const WG_CMD = { get: 0, set: 1 } as const;
const WGDEVICE = { ifindex: 1, privateKey: 3, publicKey: 4, listenPort: 6, peers: 8 } as const;

/** `struct genlmsghdr`. */
const header = (command: number, version: number): Uint8Array => Uint8Array.of(command, version, 0, 0);
const headerBytes = 4;
const none = Buffer.alloc(0);

/** Generic families get their numbers when their modules are loaded. */
const familyOf = (socket: NetlinkSocket): number => {
  const all = dump(socket, { type: GENL_ID_CTRL, fixed: header(CTRL_CMD_GETFAMILY, 1), attributes: [] });
  const found = all
    .map(({ body }) => readAttributes(body.subarray(headerBytes)))
    .find((family) => readText(family.get(CTRL_ATTR.familyName)) === 'wireguard');
  const id = readU16(found?.get(CTRL_ATTR.familyId));
  if (id === undefined) throw new Error('this kernel has no WireGuard');
  return id;
};

/**
 * That of an end which says its public key, as labs' do, is handed over, and never looked for in files of this machine. In a guest the
 * file is there for whoever looks after it; others know the key in the kernel alone.
 */
const privateKey = (kernel: Kernel, { stack, name, to }: StepOf<'set-wireguard'>, path: string): Buffer => {
  const door = doorOf(kernel, stack);
  if (to.publicKey === undefined) {
    const [contents] = door.readFiles([path]);
    if (contents === undefined) throw new Error(`${path} with the private key cannot be read`);
    return keyOf(contents.toString('utf8'), `what is in ${path}`);
  }
  const key = kernel.privateKeys.get(to.publicKey);
  if (key === undefined) throw new Error(`nobody has the private key of ${stack}/${name} to ${to.publicKey}`);
  if (door.kind === 'guest') door.writeFiles([{ path, contents: `${key}\n`, mode: 0o600 }]);
  return keyOf(key, `the private key of ${stack}/${name}`);
};

/** Sets up a device that is there; why it could not be, in words. */
const configure = (kernel: Kernel, step: StepOf<'set-wireguard'>, index: number): string | undefined => {
  const { stack, name, from, to } = step;
  const { privateKeyFile, listenPort } = to;
  try {
    const socket = genericSocketOf(kernel, stack);
    const own: Attribute[] = [
      ...(privateKeyFile === undefined
        ? []
        : [[WGDEVICE.privateKey, privateKey(kernel, step, privateKeyFile)] as const]),
      ...(listenPort === from.listenPort ? [] : [[WGDEVICE.listenPort, u16(listenPort ?? 0)] as const]),
    ];
    const type = familyOf(socket);
    const [refusal] = sendRequests(
      socket,
      peerChanges(from, to).map((peers, place) => ({
        ...{ type, flags: 0, fixed: header(WG_CMD.set, 1) },
        attributes: [[WGDEVICE.ifindex, index], ...(place === 0 ? own : []), [WGDEVICE.peers, peers]],
      })),
    );
    if (refusal === undefined) kernel.wireguards.set(`${stack} ${name}`, to);
    return refusal?.message;
  } catch (error) {
    if (error instanceof StackLost) throw error;
    return (error as Error).message;
  }
};

const speaksFirst = ({ to }: StepOf<'set-wireguard'>): boolean =>
  to.peers.some(({ keepaliveSeconds, endpoint }) => keepaliveSeconds !== undefined && endpoint !== undefined);

/** Who is not heard the first time tries again after five seconds: those that are spoken to come first. */
export const setWireguards = (kernel: Kernel, links: Links, steps: readonly StepOf<'set-wireguard'>[]): StepFailure[] =>
  steps
    .toSorted((a, b) => Number(speaksFirst(a)) - Number(speaksFirst(b)))
    .flatMap((step) => {
      if (!links.has(step.stack)) refreshLinks(kernel, links, step.stack);
      const message = configure(kernel, step, indexOf(links, step.stack, step.name));
      return message === undefined ? [] : [{ step, message }];
    });

type Attributes = ReturnType<typeof readAttributes>;

/** What the kernel tells of a device, a piece an answer. */
const dumped = (kernel: Kernel, stack: string, index: number): readonly Attributes[] => {
  const socket = genericSocketOf(kernel, stack);
  return dump(socket, {
    type: familyOf(socket),
    fixed: header(WG_CMD.get, 1),
    attributes: [[WGDEVICE.ifindex, index]],
  }).map(({ body }) => readAttributes(body.subarray(headerBytes)));
};

const seenPeers = (bodies: readonly Attributes[]): readonly SeenPeer[] =>
  joined(bodies.flatMap((body) => readEach(body.get(WGDEVICE.peers) ?? none, 0)).map(peerIn));

/** Public keys of the peers that a device has had a handshake with. */
export const handshakesOf = (kernel: Kernel, stack: string, index: number): ReadonlySet<string> =>
  new Set(seenPeers(dumped(kernel, stack, index)).flatMap(({ peer, isKnown }) => (isKnown ? [peer.publicKey] : [])));

/**
 * What a device is set to. Where a port may be any, what the kernel chose is no setting; from which file the key came it does not
 * know.
 */
export const readWireguard = (
  kernel: Kernel,
  stack: string,
  { name, index }: { readonly name: string; readonly index: number },
): WireguardSettings => {
  const told = kernel.wireguards.get(`${stack} ${name}`);
  const bodies = dumped(kernel, stack, index);
  const listenPort = readU16(bodies[0]?.get(WGDEVICE.listenPort));
  const isChosen = told !== undefined && told.listenPort === undefined;
  const publicKey = bodies[0]?.get(WGDEVICE.publicKey)?.toString('base64');
  return {
    ...(told?.privateKeyFile === undefined ? {} : { privateKeyFile: told.privateKeyFile }),
    ...(told?.publicKey === undefined || publicKey === undefined ? {} : { publicKey }),
    ...(listenPort === undefined || isChosen ? {} : { listenPort }),
    peers: asTold(seenPeers(bodies), told?.peers ?? []),
  };
};
