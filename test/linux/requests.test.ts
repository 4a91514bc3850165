/**
 * Requests for what not every kernel has, as iproute2 sends them (`ip link add`, `bridge vlan add`, read with strace)
 * but for the zero that ends a kind's name, and what such kernels answer, read back.
 */
import { describe, expect, it } from 'vitest';
import { linkOf, vlansOf } from '../../src/linux/link-dumps.ts';
import {
  attributesBytes,
  messageBytes,
  u16,
  u16be,
  u8,
  type Attribute,
  type NetlinkRequest,
} from '../../src/linux/netlink-message.ts';
import { newBridge, newLink, setVlanFiltering, vlanRequest, vlanRequests } from '../../src/linux/rtnetlink-write.ts';
import { type Interface } from '../../src/state/network-state.ts';

/** Fixed part and attributes as hexadecimal text, the mark of nested attributes (NLA_F_NESTED) left out. */
const bytesIn = (request: NetlinkRequest): string => {
  const unmarked = (attributes: readonly Attribute[]): Attribute[] =>
    attributes.map(([type, value]) => [type, Array.isArray(value) ? attributesBytes(unmarked(value)) : value]);
  return messageBytes({ ...request, attributes: unmarked(request.attributes) }, 0)
    .subarray(16)
    .toString('hex');
};
const kindOf = (request: NetlinkRequest): number => request.type;

const plain = { mtuBytes: 1500, up: false, addresses: [] } as const;
const infoOf = (name: string, link: Interface, base?: number): string =>
  bytesIn(newLink(name, 9, link, base, undefined));

describe('requests', () => {
  it('make a VLAN link', () => {
    const bytes = infoOf('v10', { ...plain, kind: 'vlan', vlan: { link: 'eth0', id: 10 } }, 3);
    expect(bytes).toContain('0800050003000000');
    expect(bytes).toContain('09000100766c616e00000000' + '0c000200' + '060001000a000000');
  });

  it('make a tunnel', () => {
    const tunnel = { mode: 'sit', local: '192.0.2.1', remote: '192.0.2.2' } as const;
    expect(infoOf('t0', { ...plain, kind: 'tunnel', tunnel })).toContain(
      '0800010073697400' + '1c000200' + '08000200c0000201' + '08000300c0000202' + '0500040000000000',
    );
  });

  it('make a bridge filter VLANs', () => {
    const bridge = { stp: false, forwardDelaySeconds: 15, vlanFiltering: true } as const;
    expect(bytesIn(newBridge('br2', 9, { ...plain, kind: 'bridge', bridge }))).toContain('0500070001000000');
    expect(bytesIn(setVlanFiltering(9, false))).toBe(
      '00000000' +
        '09000000' +
        '0000000000000000' +
        '1c001200' +
        '0b00010062726964676500' +
        '00' +
        '0c000200' +
        '0500070000000000',
    );
  });

  it('give a port and a bridge their VLANs', () => {
    const vlan = { id: 10, pvid: true, untagged: true } as const;
    const port = '07000000' + '05000000' + '0000000000000000';
    expect(bytesIn(vlanRequest('add', 'port', 5, vlan))).toBe(`${port}0c001a000800020006000a00`);
    expect(bytesIn(vlanRequest('remove', 'port', 5, vlan))).toBe(`${port}0c001a000800020000000a00`);
    expect(bytesIn(vlanRequest('add', 'bridge', 5, vlan))).toBe(`${port}14001a0006000000020000000800020006000a00`);
    expect(['add', 'remove'].map((verb) => kindOf(vlanRequest(verb as 'add' | 'remove', 'port', 5, vlan)))).toEqual([
      19, 17,
    ]);
  });

  it('take from some VLANs to others only what differs', () => {
    const born = { id: 1, pvid: true, untagged: true } as const;
    expect(vlanRequests('port', 5, undefined, undefined)).toEqual([]);
    expect(vlanRequests('port', 5, undefined, [born, { id: 7 }])).toEqual([vlanRequest('add', 'port', 5, { id: 7 })]);
    expect(vlanRequests('port', 5, [{ id: 7 }, { id: 8 }], [{ id: 7, untagged: true }])).toEqual([
      vlanRequest('remove', 'port', 5, { id: 8 }),
      vlanRequest('add', 'port', 5, { id: 7, untagged: true }),
    ]);
    expect(vlanRequests('port', 5, [{ id: 7 }])).toEqual([
      vlanRequest('remove', 'port', 5, { id: 7 }),
      vlanRequest('add', 'port', 5, born),
    ]);
  });
});

describe('answers', () => {
  const body = (attributes: readonly Attribute[]): Buffer =>
    Buffer.concat([Buffer.alloc(16), attributesBytes(attributes)]);
  const answer = (kind: string, data: readonly Attribute[], more: readonly Attribute[] = []): Buffer =>
    body([
      [3, 'x'],
      ...more,
      [
        18,
        [
          [1, kind],
          [2, data],
        ],
      ],
    ]);

  it('tell of a VLAN link, but of no other protocol than 802.1Q', () => {
    const customer = answer(
      'vlan',
      [
        [1, u16(10)],
        [5, u16be(0x8100)],
      ],
      [[5, 3]],
    );
    expect(linkOf(customer)).toMatchObject({ base: 3, nature: { vlanId: 10 } });
    expect(
      linkOf(
        answer('vlan', [
          [1, u16(10)],
          [5, u16be(0x88a8)],
        ]),
      ).nature,
    ).toEqual({});
  });

  it('tell of a tunnel', () => {
    const ends: readonly Attribute[] = [
      [2, Uint8Array.of(192, 0, 2, 1)],
      [3, Uint8Array.of(0, 0, 0, 0)],
    ];
    expect(linkOf(answer('sit', ends)).nature).toEqual({ tunnel: { mode: 'sit', local: '192.0.2.1' } });
  });

  it('tell whether a bridge filters VLANs, and by which', () => {
    const filtering = answer('bridge', [
      [1, 1500],
      [5, 0],
      [7, u8(1)],
    ]);
    expect(linkOf(filtering).nature.bridge).toEqual({ stp: false, forwardDelaySeconds: 15, vlanFiltering: true });
    const spec: readonly Attribute[] = [
      [2, Buffer.concat([u16(6), u16(1)])],
      [2, Buffer.concat([u16(0), u16(10)])],
    ];
    expect(vlansOf(body([[26, spec]]))).toEqual([{ id: 1, pvid: true, untagged: true }, { id: 10 }]);
  });
});
