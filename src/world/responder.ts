/**
 * Answers TCP connections and UDP datagrams on one port of a stack, telling each client the source address and port
 * that arrived; a client that speaks HTTP gets it as a page.
 */
import { createSocket } from 'node:dgram';
import { createServer, type Socket } from 'node:net';
import { bind, listen, openSocket, setIntOption, SOCK_DGRAM, SOCK_NONBLOCK, SOCK_STREAM } from '../linux/libc.ts';
import { doorOf, within, type Kernel } from '../linux/kernel.ts';
import { anyAddress, domainOf, sockaddr } from '../linux/sockaddr.ts';
import { type Family } from '../net/address.ts';

export interface Responding {
  readonly close: () => void;
}

const SOL_SOCKET = 1;
const SO_REUSEADDR = 2;
const IPPROTO_IPV6 = 41;
const IPV6_V6ONLY = 26;
const idleMs = 10_000;

const boundSocket = (kernel: Kernel, stack: string, family: Family, type: number, port: number): number =>
  within(kernel, stack, () => {
    const fd = openSocket(domainOf(family), type | SOCK_NONBLOCK, 0);
    setIntOption(fd, SOL_SOCKET, SO_REUSEADDR, 1);
    if (family === 6) setIntOption(fd, IPPROTO_IPV6, IPV6_V6ONLY, 1);
    bind(fd, sockaddr(family, anyAddress(family), port));
    if (type === SOCK_STREAM) listen(fd, 128);
    return fd;
  });

const answer = (connection: Socket): void => {
  const words = `you are ${connection.remoteAddress} port ${connection.remotePort}\n`;
  connection.setTimeout(idleMs, () => connection.destroy());
  connection.on('error', () => connection.destroy());
  connection.once('data', (data) => {
    const isHttp = /^(GET|HEAD|POST|PUT) /.test(data.toString('latin1'));
    connection.end(
      isHttp ? `HTTP/1.0 200 OK\r\nContent-Type: text/plain\r\nContent-Length: ${words.length}\r\n\r\n${words}` : words,
    );
  });
};

const answerHere = (kernel: Kernel, stack: string, port: number): Responding => {
  const closers = ([4, 6] as const).flatMap((family) => {
    const server = createServer(answer);
    server.listen({ fd: boundSocket(kernel, stack, family, SOCK_STREAM, port) });
    const socket = createSocket(family === 4 ? 'udp4' : 'udp6');
    socket.on('error', () => undefined);
    socket.on('message', (_data, from) =>
      socket.send(`you are ${from.address} port ${from.port}\n`, from.port, from.address),
    );
    socket.bind({ fd: boundSocket(kernel, stack, family, SOCK_DGRAM, port) });
    return [() => server.close(), () => socket.close()];
  });
  return {
    close: () => {
      for (const close of closers) close();
    },
  };
};

/** A guest answers by itself, in the same words. */
export const answerOn = (kernel: Kernel, stack: string, port: number): Responding =>
  doorOf(kernel, stack).respondOn?.(port) ?? answerHere(kernel, stack, port);
