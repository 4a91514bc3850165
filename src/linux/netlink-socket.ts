/**
 * One netlink socket: many requests in one system call, each acknowledged; dumps. A socket belongs to the namespace
 * it was opened in, wherever it is used later.
 */
import { constants } from 'node:os';
import { close, errnoName, openSocket, receive, send, setIntOption, SOCK_RAW } from './libc.ts';
import {
  messageBytes,
  NLM_F_ACK,
  NLM_F_DUMP,
  readAttributes,
  readMessages,
  readText,
  type NetlinkMessage,
  type NetlinkRequest,
} from './netlink-message.ts';

const AF_NETLINK = 16;
const SOL_NETLINK = 270;
const NETLINK_CAP_ACK = 10;
const NETLINK_EXT_ACK = 11;
const NLMSG_ERROR = 2;
const NLMSG_DONE = 3;
const NLMSGERR_ATTR_MSG = 1;
/** So many acknowledgements fit into the default receive buffer with room to spare. */
const requestsPerSend = 48;

export const NETLINK_ROUTE = 0;
export const NETLINK_NETFILTER = 12;

export interface NetlinkSocket {
  readonly fd: number;
  sequence: number;
}

/** The kernel refused a request. */
export interface Refusal {
  /** Which of the requests. */
  readonly index: number;
  readonly errno: number;
  readonly message: string;
}

const buffer = Buffer.alloc(1 << 18);

export const openNetlink = (protocol: number): NetlinkSocket => {
  const fd = openSocket(AF_NETLINK, SOCK_RAW, protocol);
  setIntOption(fd, SOL_NETLINK, NETLINK_CAP_ACK, 1);
  setIntOption(fd, SOL_NETLINK, NETLINK_EXT_ACK, 1);
  return { fd, sequence: 1 };
};

export const closeNetlink = (socket: NetlinkSocket): void => close(socket.fd);

/** Their bodies last until the next call. */
const receiveMessages = (socket: NetlinkSocket): NetlinkMessage[] =>
  readMessages(buffer.subarray(0, receive(socket.fd, buffer, 0)));

const receiveLasting = (socket: NetlinkSocket): NetlinkMessage[] =>
  readMessages(Buffer.from(buffer.subarray(0, receive(socket.fd, buffer, 0))));

const spoken = (words: string | undefined, errno: number): string => {
  if (words !== undefined) return `${words} (${errnoName(errno)})`;
  return errno === constants.errno.EOPNOTSUPP ? 'this kernel does not support it (EOPNOTSUPP)' : errnoName(errno);
};

const refusalOf = (message: NetlinkMessage, index: number): Refusal | undefined => {
  const errno = -message.body.readInt32LE(0);
  if (errno === 0) return undefined;
  // The request's header follows (NETLINK_CAP_ACK leaves out the rest), then the kernel's own words.
  const words = readText(readAttributes(message.body.subarray(20)).get(NLMSGERR_ATTR_MSG));
  return { index, errno, message: spoken(words, errno) };
};

/** Sends requests in order; the kernel carries out each whatever became of those before. */
export const sendRequests = (socket: NetlinkSocket, requests: readonly NetlinkRequest[]): Refusal[] => {
  const refusals: Refusal[] = [];
  for (let start = 0; start < requests.length; start += requestsPerSend) {
    const part = requests.slice(start, start + requestsPerSend);
    const first = socket.sequence;
    socket.sequence += part.length;
    send(
      socket.fd,
      Buffer.concat(
        part.map((request, index) => messageBytes({ ...request, flags: request.flags | NLM_F_ACK }, first + index)),
      ),
    );
    let open = part.length;
    while (open > 0) {
      for (const message of receiveMessages(socket)) {
        if (message.type !== NLMSG_ERROR || message.sequence < first) continue;
        open -= 1;
        const refusal = refusalOf(message, start + message.sequence - first);
        if (refusal !== undefined) refusals.push(refusal);
      }
    }
  }
  return refusals;
};

/** Everything of one kind that the namespace has. */
export const dump = (socket: NetlinkSocket, request: Omit<NetlinkRequest, 'flags'>): NetlinkMessage[] => {
  const sequence = (socket.sequence += 1);
  socket.sequence += 1;
  send(socket.fd, messageBytes({ ...request, flags: NLM_F_DUMP }, sequence));
  const messages: NetlinkMessage[] = [];
  for (;;) {
    for (const message of receiveLasting(socket)) {
      if (message.sequence !== sequence) continue;
      if (message.type === NLMSG_DONE || message.type === NLMSG_ERROR) return messages;
      messages.push(message);
    }
  }
};
