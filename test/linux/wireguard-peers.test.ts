/** Peers of WireGuard in messages: split where they are many, and read as they were told. */
import { describe, expect, it } from 'vitest';
import { attributesBytes, readAttributes, readEach, type Attribute } from '../../src/linux/netlink-message.ts';
import { asTold, joined, peerChanges, peerIn, type SeenPeer } from '../../src/linux/wireguard-peers.ts';
import { type WireguardPeer } from '../../src/state/network-state.ts';

const keyOf = (number: number): string => {
  const bytes = Buffer.alloc(32);
  bytes.writeUInt32LE(number + 1);
  return bytes.toString('base64');
};

const client = (number: number): WireguardPeer => ({
  publicKey: keyOf(number),
  allowedPrefixes: [`10.${number >> 8}.${number & 255}.1/32`, `fd00::1:${number.toString(16)}/128`],
  keepaliveSeconds: 0,
});

const clients = (count: number): readonly WireguardPeer[] =>
  Array.from({ length: count }, (_, number) => client(number));

interface Told {
  readonly peer: WireguardPeer;
  readonly flags: number;
}

const tellOf = (message: readonly Attribute[]): readonly Told[] => {
  const bytes = attributesBytes(message);
  expect(bytes.length).toBeLessThan(65_532);
  return readEach(bytes, 0).map((entry) => ({
    peer: peerIn(entry).peer,
    flags: readAttributes(entry).get(3)?.readUInt32LE(0) ?? 0,
  }));
};

describe('peers that are told', () => {
  it('go into messages that an attribute of 64 KiB can hold', () => {
    const peers = clients(3000);
    const messages = peerChanges({ peers: [] }, { peers }).map(tellOf);
    expect(messages.length).toBeGreaterThan(1);
    expect(messages.flat().map(({ peer }) => peer)).toEqual(peers);
  });

  it('are gone before others come', () => {
    const flags = peerChanges({ peers: clients(2000) }, { peers: [client(5000)] })
      .flatMap(tellOf)
      .map((told) => told.flags);
    expect(flags).toEqual([...Array.from({ length: 2000 }, () => 1), 2]);
  });

  it('have any number of prefixes, the later of which take nothing away', () => {
    const allowedPrefixes = Array.from({ length: 4000 }, (_, number) => `fd00:0:0:${number.toString(16)}::/64`);
    const [peer] = clients(1);
    if (peer === undefined) throw new Error('there is none');
    const told = peerChanges({ peers: [] }, { peers: [{ ...peer, allowedPrefixes }] }).flatMap(tellOf);
    expect(told.map(({ flags }) => flags)).toEqual([2, ...Array.from({ length: told.length - 1 }, () => 0)]);
    const [whole, ...more] = joined(told.map((one): SeenPeer => ({ peer: one.peer, isKnown: false })));
    expect(more).toEqual([]);
    expect(whole?.peer.allowedPrefixes).toHaveLength(4000);
    expect(new Set(whole?.peer.allowedPrefixes).size).toBe(4000);
  });

  it('are none in the one message of a device without changes', () => {
    expect(peerChanges({ peers: clients(3) }, { peers: clients(3) })).toEqual([[]]);
  });
});

describe('peers that are read', () => {
  const [told, found] = ['203.0.113.1:51820', '203.0.113.9:4500'] as const;
  const seen = (isKnown: boolean): SeenPeer => ({ peer: { ...client(0), endpoint: found }, isKnown });

  it('are where they were told to be, once they were heard from', () => {
    expect(asTold([seen(true)], [{ ...client(0), endpoint: told }])[0]?.endpoint).toBe(told);
    expect(asTold([seen(false)], [{ ...client(0), endpoint: told }])[0]?.endpoint).toBe(found);
  });

  it('are nowhere where that was not told, and where they are seen where nothing was', () => {
    expect(asTold([seen(true)], [client(0)])[0]).toEqual(client(0));
    expect(asTold([seen(true)], [])[0]?.endpoint).toBe(found);
  });
});
