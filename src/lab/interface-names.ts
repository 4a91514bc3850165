/**
 * Names of bridges from names of networks: the name itself where the kernel takes it (15 characters) and the host has
 * no such interface, else its beginning and a hash of the whole, which stays the same whatever else is in the file.
 */

export const longestInterfaceName = 15;

/** FNV-1a, 32 bits. */
const hash = (text: string): number => {
  let value = 0x811c9dc5;
  for (const character of text) value = Math.imul(value ^ (character.codePointAt(0) ?? 0), 0x01000193);
  return value >>> 0;
};

export const shortened = (name: string): string =>
  `${name.slice(0, 8)}-${hash(name).toString(16).padStart(8, '0').slice(0, 6)}`;

/** Names that mean something to the kernel: the loopback interface, and directories below /proc/sys/net/ipv4/conf. */
const kernelNames: readonly string[] = ['lo', 'all', 'default'];

/** The bridge name of a network; undefined where the shortened name is taken, too. */
export const bridgeName = (network: string, taken: ReadonlySet<string>): string | undefined => {
  const isFree = (name: string): boolean => !taken.has(name) && !kernelNames.includes(name);
  if (network.length <= longestInterfaceName && isFree(network)) return network;
  const short = shortened(network);
  return isFree(short) ? short : undefined;
};
