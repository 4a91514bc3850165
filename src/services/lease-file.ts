/**
 * Reads the file in which dnsmasq(8) keeps its leases: one a line, `expiry MAC address name client-id`, and for DHCPv6, after
 * a line with the DUID of the server itself, `expiry IAID address name DUID`.
 */
import { parseIp, printIp } from '../net/address.ts';
import { parseMac } from '../net/mac.ts';

export interface Lease {
  readonly address: string;
  /** What names the client: its MAC, or the DUID of one that is not named after its MAC. */
  readonly client: string;
  readonly mac?: string;
  /** What the server or the client calls it. */
  readonly name?: string;
  /** Seconds since 1970; absent: never. */
  readonly expiresAt?: number;
}

/** DUID-LLT with its time and DUID-LL, of ethernet (RFC 8415 sections 11.2 and 11.4). */
const duidWithMac = /^00:(?:01:00:01(?::[0-9a-f]{2}){4}|03:00:01):((?:[0-9a-f]{2}:){5}[0-9a-f]{2})$/;

/** The MAC after which a client names itself. */
export const macOfDuid = (duid: string): string | undefined => duidWithMac.exec(duid.toLowerCase())?.[1];

const macOf = (second: string, duid: string | undefined): string | undefined =>
  parseMac(second) ?? (duid === undefined ? undefined : macOfDuid(duid));

const readLease = (line: string): readonly Lease[] => {
  const [expiry = '', second = '', text = '', name, duid] = line.split(' ');
  const address = parseIp(text);
  if (!/^\d+$/.test(expiry) || address === undefined) return [];
  const mac = macOf(second, duid);
  const expiresAt = Number(expiry);
  return [
    {
      address: printIp(address),
      client: mac ?? (address.family === 6 && duid !== undefined ? duid : second),
      ...(mac === undefined ? {} : { mac }),
      ...(name === undefined || name === '*' ? {} : { name }),
      ...(expiresAt === 0 ? {} : { expiresAt }),
    },
  ];
};

export const readLeases = (text: string): readonly Lease[] => text.split('\n').flatMap(readLease);
