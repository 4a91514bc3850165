/**
 * The segments of a state with what is on each: the interfaces that have addresses there, their subnets, and a name. The
 * stacks of mere switches are no machines.
 */
import { networkOf, printPrefix } from '../net/prefix.ts';
import { type Interface, type NetworkState } from '../state/network-state.ts';
import { segmentsOf } from '../state/segments.ts';
import { compareText } from '../state/spelling.ts';
import { isSwitch } from '../state/switch.ts';
import { isTunnelEnd, tunnelOf, tunnelsIn } from './tunnels.ts';

/** An interface that a machine speaks by: not a port of a bridge, nor a member of a bond. */
export interface Station {
  readonly stack: string;
  readonly name: string;
  readonly it: Interface;
}

export interface Segment {
  readonly name: string;
  readonly stations: readonly Station[];
  /** In the order of their first use. */
  readonly subnets: { readonly 4: readonly string[]; readonly 6: readonly string[] };
}

const isStation = ({ kind, master }: Interface): boolean => kind !== 'loopback' && master === undefined;

const linkLocal = (text: string): boolean => text.startsWith('fe80:') || text === '169.254.0.0/16';

const subnetsOf = (stations: readonly Station[], family: 4 | 6): readonly string[] => [
  ...new Set(
    stations.flatMap(({ it }) =>
      it.addresses
        .filter((own) => own.family === family && own.prefixLength < (family === 4 ? 32 : 128))
        .map(({ address, prefixLength }) => printPrefix(networkOf(address, prefixLength)))
        .filter((text) => !linkLocal(text)),
    ),
  ),
];

/** A name that a lab file takes. */
const plainName = (text: string): string =>
  text
    .toLowerCase()
    .replaceAll(/[^a-z0-9-]+/g, '-')
    .replaceAll(/^-+|-+$/g, '');

/** After the switch that it is, the bridge that makes it, else its number. */
const nameFor = (stations: readonly Station[], switches: readonly string[], index: number): string => {
  const [first] = switches;
  if (first !== undefined) return plainName(first.replace(/^switch-/, ''));
  const bridge = stations.find(({ it }) => it.kind === 'bridge');
  if (bridge !== undefined) return plainName(bridge.name);
  if (stations.length > 1 && stations.every(({ it }) => it.kind === 'wireguard')) return 'vpn';
  return stations.every(({ it }) => it.tunnel !== undefined) ? 'tunnel' : `segment${index + 1}`;
};

/** Those with a station, in the order of their first one. */
export const segmentsIn = (state: NetworkState): readonly Segment[] => {
  const ofCables = segmentsOf(state);
  const tunnels = tunnelsIn(state);
  const segmentOf = (stack: string, name: string): string => tunnelOf(tunnels, stack, name) ?? ofCables(stack, name);
  const stations = new Map<string, Station[]>();
  const switches = new Map<string, string[]>();
  for (const [stack, own] of Object.entries(state.stacks)) {
    for (const [name, it] of Object.entries(own.interfaces)) {
      const key = segmentOf(stack, name);
      if (isSwitch(own)) {
        const known = switches.get(key) ?? [];
        if (!known.includes(stack)) switches.set(key, [...known, stack]);
      } else if (isStation(it) && (it.tunnel === undefined || isTunnelEnd(tunnels, stack, name)))
        stations.set(key, [...(stations.get(key) ?? []), { stack, name, it }]);
    }
  }
  const taken = new Set<string>();
  return [...stations].map(([key, own], index): Segment => {
    const wanted = nameFor(own, (switches.get(key) ?? []).sort(compareText), index);
    let name = wanted === '' ? `segment${index + 1}` : wanted;
    while (taken.has(name)) name = `${name}-${index + 1}`;
    taken.add(name);
    return { name, stations: own, subnets: { 4: subnetsOf(own, 4), 6: subnetsOf(own, 6) } };
  });
};
