/** Whole Ethernet frames, written to a packet socket (packet(7)) of a machine in a running lab: they claim what they like. */
import { bytesOf, ip } from '../../src/net/address.ts';
import { type LabRun } from './lab-run.ts';

const bytesOfMac = (mac: string): readonly number[] => mac.split(':').map((part) => Number.parseInt(part, 16));
const word = (value: number): readonly number[] => [value >> 8, value & 0xff];

/** The ones' complement of the sum of 16-bit words (RFC 1071). */
const checksum = (bytes: readonly number[]): number => {
  let sum = 0;
  for (let index = 0; index < bytes.length; index += 2) sum += ((bytes[index] ?? 0) << 8) | (bytes[index + 1] ?? 0);
  while (sum > 0xffff) sum = (sum & 0xffff) + (sum >> 16);
  return ~sum & 0xffff;
};

interface Stations {
  readonly fromMac: string;
  readonly toMac: string;
}

const frame = ({ fromMac, toMac }: Stations, type: number, payload: readonly number[]): Uint8Array =>
  Uint8Array.from([...bytesOfMac(toMac), ...bytesOfMac(fromMac), ...word(type), ...payload]);

/** A UDP datagram of one byte, of the family of its addresses. */
export const datagram = (stations: Stations, source: string, destination: string, port: number): Uint8Array => {
  const [from, to] = [source, destination].map((text) => [...bytesOf(ip(text))]) as [number[], number[]];
  const udp = [...word(40_000), ...word(port), ...word(9)];
  const sum = checksum([...from, ...to, 0, 17, ...word(9), ...udp, 0, 0, 63, 0]);
  const segment = [...udp, ...word(sum), 63];
  if (ip(source).family === 6)
    return frame(stations, 0x86dd, [0x60, 0, 0, 0, ...word(9), 17, 64, ...from, ...to, ...segment]);
  const head = (headSum: number): readonly number[] => [
    ...[0x45, 0, ...word(29), 0, 0, 0, 0, 64, 17, ...word(headSum)],
    ...from,
    ...to,
  ];
  return frame(stations, 0x0800, [...head(checksum(head(0))), ...segment]);
};

/** An ARP reply that nobody asked for: `address` is at `fromMac` (RFC 826). */
export const arpClaim = (stations: Stations, address: string, target: string): Uint8Array =>
  frame(stations, 0x0806, [
    ...[...word(1), ...word(0x0800), 6, 4, ...word(2)],
    ...bytesOfMac(stations.fromMac),
    ...bytesOf(ip(address)),
    ...bytesOfMac(stations.toMac),
    ...bytesOf(ip(target)),
  ]);

const writer = `
const koffi = require('module').createRequire(process.argv[3])('koffi');
const libc = koffi.load('libc.so.6');
const socket = libc.func('int socket(int, int, int)');
const indexOf = libc.func('uint32_t if_nametoindex(const char *)');
const sendto = libc.func('long sendto(int, const void *, size_t, int, const void *, uint32_t)');
const [AF_PACKET, SOCK_RAW] = [17, 3];
const raw = socket(AF_PACKET, SOCK_RAW, 0);
const to = Buffer.alloc(20);
to.writeUInt16LE(AF_PACKET, 0);
to.writeInt32LE(indexOf(process.argv[2]), 4);
for (const text of JSON.parse(process.argv[1])) {
  const bytes = Buffer.from(text, 'hex');
  if (sendto(raw, bytes, bytes.length, 0, to, to.length) !== bytes.length) process.exit(1);
}
`;

/** Sends frames by an interface of a machine, in their order. */
export const sendFrames = async (
  lab: LabRun,
  machine: string,
  dev: string,
  frames: readonly Uint8Array[],
): Promise<void> => {
  const texts = JSON.stringify(frames.map((bytes) => Buffer.from(bytes).toString('hex')));
  const { status, stderr } = await lab.exec(
    ...([machine, process.execPath, '-e', writer, texts, dev, import.meta.filename] as const),
  );
  if (status !== 0) throw new Error(`nothing was sent:\n${stderr}`);
};
