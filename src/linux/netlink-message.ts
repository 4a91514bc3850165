/**
 * The bytes of netlink messages (netlink(7), rtnetlink(7)): headers and attributes, written and read. Host byte order
 * is little-endian on every machine this runs on; attributes are padded to four bytes.
 */

export const NLM_F_REQUEST = 1;
export const NLM_F_ACK = 4;
export const NLM_F_DUMP = 0x300;
export const NLM_F_REPLACE = 0x100;
export const NLM_F_EXCL = 0x200;
export const NLM_F_CREATE = 0x400;
export const NLM_F_APPEND = 0x800;

export type AttributeValue = Uint8Array | number | string | readonly Attribute[];
/** `[type, value]`: a number is a u32, a text ends with a zero byte, a list is nested. */
export type Attribute = readonly [type: number, value: AttributeValue];

/** Values of one or two bytes; in the host's order unless the name says big-endian. */
export const u8 = (value: number): Uint8Array => Uint8Array.of(value);
export const u16 = (value: number): Uint8Array => Uint8Array.of(value & 0xff, value >> 8);
export const u16be = (value: number): Uint8Array => Uint8Array.of(value >> 8, value & 0xff);

const NLA_F_NESTED = 0x8000;

const padded = (length: number): number => (length + 3) & ~3;

const valueLength = (value: AttributeValue): number => {
  if (typeof value === 'number') return 4;
  if (typeof value === 'string') return Buffer.byteLength(value) + 1;
  return value instanceof Uint8Array ? value.length : attributesLength(value);
};

const attributesLength = (attributes: readonly Attribute[]): number =>
  attributes.reduce((sum, [, value]) => sum + padded(4 + valueLength(value)), 0);

/** Writes into zeros; where the next byte goes. */
const writeValue = (into: Buffer, at: number, value: AttributeValue): number => {
  if (typeof value === 'number') return into.writeUInt32LE(value >>> 0, at);
  if (typeof value === 'string') return at + into.write(value, at) + 1;
  if (value instanceof Uint8Array) {
    into.set(value, at);
    return at + value.length;
  }
  return writeAttributes(into, at, value);
};

const writeAttributes = (into: Buffer, start: number, attributes: readonly Attribute[]): number => {
  let at = start;
  for (const [type, value] of attributes) {
    const end = writeValue(into, at + 4, value);
    into.writeUInt16LE(end - at, at);
    into.writeUInt16LE(Array.isArray(value) ? type | NLA_F_NESTED : type, at + 2);
    at = padded(end);
  }
  return at;
};

export const attributesBytes = (attributes: readonly Attribute[]): Buffer => {
  const bytes = Buffer.alloc(attributesLength(attributes));
  writeAttributes(bytes, 0, attributes);
  return bytes;
};

/** A request without its sequence number, which the socket fills in. */
export interface NetlinkRequest {
  readonly type: number;
  readonly flags: number;
  /** The fixed part, such as `ifinfomsg`; a multiple of four bytes. */
  readonly fixed: Uint8Array;
  readonly attributes: readonly Attribute[];
}

export const messageBytes = (request: NetlinkRequest, sequence: number): Buffer => {
  const bytes = Buffer.alloc(16 + request.fixed.length + attributesLength(request.attributes));
  bytes.writeUInt32LE(bytes.length, 0);
  bytes.writeUInt16LE(request.type, 4);
  bytes.writeUInt16LE(request.flags | NLM_F_REQUEST, 6);
  bytes.writeUInt32LE(sequence, 8);
  bytes.set(request.fixed, 16);
  writeAttributes(bytes, 16 + request.fixed.length, request.attributes);
  return bytes;
};

export interface NetlinkMessage {
  readonly type: number;
  readonly sequence: number;
  readonly body: Buffer;
}

export const readMessages = (data: Buffer): NetlinkMessage[] => {
  const messages: NetlinkMessage[] = [];
  for (let offset = 0; offset + 16 <= data.length;) {
    const length = data.readUInt32LE(offset);
    if (length < 16) break;
    messages.push({
      type: data.readUInt16LE(offset + 4),
      sequence: data.readUInt32LE(offset + 8),
      body: data.subarray(offset + 16, offset + length),
    });
    offset += (length + 3) & ~3;
  }
  return messages;
};

/** Attributes by type; of equal types the last. */
export const readAttributes = (data: Buffer): Map<number, Buffer> => {
  const attributes = new Map<number, Buffer>();
  for (let offset = 0; offset + 4 <= data.length;) {
    const length = data.readUInt16LE(offset);
    if (length < 4) break;
    attributes.set(data.readUInt16LE(offset + 2) & 0x3fff, data.subarray(offset + 4, offset + length));
    offset += (length + 3) & ~3;
  }
  return attributes;
};

/** All attributes of one type, where a list is told so. */
export const readEach = (data: Buffer, type: number): Buffer[] => {
  const values: Buffer[] = [];
  for (let offset = 0; offset + 4 <= data.length;) {
    const length = data.readUInt16LE(offset);
    if (length < 4) break;
    if ((data.readUInt16LE(offset + 2) & 0x3fff) === type) values.push(data.subarray(offset + 4, offset + length));
    offset += (length + 3) & ~3;
  }
  return values;
};

export const readText = (value: Buffer | undefined): string | undefined =>
  value === undefined ? undefined : value.toString('utf8').replace(/\0.*$/s, '');
export const readU32 = (value: Buffer | undefined): number | undefined =>
  value === undefined || value.length < 4 ? undefined : value.readUInt32LE(0);
export const readU16 = (value: Buffer | undefined): number | undefined =>
  value === undefined || value.length < 2 ? undefined : value.readUInt16LE(0);
export const readU16be = (value: Buffer | undefined): number | undefined =>
  value === undefined || value.length < 2 ? undefined : value.readUInt16BE(0);
