/** ICMP errors and TCP resets: how they are made (RFC 792, RFC 4443, RFC 9293), and what a program makes of them. */
import { type Packet } from '../packet.ts';
import { type ClientSees } from '../walk.ts';
import { ACK, RST } from './connections.ts';
import { type ErrorToSend } from './fate.ts';
import { isMulticast, type ErrorKind } from './input-route.ts';
import { ICMP, ICMPV6, loopback4, TCP } from './words.ts';

type TypeAndCode = readonly [type: number, code: number];

const codes4: Readonly<Record<Exclude<ErrorKind, 'tcp-reset'>, TypeAndCode>> = {
  'net-unreachable': [3, 0],
  'host-unreachable': [3, 1],
  'protocol-unreachable': [3, 2],
  'port-unreachable': [3, 3],
  'packet-too-big': [3, 4],
  'net-prohibited': [3, 9],
  'host-prohibited': [3, 10],
  'admin-prohibited': [3, 13],
  'beyond-scope': [3, 1],
  'time-exceeded': [11, 0],
  'parameter-problem': [12, 0],
};

const codes6: Readonly<Record<Exclude<ErrorKind, 'tcp-reset'>, TypeAndCode>> = {
  'net-unreachable': [1, 0],
  'admin-prohibited': [1, 1],
  'host-prohibited': [1, 1],
  'net-prohibited': [1, 1],
  'beyond-scope': [1, 2],
  'host-unreachable': [1, 3],
  'port-unreachable': [1, 4],
  'protocol-unreachable': [4, 1],
  'packet-too-big': [2, 0],
  'time-exceeded': [3, 0],
  'parameter-problem': [4, 0],
};

/** The errno that a socket gets (icmp_err_convert, icmpv6_err_convert). */
const seen4: Readonly<Record<Exclude<ErrorKind, 'tcp-reset'>, ClientSees>> = {
  'net-unreachable': 'net-unreachable',
  'host-unreachable': 'host-unreachable',
  'protocol-unreachable': 'protocol-unreachable',
  'port-unreachable': 'refused',
  'packet-too-big': 'message-too-long',
  'net-prohibited': 'net-unreachable',
  'host-prohibited': 'host-unreachable',
  'admin-prohibited': 'host-unreachable',
  'beyond-scope': 'host-unreachable',
  'time-exceeded': 'host-unreachable',
  'parameter-problem': 'protocol-error',
};

const seen6: Readonly<Record<Exclude<ErrorKind, 'tcp-reset'>, ClientSees>> = {
  ...seen4,
  'admin-prohibited': 'prohibited',
  'host-prohibited': 'prohibited',
  'net-prohibited': 'prohibited',
};

export const whatClientSees = (kind: ErrorKind, packet: Packet): ClientSees =>
  kind === 'tcp-reset' ? 'refused' : (packet.family === 4 ? seen4 : seen6)[kind];

/** As much of the packet as fits (RFC 1812 section 4.3.2.3, RFC 4443 section 2.4). */
const errorBytes = ({ family, lengthBytes }: Packet): number =>
  family === 4 ? Math.min(576, 28 + lengthBytes) : Math.min(1280, 48 + lengthBytes);

const isIcmpError = (packet: Packet): boolean => packet.quoted !== undefined;

/**
 * The packet that tells the sender; undefined where none may be sent: about errors, to groups, resets to what is no
 * TCP. A source of 0 is chosen by the route, or by what is known of the stack (ICMPv6).
 */
export const errorPacket = ({ kind, packet, isForMe }: ErrorToSend): Packet | undefined => {
  if (isIcmpError(packet) || isMulticast(packet.family, packet.destination)) return undefined;
  if (packet.source === 0n && packet.family === 6) return undefined;
  // Who has no address is told by way of the loopback device.
  const answer = {
    family: packet.family,
    destination: packet.source === 0n ? loopback4 : packet.source,
    hopLimit: 64,
    mark: 0,
    dontFragment: packet.family === 6,
  };
  if (kind === 'tcp-reset') {
    if (packet.protocol !== TCP || (packet.tcpFlags & RST) !== 0) return undefined;
    return {
      ...answer,
      source: packet.destination,
      protocol: TCP,
      sourcePort: packet.destinationPort,
      destinationPort: packet.sourcePort,
      tcpFlags: RST | ACK,
      lengthBytes: packet.family === 4 ? 40 : 60,
    };
  }
  const [type, code] = (packet.family === 4 ? codes4 : codes6)[kind];
  return {
    ...answer,
    source: isForMe && packet.family === 4 ? packet.destination : 0n,
    protocol: packet.family === 4 ? ICMP : ICMPV6,
    sourcePort: 0,
    destinationPort: 0,
    tcpFlags: 0,
    icmp: { type, code },
    quoted: packet,
    lengthBytes: errorBytes(packet),
  };
};
