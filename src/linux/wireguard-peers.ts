/** Peers of WireGuard as netlink has them (linux/wireguard.h): changes to be written, and what is read. */
import { isDeepStrictEqual } from 'node:util';
import { bytesOf, ip, printIp, printIpBytes } from '../net/address.ts';
import { parseEndpoint, printEndpoint } from '../net/endpoint.ts';
import { prefix, printPrefix } from '../net/prefix.ts';
import { type WireguardPeer, type WireguardSettings } from '../state/network-state.ts';
import { attributesBytes, readAttributes, readEach, readU16, u16, u8, type Attribute } from './netlink-message.ts';
import { addressIn, AF_INET, AF_INET6, portIn, sockaddr } from './sockaddr.ts';

const WGPEER = { publicKey: 1, flags: 3, endpoint: 4, keepalive: 5, lastHandshake: 6, allowedIps: 9 } as const;
const WGPEER_F = { removeMe: 1, replaceAllowedIps: 2 } as const;
const WGALLOWEDIP = { family: 1, address: 2, length: 3 } as const;
const keyBytes = 32;

export const keyOf = (text: string, whose: string): Buffer => {
  const key = Buffer.from(text.trim(), 'base64');
  if (key.length !== keyBytes) throw new Error(`${whose} is no WireGuard key: 32 bytes in base64`);
  return key;
};

const endpointBytes = (text: string): Uint8Array => {
  const endpoint = parseEndpoint(text);
  if (endpoint === undefined) throw new Error(`the endpoint ${text} is no address with a port`);
  return sockaddr(endpoint.address.family, printIp(endpoint.address), endpoint.port);
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

/** An attribute has less than 64 KiB: a prefix takes 40 bytes at most. */
const prefixesAPiece = 500;

/** A peer, and where it has many prefixes more of the same, which take nothing away (wg(8) does it so). */
const peerPieces = ({
  publicKey,
  endpoint,
  keepaliveSeconds,
  allowedPrefixes,
}: WireguardPeer): readonly Attribute[] => {
  const key = [WGPEER.publicKey, keyOf(publicKey, publicKey)] as const;
  const first: Attribute = [
    0,
    [
      key,
      [WGPEER.flags, WGPEER_F.replaceAllowedIps],
      ...(endpoint === undefined ? [] : [[WGPEER.endpoint, endpointBytes(endpoint)] as const]),
      [WGPEER.keepalive, u16(keepaliveSeconds ?? 0)],
      [WGPEER.allowedIps, allowedPrefixes.slice(0, prefixesAPiece).map(allowedIp)],
    ],
  ];
  const pieces = [first];
  for (let at = prefixesAPiece; at < allowedPrefixes.length; at += prefixesAPiece)
    pieces.push([0, [key, [WGPEER.allowedIps, allowedPrefixes.slice(at, at + prefixesAPiece).map(allowedIp)]]]);
  return pieces;
};

const removal = ({ publicKey }: WireguardPeer): Attribute => [
  0,
  [
    [WGPEER.publicKey, keyOf(publicKey, publicKey)],
    [WGPEER.flags, WGPEER_F.removeMe],
  ],
];

/** What goes into one message: with the largest piece on top it stays below the 64 KiB of the attribute around it. */
const messageBytes = 32_768;

/** In their order, by messages; one without any where there are none. */
const byMessage = (pieces: readonly Attribute[]): readonly (readonly Attribute[])[] => {
  const messages: Attribute[][] = [[]];
  let bytes = 0;
  for (const piece of pieces) {
    if (bytes >= messageBytes) {
      messages.push([]);
      bytes = 0;
    }
    messages.at(-1)?.push(piece);
    bytes += attributesBytes([piece]).length;
  }
  return messages;
};

/**
 * The peers of each message that changes a device, at least one. Those that are as they were keep their sessions; who is no
 * longer told where a peer is forgets it with the peer.
 */
export const peerChanges = (from: WireguardSettings, to: WireguardSettings): readonly (readonly Attribute[])[] => {
  const before = new Map(from.peers.map((peer) => [peer.publicKey, peer]));
  const after = new Map(to.peers.map((peer) => [peer.publicKey, peer]));
  const gone = from.peers.filter((peer) => {
    const now = after.get(peer.publicKey);
    return now === undefined || (peer.endpoint !== undefined && now.endpoint === undefined);
  });
  const changed = to.peers.filter((peer) => !isDeepStrictEqual(peer, before.get(peer.publicKey)));
  return byMessage([...gone.map(removal), ...changed.flatMap(peerPieces)]);
};

const allowedIn = (entry: Buffer): string => {
  const attributes = readAttributes(entry);
  const address = printIpBytes(attributes.get(WGALLOWEDIP.address) ?? Buffer.alloc(4));
  return printPrefix(prefix(`${address}/${attributes.get(WGALLOWEDIP.length)?.[0] ?? 0}`));
};

const none = Buffer.alloc(0);

/** A peer as the kernel tells of it. */
export interface SeenPeer {
  /** With the endpoint that it was last heard from. */
  readonly peer: WireguardPeer;
  /** Whether there was a handshake with it. */
  readonly isKnown: boolean;
}

export const peerIn = (entry: Buffer): SeenPeer => {
  const attributes = readAttributes(entry);
  const endpoint = attributes.get(WGPEER.endpoint);
  const peer = {
    publicKey: (attributes.get(WGPEER.publicKey) ?? none).toString('base64'),
    ...(endpoint === undefined
      ? {}
      : { endpoint: printEndpoint({ address: ip(addressIn(endpoint)), port: portIn(endpoint) }) }),
    allowedPrefixes: readEach(attributes.get(WGPEER.allowedIps) ?? none, 0).map(allowedIn),
    keepaliveSeconds: readU16(attributes.get(WGPEER.keepalive)) ?? 0,
  };
  // A `struct __kernel_timespec`, all zero before the first one.
  return { peer, isKnown: attributes.get(WGPEER.lastHandshake)?.some((byte) => byte !== 0) === true };
};

/** A peer with many prefixes comes in several pieces, the later ones without anything else. */
export const joined = (pieces: readonly SeenPeer[]): readonly SeenPeer[] => {
  const byKey = new Map<string, { readonly first: SeenPeer; readonly allowedPrefixes: string[] }>();
  for (const piece of pieces) {
    const { publicKey, allowedPrefixes } = piece.peer;
    const known = byKey.get(publicKey);
    if (known === undefined) byKey.set(publicKey, { first: piece, allowedPrefixes: [...allowedPrefixes] });
    else for (const block of allowedPrefixes) known.allowedPrefixes.push(block);
  }
  return [...byKey.values()].map(({ first, allowedPrefixes }) => ({
    ...first,
    peer: { ...first.peer, allowedPrefixes },
  }));
};

/**
 * What peers are set to. Where one may be found by the packets that it sends, where that is is no setting; and once it was
 * heard from, the kernel no longer knows the place that it was told.
 */
export const asTold = (seen: readonly SeenPeer[], told: readonly WireguardPeer[]): readonly WireguardPeer[] => {
  const before = new Map(told.map((peer) => [peer.publicKey, peer]));
  return seen.map(({ peer, isKnown }) => {
    const one = before.get(peer.publicKey);
    if (one === undefined || (one.endpoint !== undefined && !isKnown)) return peer;
    const { endpoint: _found, ...rest } = peer;
    return one.endpoint === undefined ? rest : { ...rest, endpoint: one.endpoint };
  });
};
