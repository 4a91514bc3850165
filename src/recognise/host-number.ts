/** Addresses as a lab file writes them: by their place in the network. */
import { ip } from '../net/address.ts';
import { containsIp, prefix } from '../net/prefix.ts';

const mostHosts = 65534n;

/** Undefined where the address is in no such block, or too far from its beginning. */
export const hostNumber = (address: string, block: string | undefined): number | undefined => {
  if (block === undefined || !containsIp(prefix(block), ip(address))) return undefined;
  const offset = ip(address).value - prefix(block).value;
  return offset <= mostHosts ? Number(offset) : undefined;
};
