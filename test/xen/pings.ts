/** Who pings whom, predicted and measured: every way between a guest and another stack, over IPv4. */
import { predictorOf } from '../../src/reach/predict.ts';
import { type NetworkState } from '../../src/state/network-state.ts';
import { ask } from './domains.ts';
import { type Hypervisor } from './hypervisor.ts';

/** Lines `from to yes|no`, and `to hears source` for what others than guests hear from guests, in order. */
export type Pings = readonly string[];

interface Pair {
  readonly from: string;
  readonly to: string;
  readonly address: string;
}

const addressesOf = (state: NetworkState): readonly { readonly stack: string; readonly address: string }[] =>
  Object.entries(state.stacks).flatMap(([stack, { interfaces }]) =>
    Object.values(interfaces)
      .filter(({ kind }) => kind !== 'loopback')
      .flatMap(({ addresses }) =>
        addresses.filter(({ family }) => family === 4).map(({ address }) => ({ stack, address })),
      ),
  );

/** An address that a stack has twice is asked once. */
const pairsIn = (state: NetworkState, guests: readonly string[]): readonly Pair[] => {
  const addresses = addressesOf(state);
  const pairs = [...new Set(addresses.map(({ stack }) => stack))].flatMap((from) =>
    addresses
      .filter(({ stack }) => stack !== from && (guests.includes(stack) || guests.includes(from)))
      .map(({ stack, address }) => ({ from, to: stack, address })),
  );
  return [...new Map(pairs.map((pair) => [`${pair.from} ${pair.to} ${pair.address}`, pair])).values()];
};

export const predicted = (state: NetworkState, guests: readonly string[]): Pings => {
  const predictor = predictorOf(state);
  return pairsIn(state, guests)
    .flatMap(({ from, to, address }) => {
      const flow = { from, family: 4, destination: address, protocol: 'icmp', port: null } as const;
      const { verdict, seenSource, arrived } = predictor.answer(flow, to);
      const isHeard = guests.includes(from) && !guests.includes(to) && arrived;
      return [`${from} ${address} ${verdict}`, ...(isHeard ? [`${to} hears ${seenSource ?? ''}`] : [])];
    })
    .filter((line, index, all) => all.indexOf(line) === index)
    .sort();
};

/** Three attempts: where everything is emulated on a busy machine, one may be late. */
const ping = (address: string): string => `for _ in 1 2 3; do ping -c 1 -W 8 ${address} > /dev/null 2>&1 && exit; done`;

const pingAll = (addresses: readonly string[], from: string): string =>
  [
    ...addresses.map(
      (address) =>
        `(if (${ping(address)}; exit 1); then echo ${from} ${address} yes; else echo ${from} ${address} no; fi) &`,
    ),
    'wait',
  ].join('\n');

/** In a table of its own: from whom requests for an echo came. */
const ears = [
  'table ip ears {',
  '  set heard { type ipv4_addr; flags dynamic; size 64; }',
  '  chain input {',
  '    type filter hook input priority 300; policy accept;',
  '    icmp type echo-request update @heard { ip saddr }',
  '  }',
  '}',
].join('\n');

const inside = (stack: string, host: string, command: string): string =>
  stack === host ? command : `ip netns exec ${stack} ${command}`;

const words = (text: string): readonly string[] => text.split('\n').filter((line) => line !== '');

export const measured = async (
  on: Hypervisor,
  state: NetworkState,
  host: string,
  guests: readonly string[],
): Promise<Pings> => {
  const pairs = pairsIn(state, guests);
  const others = [...new Set(pairs.map(({ from }) => from))].filter((name) => !guests.includes(name));
  const targets = (from: string): readonly string[] =>
    pairs.filter((pair) => pair.from === from).map(({ address }) => address);
  const told: string[] = [];
  await on.run(others.map((name) => inside(name, host, `nft -f - <<'EARS'\n${ears}\nEARS`)).join('\n'));
  for (const guest of guests) told.push(...words(await ask(on, guest, pingAll(targets(guest), guest))));
  for (const name of others) {
    const heard = await on.run(inside(name, host, 'nft list set ip ears heard'));
    const sources = /elements = \{([^}]*)\}/.exec(heard)?.[1]?.split(',') ?? [];
    told.push(...sources.map((source) => `${name} hears ${source.trim()}`));
  }
  const fromOthers = others.map((name) => inside(name, host, `sh <<'PINGS' &\n${pingAll(targets(name), name)}\nPINGS`));
  told.push(...words(await on.run([...fromOthers, 'wait'].join('\n'))));
  return told.sort();
};
