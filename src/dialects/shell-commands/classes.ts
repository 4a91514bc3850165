/** The mask that an IPv4 address had of its class, before there was CIDR; programs still take it where none is said. */
export const classLength = (address: bigint): 8 | 16 | 24 | 32 => {
  const first = Number(address >> 24n);
  if (first < 128) return 8;
  if (first < 192) return 16;
  return first < 224 ? 24 : 32;
};
