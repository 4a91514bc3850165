/**
 * WireGuard over generic netlink (linux/wireguard.h): keys, port and peers of a device, both ways. The private key goes
 * from its file to the kernel of its stack and is told nobody; what the kernel tells of it is not looked at.
 */
import { isDeepStrictEqual } from 'node:util';
import { type StepOf } from '../plan/plan.ts';
import { bytesOf, parseIp, printIpBytes } from '../net/address.ts';
import { prefix, printPrefix } from '../net/prefix.ts';
import { type WireguardPeer, type WireguardSettings } from '../state/network-state.ts';
import { doorOf, genericSocketOf, type Kernel } from './kernel.ts';
import { indexOf, refreshLinks, type Links } from './links.ts';
import { readAttributes, readEach, readText, readU16, u16, u8, type Attribute } from './netlink-message.ts';
import { dump, sendRequests, type NetlinkSocket } from './netlink-socket.ts';
import { addressIn, AF_INET, AF_INET6, portIn, sockaddr } from './sockaddr.ts';
import { StackLost } from './stack-door.ts';
import { type StepFailure } from './step-failure.ts';

const GENL_ID_CTRL = 0x10;
const CTRL_CMD_GETFAMILY = 3;
const CTRL_ATTR = { familyId: 1, familyName: 2 } as const;
const WG_CMD = { get: 0, set: 1 } as const;
const WGDEVICE = { ifindex: 1, privateKey: 3, publicKey: 4, listenPort: 6, peers: 8 } as const;
const WGPEER = { publicKey: 1, flags: 3, endpoint: 4, keepalive: 5, lastHandshake: 6, allowedIps: 9 } as const;
const WGPEER_F = { removeMe: 1, replaceAllowedIps: 2 } as const;
const WGALLOWEDIP = { family: 1, address: 2, length: 3 } as const;
const keyBytes = 32;

/** `struct genlmsghdr`. */
const header = (command: number, version: number): Uint8Array => Uint8Array.of(command, version, 0, 0);
const headerBytes = 4;

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

const keyOf = (text: string, whose: string): Buffer => {
  const key = Buffer.from(text.trim(), 'base64');
  if (key.length !== keyBytes) throw new Error(`${whose} is no WireGuard key: 32 bytes in base64`);
  return key;
};

const endpointOf = (text: string): Uint8Array => {
  const [, bracketed, plain, port] = /^(?:\[(.+)\]|([^:]+)):(\d+)$/.exec(text) ?? [];
  const address = parseIp(bracketed ?? plain ?? '');
  if (address === undefined) throw new Error(`the endpoint ${text} is no address with a port`);
  return sockaddr(address.family, bracketed ?? plain ?? '', Number(port));
};

const allowedIp = (text: string): Attribute => {
  const block = prefix(text);
  return [
    0,
    [
      [WGALLOWEDIP.family, u16(block.family === 4 ? AF_INET : AF_INET6)],
      [WGALLOWEDIP.address, bytesOf(block)],
      [WGALLOWEDIP.length, u8(block.length)],
    ],
  ];
};

const peerAttributes = ({ publicKey, endpoint, keepaliveSeconds, allowedPrefixes }: WireguardPeer): Attribute => [
  0,
  [
    [WGPEER.publicKey, keyOf(publicKey, publicKey)],
    [WGPEER.flags, WGPEER_F.replaceAllowedIps],
    ...(endpoint === undefined ? [] : [[WGPEER.endpoint, endpointOf(endpoint)] as const]),
    [WGPEER.keepalive, u16(keepaliveSeconds ?? 0)],
    [WGPEER.allowedIps, allowedPrefixes.map(allowedIp)],
  ],
];

const removal = ({ publicKey }: WireguardPeer): Attribute => [
  0,
  [
    [WGPEER.publicKey, keyOf(publicKey, publicKey)],
    [WGPEER.flags, WGPEER_F.removeMe],
  ],
];

/** Those that are as they were keep their sessions; who is no longer told where a peer is forgets it with the peer. */
const peerChanges = (from: WireguardSettings, to: WireguardSettings): readonly Attribute[] => {
  const before = new Map(from.peers.map((peer) => [peer.publicKey, peer]));
  const after = new Map(to.peers.map((peer) => [peer.publicKey, peer]));
  const gone = from.peers.filter((peer) => {
    const now = after.get(peer.publicKey);
    return now === undefined || (peer.endpoint !== undefined && now.endpoint === undefined);
  });
  const changed = to.peers.filter((peer) => !isDeepStrictEqual(peer, before.get(peer.publicKey)));
  return [...gone.map(removal), ...changed.map(peerAttributes)];
};

/** In a guest the file is there for whoever looks after it; others know the key in the kernel alone. */
const privateKey = (kernel: Kernel, stack: string, name: string, path: string): Buffer => {
  const door = doorOf(kernel, stack);
  const given = kernel.privateKeys.get(`${stack}/${name}`);
  if (given === undefined) {
    const [contents] = door.readFiles([path]);
    if (contents === undefined) throw new Error(`${path} with the private key cannot be read`);
    return keyOf(contents.toString('utf8'), `what is in ${path}`);
  }
  if (door.kind === 'guest') door.writeFiles([{ path, contents: `${given}\n`, mode: 0o600 }]);
  return keyOf(given, `the private key of ${name}`);
};

/** Sets up a device that is there; why it could not be, in words. */
const configure = (
  kernel: Kernel,
  { stack, name, from, to }: StepOf<'set-wireguard'>,
  index: number,
): string | undefined => {
  const { privateKeyFile, listenPort } = to;
  try {
    const socket = genericSocketOf(kernel, stack);
    const attributes: Attribute[] = [
      [WGDEVICE.ifindex, index],
      ...(privateKeyFile === undefined
        ? []
        : [[WGDEVICE.privateKey, privateKey(kernel, stack, name, privateKeyFile)] as const]),
      ...(listenPort === from.listenPort ? [] : [[WGDEVICE.listenPort, u16(listenPort ?? 0)] as const]),
      [WGDEVICE.peers, peerChanges(from, to)],
    ];
    const [refusal] = sendRequests(socket, [
      { type: familyOf(socket), flags: 0, fixed: header(WG_CMD.set, 1), attributes },
    ]);
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

const allowedIn = (entry: Buffer): string => {
  const attributes = readAttributes(entry);
  const address = printIpBytes(attributes.get(WGALLOWEDIP.address) ?? Buffer.alloc(4));
  return printPrefix(prefix(`${address}/${attributes.get(WGALLOWEDIP.length)?.[0] ?? 0}`));
};

const endpointText = (bytes: Buffer): string => {
  const address = addressIn(bytes);
  return `${address.includes(':') ? `[${address}]` : address}:${portIn(bytes)}`;
};

const none = Buffer.alloc(0);

const peerIn = (entry: Buffer): WireguardPeer => {
  const attributes = readAttributes(entry);
  const endpoint = attributes.get(WGPEER.endpoint);
  return {
    publicKey: (attributes.get(WGPEER.publicKey) ?? none).toString('base64'),
    ...(endpoint === undefined ? {} : { endpoint: endpointText(endpoint) }),
    allowedPrefixes: readEach(attributes.get(WGPEER.allowedIps) ?? none, 0).map(allowedIn),
    keepaliveSeconds: readU16(attributes.get(WGPEER.keepalive)) ?? 0,
  };
};

/** A peer with many prefixes comes in several pieces, the later ones without anything else. */
const joined = (peers: readonly WireguardPeer[]): readonly WireguardPeer[] => {
  const byKey = new Map<string, WireguardPeer>();
  for (const peer of peers) {
    const first = byKey.get(peer.publicKey);
    const allowedPrefixes = [...(first?.allowedPrefixes ?? []), ...peer.allowedPrefixes];
    byKey.set(peer.publicKey, { ...(first ?? peer), allowedPrefixes });
  }
  return [...byKey.values()];
};

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

const peerEntries = (bodies: readonly Attributes[]): readonly Buffer[] =>
  bodies.flatMap((body) => readEach(body.get(WGDEVICE.peers) ?? none, 0));

/** Public keys of the peers that a device has had a handshake with. */
export const handshakesOf = (kernel: Kernel, stack: string, index: number): ReadonlySet<string> =>
  new Set(
    peerEntries(dumped(kernel, stack, index))
      .map((entry) => readAttributes(entry))
      // A `struct __kernel_timespec`, all zero before the first one.
      .filter((attributes) => attributes.get(WGPEER.lastHandshake)?.some((byte) => byte !== 0) === true)
      .map((attributes) => (attributes.get(WGPEER.publicKey) ?? none).toString('base64')),
  );

/**
 * What a device is set to. Where a peer may be found by the packets that it sends, and a port be any, what the kernel found
 * or chose is no setting; from which file the key came it does not know.
 */
export const readWireguard = (
  kernel: Kernel,
  stack: string,
  { name, index }: { readonly name: string; readonly index: number },
): WireguardSettings => {
  const told = kernel.wireguards.get(`${stack} ${name}`);
  const bodies = dumped(kernel, stack, index);
  const listenPort = readU16(bodies[0]?.get(WGDEVICE.listenPort));
  const peers = joined(peerEntries(bodies).map(peerIn));
  const isFound = ({ publicKey }: WireguardPeer): boolean =>
    told?.peers.some((peer) => peer.publicKey === publicKey && peer.endpoint === undefined) === true;
  const isChosen = told !== undefined && told.listenPort === undefined;
  const publicKey = bodies[0]?.get(WGDEVICE.publicKey)?.toString('base64');
  return {
    ...(told?.privateKeyFile === undefined ? {} : { privateKeyFile: told.privateKeyFile }),
    ...(told?.publicKey === undefined || publicKey === undefined ? {} : { publicKey }),
    ...(listenPort === undefined || isChosen ? {} : { listenPort }),
    peers: peers.map((peer) => {
      const { endpoint: _found, ...rest } = peer;
      return isFound(peer) ? rest : peer;
    }),
  };
};
