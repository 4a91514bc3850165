/**
 * One netlink socket: many requests in one exchange, each acknowledged; dumps. A socket belongs to the namespace or the
 * guest it was opened in, wherever it is used later.
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
export const NLMSG_ERROR = 2;
const NLMSG_DONE = 3;
const NLMSGERR_ATTR_MSG = 1;
/** So many acknowledgements fit into the default receive buffer with room to spare. */
const requestsPerSend = 48;

export const NETLINK_ROUTE = 0;
export const NETLINK_NETFILTER = 12;
export const NETLINK_GENERIC = 16;

export interface NetlinkSocket {
  sequence: number;
  /**
   * Sends messages and takes what comes until `ends` acknowledgements or ends of dumps, of sequence numbers from `first`
   * on, are among it.
   */
  readonly exchange: (messages: Uint8Array, first: number, ends: number) => readonly NetlinkMessage[];
  readonly close: () => void;
}

/** The kernel refused a request. */
export interface Refusal {
  /** Which of the requests. */
  readonly index: number;
  readonly errno: number;
  readonly message: string;
}

const buffer = Buffer.alloc(1 << 18);

/** Whether a message is the last that there is to its request. */
const isEnd = ({ type, sequence }: NetlinkMessage, first: number): boolean =>
  (type === NLMSG_ERROR || type === NLMSG_DONE) && sequence >= first;

/** A socket in the namespace that the thread is in. */
export const openNetlink = (protocol: number): NetlinkSocket => {
  const fd = openSocket(AF_NETLINK, SOCK_RAW, protocol);
  setIntOption(fd, SOL_NETLINK, NETLINK_CAP_ACK, 1);
  setIntOption(fd, SOL_NETLINK, NETLINK_EXT_ACK, 1);
  return {
    sequence: 1,
    exchange: (bytes, first, ends) => {
      send(fd, bytes);
      const messages: NetlinkMessage[] = [];
      for (let open = ends; open > 0;) {
        for (const message of readMessages(Buffer.from(buffer.subarray(0, receive(fd, buffer, 0))))) {
          messages.push(message);
          if (isEnd(message, first)) open -= 1;
        }
      }
      return messages;
    },
    close: () => close(fd),
  };
};

export const closeNetlink = (socket: NetlinkSocket): void => socket.close();

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
    const bytes = part.map((request, index) =>
      messageBytes({ ...request, flags: request.flags | NLM_F_ACK }, first + index),
    );
    for (const message of socket.exchange(Buffer.concat(bytes), first, part.length)) {
      if (message.type !== NLMSG_ERROR || message.sequence < first) continue;
      const refusal = refusalOf(message, start + message.sequence - first);
      if (refusal !== undefined) refusals.push(refusal);
    }
  }
  return refusals;
};

/** Everything of one kind that the namespace has. */
export const dump = (socket: NetlinkSocket, request: Omit<NetlinkRequest, 'flags'>): NetlinkMessage[] => {
  const sequence = (socket.sequence += 1);
  socket.sequence += 1;
  return socket
    .exchange(messageBytes({ ...request, flags: NLM_F_DUMP }, sequence), sequence, 1)
    .filter((message) => message.sequence === sequence && message.type !== NLMSG_DONE && message.type !== NLMSG_ERROR);
};
