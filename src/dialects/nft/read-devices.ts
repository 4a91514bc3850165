/**
 * Reads the devices of ingress hooks from what `nft list chains` prints: `nft -j` of version 1.0.6 leaves them out. The
 * key is `family table chain`.
 */
export type HookDevices = ReadonlyMap<string, readonly string[]>;

const namesIn = (text: string): readonly string[] =>
  text.split(',').flatMap((part) => {
    const name = part.trim().replace(/^"(.*)"$/, '$1');
    return name === '' ? [] : [name];
  });

export const readDevices = (text: string): HookDevices => {
  const devices = new Map<string, readonly string[]>();
  let table = '';
  let chain = '';
  for (const line of text.split('\n')) {
    table = /^table (\S+ \S+) \{/.exec(line)?.[1] ?? table;
    chain = /^\s+chain (\S+) \{/.exec(line)?.[1] ?? chain;
    const hook = /^\s+type \S+ hook ingress (?:device ("[^"]*"|\S+)|devices = \{([^}]*)\}) priority/.exec(line);
    const names = hook?.[1] ?? hook?.[2];
    if (names !== undefined) devices.set(`${table} ${chain}`, namesIn(names));
  }
  return devices;
};
