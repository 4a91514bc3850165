/** How the objects of a state are named in a trace. */
import { printIp, type Family } from '../../net/address.ts';
import { type Packet } from '../packet.ts';
import { type Because } from '../walk.ts';
import { type NextHopModel, type RouteModel } from '../model/model.ts';

export const ICMP = 1;
export const TCP = 6;
export const UDP = 17;
export const ICMPV6 = 58;

export const loopback4 = 0x7f000001n;
export const loopback6 = 1n;

export const addressText = (family: Family, value: bigint): string => printIp({ family, value });

const protocolNames: Readonly<Record<number, string>> = {
  [ICMP]: 'icmp',
  [TCP]: 'tcp',
  [UDP]: 'udp',
  [ICMPV6]: 'icmpv6',
};
export const protocolText = (protocol: number): string => protocolNames[protocol] ?? `protocol ${protocol}`;

export const packetText = (packet: Packet): string => {
  const end = (address: bigint, port: number): string => {
    const text = addressText(packet.family, address);
    if (packet.protocol !== TCP && packet.protocol !== UDP) return text;
    return packet.family === 6 ? `[${text}]:${port}` : `${text}:${port}`;
  };
  const icmp = packet.icmp === undefined ? '' : ` type ${packet.icmp.type} code ${packet.icmp.code}`;
  return `${end(packet.source, packet.sourcePort)} > ${end(packet.destination, packet.destinationPort)} ${protocolText(packet.protocol)}${icmp}`;
};

export const prefixText = ({ family, to, length }: Pick<RouteModel, 'family' | 'to' | 'length'>): string =>
  length === 0 ? 'default' : `${addressText(family, to)}/${length}`;

export const routeText = (route: RouteModel, hop: NextHopModel | undefined = route.nexthops[0]): string =>
  [
    ...(route.type === 'unicast' ? [] : [route.type]),
    prefixText(route),
    ...(hop?.via === undefined ? [] : [`via ${addressText(route.family, hop.via)}`]),
    ...(hop === undefined ? [] : [`dev ${hop.dev}`]),
    ...(route.table === 254 || route.table === 255 ? [] : [`table ${route.table}`]),
  ].join(' ');

export const byRoute = (stack: string, route: RouteModel, hop?: NextHopModel): Because => ({
  object: 'route',
  stack,
  key: `${addressText(route.family, route.to)}/${route.length}`,
  text: routeText(route, hop),
});

export const byInterface = (stack: string, name: string, text: string): Because => ({
  object: 'interface',
  stack,
  key: name,
  text,
});

export const bySysctl = (stack: string, key: string, text: string): Because => ({ object: 'sysctl', stack, key, text });

export const byKernel = (stack: string, text: string): Because => ({ object: 'kernel', stack, key: '', text });
