/** ARP requests and DHCP-like broadcasts by packet sockets (packet(7)): who answers, who hears. */
import {
  bind,
  close,
  openSocket,
  send,
  setIntOption,
  setOption,
  SOCK_DGRAM,
  SOCK_NONBLOCK,
  SOCK_RAW,
  tryReceiveFrom,
  trySendTo,
} from '../../../src/linux/libc.ts';
import { AF_INET, sockaddr } from '../../../src/linux/sockaddr.ts';
import { socketOf, within, type Kernel } from '../../../src/linux/kernel.ts';
import { readLinks } from '../../../src/linux/rtnetlink-read.ts';
import { bytesOf, ip } from '../../../src/net/address.ts';
import { macBytes, macFromBytes } from '../../../src/net/mac.ts';
import { type ArpAnswer, type ArpQuestion, type BroadcastQuestion } from './questions.ts';

const AF_PACKET = 17;
const ETH_P_ARP = 0x0806;
const ETH_P_IP = 0x0800;
const SOL_SOCKET = 1;
const SO_REUSEADDR = 2;
const SO_BROADCAST = 6;
const SO_BINDTODEVICE = 25;
const broadcastMac = 'ff:ff:ff:ff:ff:ff';

const pause = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms));

const openPacketSocket = (kernel: Kernel, stack: string, index: number, protocol: number): number =>
  within(kernel, stack, () => {
    // With a protocol from the start the kernel would wait for all processors before it binds another.
    const fd = openSocket(AF_PACKET, SOCK_RAW | SOCK_NONBLOCK, 0);
    const address = Buffer.alloc(20);
    address.writeUInt16LE(AF_PACKET, 0);
    address.writeUInt16BE(protocol, 2);
    address.writeInt32LE(index, 4);
    bind(fd, address);
    return fd;
  });

const indexOf = (kernel: Kernel, stack: string, name: string): number => {
  const link = readLinks(socketOf(kernel, stack)).find((it) => it.name === name);
  if (link === undefined) throw new Error(`${stack} has no ${name}`);
  return link.index;
};

/** Ethernet, then RFC 826: hardware and protocol types and lengths, operation, sender, target. */
const arpRequest = ({ mac, sender, target }: ArpQuestion): Buffer =>
  Buffer.concat([
    macBytes(broadcastMac),
    macBytes(mac),
    Buffer.from([0x08, 0x06, 0, 1, 0x08, 0, 6, 4, 0, 1]),
    macBytes(mac),
    bytesOf(ip(sender)),
    Buffer.alloc(6),
    bytesOf(ip(target)),
  ]);

const isAnswerTo = ({ target, sender }: ArpQuestion, frame: Buffer): boolean =>
  frame.readUInt16BE(20) === 2 &&
  frame.subarray(28, 32).equals(bytesOf(ip(target))) &&
  frame.subarray(38, 42).equals(bytesOf(ip(sender)));

const received = (fd: number): Buffer[] => {
  const frames: Buffer[] = [];
  const buffer = new Uint8Array(2048);
  const from = new Uint8Array(28);
  for (let length = tryReceiveFrom(fd, buffer, from); length > 0; length = tryReceiveFrom(fd, buffer, from))
    frames.push(Buffer.from(buffer.subarray(0, length)));
  return frames;
};

/** All stations that answer within `waitMs`, each once, with the time it took. */
export const askArp = async (
  kernel: Kernel,
  questions: readonly ArpQuestion[],
  waitMs: number,
): Promise<(readonly ArpAnswer[])[]> => {
  const open = questions.map((question) => ({
    question,
    fd: openPacketSocket(kernel, question.stack, indexOf(kernel, question.stack, question.interface), ETH_P_ARP),
    answers: new Map<string, number>(),
  }));
  const begun = performance.now();
  for (const { question, fd } of open) send(fd, arpRequest(question));
  while (performance.now() - begun < waitMs) {
    await pause(2);
    for (const { question, fd, answers } of open)
      for (const frame of received(fd)) {
        const mac = macFromBytes(frame.subarray(22, 28));
        if (isAnswerTo(question, frame) && !answers.has(mac)) answers.set(mac, performance.now() - begun);
      }
  }
  for (const { fd } of open) close(fd);
  return open.map(({ answers }) => [...answers].map(([mac, afterMs]) => ({ mac, afterMs })));
};

const token = Buffer.from('a broadcast of the bench');

const openUdp = (kernel: Kernel, stack: string, port: number, device?: string): number =>
  within(kernel, stack, () => {
    const fd = openSocket(AF_INET, SOCK_DGRAM | SOCK_NONBLOCK, 0);
    setIntOption(fd, SOL_SOCKET, SO_REUSEADDR, 1);
    setIntOption(fd, SOL_SOCKET, SO_BROADCAST, 1);
    if (device !== undefined) setOption(fd, SOL_SOCKET, SO_BINDTODEVICE, Buffer.from(`${device}\0`));
    bind(fd, sockaddr(4, '0.0.0.0', port));
    return fd;
  });

/** Which of the listeners hear a broadcast by packet sockets, and which by UDP sockets. */
export const askBroadcast = async (
  kernel: Kernel,
  { stack, interface: name, listeners }: BroadcastQuestion,
  waitMs: number,
): Promise<{ readonly packetSockets: readonly string[]; readonly udpSockets: readonly string[] }> => {
  const all = listeners.flatMap((listener) => [
    { listener, fd: openPacketSocket(kernel, listener, 0, ETH_P_IP), isPacket: true },
    { listener, fd: openUdp(kernel, listener, 67), isPacket: false },
  ]);
  const client = openUdp(kernel, stack, 68, name);
  trySendTo(client, token, sockaddr(4, '255.255.255.255', 67));
  await pause(waitMs);
  const heard = all.filter(({ fd }) => received(fd).some((frame) => frame.includes(token)));
  for (const { fd } of all) close(fd);
  close(client);
  const namesOf = (isPacket: boolean): string[] =>
    heard.filter((it) => it.isPacket === isPacket).map(({ listener }) => listener);
  return { packetSockets: namesOf(true), udpSockets: namesOf(false) };
};
