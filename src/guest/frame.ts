/**
 * The frames between a world and the agent in a guest (guest/agent.pl): 16 bytes of header (magic, length of the
 * payload, id, operation, check), all little-endian, then the payload. A request has an id that its reply repeats; 0
 * wants no reply. What the agent tells unasked has id 0 and names the handle that it concerns first.
 */
export const OPERATION = {
  hello: 1,
  open: 2,
  close: 3,
  send: 4,
  netlink: 5,
  read: 6,
  change: 7,
  run: 8,
  start: 9,
  kill: 10,
  write: 11,
  remove: 12,
  respond: 13,
  unrespond: 14,
  clock: 15,
  input: 16,
  resize: 17,
  powerOff: 18,
  awaken: 19,
} as const;

/** What frames from the agent are; all but the reply and the failure come unasked. */
export const NEWS = {
  reply: 0,
  connected: 32,
  refused: 33,
  data: 34,
  accepted: 35,
  output: 36,
  ended: 37,
  failed: 0xffff,
} as const;

/** Begins a session in both directions: whatever stood before it in the stream is dropped. */
export const sessionMarker = Buffer.from('\u00ff\0lanwright-a1\u00ff\0', 'latin1');

const magic = Buffer.from('LWa1', 'latin1');
const headerBytes = 16;
const longestFrame = 64 << 20;

const checkOf = (length: number, id: number, operation: number): number =>
  (length ^ (length >>> 16) ^ id ^ (id >>> 16) ^ operation ^ 0x5a5a) & 0xffff;

export interface Frame {
  readonly id: number;
  readonly operation: number;
  readonly payload: Buffer;
}

export const frameBytes = (id: number, operation: number, payload: Uint8Array): Buffer => {
  const bytes = Buffer.alloc(headerBytes + payload.length);
  bytes.set(magic, 0);
  bytes.writeUInt32LE(payload.length, 4);
  bytes.writeUInt32LE(id, 8);
  bytes.writeUInt16LE(operation, 12);
  bytes.writeUInt16LE(checkOf(payload.length, id, operation), 14);
  bytes.set(payload, headerBytes);
  return bytes;
};

/** The whole frames at the start of a stream, and what is left of it; what is no frame is skipped. */
export const takeFrames = (stream: Buffer): { readonly frames: readonly Frame[]; readonly rest: Buffer } => {
  const frames: Frame[] = [];
  let at = 0;
  while (stream.length - at >= headerBytes) {
    const length = stream.readUInt32LE(at + 4);
    const id = stream.readUInt32LE(at + 8);
    const operation = stream.readUInt16LE(at + 12);
    const isFrame =
      stream.compare(magic, 0, 4, at, at + 4) === 0 &&
      length <= longestFrame &&
      stream.readUInt16LE(at + 14) === checkOf(length, id, operation);
    if (!isFrame) {
      const next = stream.indexOf(magic, at + 1);
      at = next < 0 ? stream.length - magic.length + 1 : next;
      continue;
    }
    if (stream.length - at - headerBytes < length) break;
    const start = at + headerBytes;
    frames.push({ id, operation, payload: stream.subarray(start, start + length) });
    at = start + length;
  }
  return { frames, rest: stream.subarray(at) };
};

/** Numbers are 32 bits; texts and bytes have their length before them. */
export const packed = (...parts: readonly (number | string | Uint8Array)[]): Buffer =>
  Buffer.concat(
    parts.map((part) => {
      const bytes = typeof part === 'string' ? Buffer.from(part) : part;
      const number = Buffer.alloc(4);
      number.writeUInt32LE((typeof bytes === 'number' ? bytes : bytes.length) >>> 0, 0);
      return typeof bytes === 'number' ? number : Buffer.concat([number, bytes]);
    }),
  );

/** Reads what `packed` wrote, part by part. */
export interface Reader {
  readonly number: () => number;
  readonly signed: () => number;
  readonly bytes: () => Buffer;
  readonly text: () => string;
  readonly rest: () => Buffer;
}

export const readerOf = (payload: Buffer): Reader => {
  let at = 0;
  const bytes = (): Buffer => {
    const start = at + 4;
    at = start + payload.readUInt32LE(at);
    return payload.subarray(start, at);
  };
  return {
    number: () => payload.readUInt32LE((at += 4) - 4),
    signed: () => payload.readInt32LE((at += 4) - 4),
    bytes,
    text: () => bytes().toString('utf8'),
    rest: () => payload.subarray(at),
  };
};
