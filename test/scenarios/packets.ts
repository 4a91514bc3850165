/**
 * Single packets in a running lab: sent from an address and a port of one machine, and heard on ports of another by a
 * listener that tells what arrives.
 */
import { type LabRun } from './lab-run.ts';

export interface SentPacket {
  readonly from: string;
  /** null: the one that the kernel chooses. */
  readonly source: string | null;
  /** The source is not the sender's: an IPv4 datagram that a raw socket sends as it is written. */
  readonly forged?: boolean;
  readonly destination: string;
  readonly protocol: string;
  readonly port: number | null;
  readonly sourcePort: number | null;
}

/** A datagram or a connection, as it is heard. */
export interface HeardPacket {
  readonly protocol: 'tcp' | 'udp';
  readonly port: number;
  readonly source: string;
}

/** Listens on ports of both protocols, for so long; prints a line when it listens and one for each packet. */
const listener = `
const [milliseconds, ...ports] = process.argv.slice(1).map(Number);
const tell = (it) => process.stdout.write(JSON.stringify(it) + '\\n');
const plain = (address) => address.replace(/^::ffff:/, '');
for (const port of ports) {
  require('net').createServer((socket) => {
    socket.on('error', () => {});
    tell({ protocol: 'tcp', port, source: plain(socket.remoteAddress) });
  }).listen({ port, host: '::' });
  const datagrams = require('dgram').createSocket('udp6');
  datagrams.on('message', (_, { address }) => tell({ protocol: 'udp', port, source: plain(address) }));
  datagrams.bind(port);
}
setTimeout(() => process.exit(0), milliseconds);
`;

/** Sends all packets at once, and waits a little for connections. */
const sender = `
for (const { protocol, source, destination, port, sourcePort } of JSON.parse(process.argv[1])) {
  const localAddress = source ?? undefined;
  if (protocol === 'tcp') {
    const socket = require('net').connect({ host: destination, port, localAddress, localPort: sourcePort ?? undefined });
    socket.on('error', () => {});
  } else {
    const socket = require('dgram').createSocket(destination.includes(':') ? 'udp6' : 'udp4');
    socket.on('error', () => {});
    socket.bind(sourcePort ?? 0, localAddress, () => socket.send('?', port, destination, () => {}));
  }
}
setTimeout(() => process.exit(0), 1000);
`;

/** Writes whole IPv4 datagrams to a raw socket (raw(7)); what the sender's own filter drops is refused, but not all may be. */
const forger = `
const koffi = require('module').createRequire(process.argv[2])('koffi');
const libc = koffi.load('libc.so.6');
const socket = libc.func('int socket(int, int, int)');
const sendto = libc.func('long sendto(int, const void *, size_t, int, const void *, uint32_t)');
const bytes = (address) => address.split('.').map(Number);
const [AF_INET, SOCK_RAW, IPPROTO_RAW, UDP] = [2, 3, 255, 17];
const raw = socket(AF_INET, SOCK_RAW, IPPROTO_RAW);
let sent = 0;
for (const { source, destination, port, sourcePort } of JSON.parse(process.argv[1])) {
  const packet = Buffer.alloc(29);
  packet.set([0x45, 0, 0, 29, 0, 0, 0, 0, 64, UDP, 0, 0, ...bytes(source), ...bytes(destination)]);
  packet.writeUInt16BE(sourcePort ?? 40000, 20);
  packet.writeUInt16BE(port, 22);
  packet.writeUInt16BE(9, 24);
  packet.write('?', 28);
  const to = Buffer.alloc(16);
  to.writeUInt16LE(AF_INET, 0);
  to.set(bytes(destination), 4);
  if (sendto(raw, packet, packet.length, 0, to, to.length) === packet.length) sent += 1;
}
process.exit(sent > 0 ? 0 : 1);
`;

const listenMs = 8000;
const settleMs = 2500;

const pause = (ms: number): Promise<void> => new Promise((done) => setTimeout(done, ms));

/** What machine `at` hears on some ports while the packets, all of one machine, are sent. */
export const heard = async (
  lab: LabRun,
  at: string,
  ports: readonly number[],
  packets: readonly SentPacket[],
): Promise<readonly HeardPacket[]> => {
  const listening = lab.exec(at, process.execPath, '-e', listener, String(listenMs), ...ports.map(String));
  await pause(settleMs);
  const from = packets[0]?.from ?? at;
  const script = packets[0]?.forged === true ? forger : sender;
  const { status, stderr } = await lab.exec(
    ...([from, process.execPath, '-e', script, JSON.stringify(packets), import.meta.filename] as const),
  );
  if (status !== 0) throw new Error(`nothing was sent:\n${stderr}`);
  const { stdout } = await listening;
  return stdout
    .split('\n')
    .filter((line) => line !== '')
    .map((line) => JSON.parse(line) as HeardPacket);
};

/** Whether an echo is answered. */
export const isAnswered = async (lab: LabRun, { from, source, destination }: SentPacket): Promise<boolean> => {
  const bound = source === null ? [] : ['-I', source];
  return (await lab.exec(from, 'ping', '-n', '-c', '2', '-i', '0.3', '-W', '2', ...bound, destination)).status === 0;
};
