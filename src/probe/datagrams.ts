/**
 * What is sent to a UDP port to have it answered: the token of the probe, within a request that the usual server of that
 * port answers.
 */
import { probeInToken, tokenOf } from './icmp-packet.ts';

const DNS_PORT = 53;
const DNS_HEADER_BYTES = 12;

/** A name server answers whatever is as long as its header (RFC 1035 section 4.1.1), if only that it does not know how. */
const nameQuestion = (token: Uint8Array): Uint8Array =>
  Buffer.concat([token, Buffer.alloc(DNS_HEADER_BYTES)], DNS_HEADER_BYTES);

const NTP_PORT = 123;
/** Version 4, mode client (RFC 5905 section 7.3). */
const NTP_CLIENT = 0x23;
const NTP_HEADER_BYTES = 48;
const NTP_TRANSMIT_AT = 40;

/** The token stands for the time at which it is sent, which a time server gives back and does not look at. */
const timeQuestion = (token: Uint8Array): Uint8Array =>
  Buffer.concat([Buffer.of(NTP_CLIENT), Buffer.alloc(NTP_TRANSMIT_AT - 1), token], NTP_HEADER_BYTES);

export const datagramOf = (probe: number, port: number | null): Uint8Array => {
  const token = tokenOf(probe);
  if (port === DNS_PORT) return nameQuestion(token);
  return port === NTP_PORT ? timeQuestion(token) : token;
};

/** The probe that a datagram is of. */
export const probeInDatagram = (data: Uint8Array): number | undefined =>
  data.length === NTP_HEADER_BYTES && data[0] === NTP_CLIENT
    ? probeInToken(data.subarray(NTP_TRANSMIT_AT))
    : probeInToken(data);
