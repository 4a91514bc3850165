/**
 * Single packets in a running lab: sent from an address and a port of one machine, and heard on ports of another by a
 * listener that tells what arrives.
 */
import { type LabRun } from './lab-run.ts';

export interface SentPacket {
  readonly from: string;
  /** null: the one that the kernel chooses. */
  readonly source: string | null;
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
  const { status, stderr } = await lab.exec(from, process.execPath, '-e', sender, JSON.stringify(packets));
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
