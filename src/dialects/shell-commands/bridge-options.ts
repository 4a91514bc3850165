/** Settings of bridges and their ports in the words of ip-link(8). Times are hundredths of seconds there. */
import { type BridgePort, type BridgeSettings, type Interface } from '../../state/network-state.ts';
import { type Effect, unsaid, wrong } from './effect.ts';
import { type Arguments, next } from './options.ts';

/** What a bridge may delay for while the spanning tree runs (BR_MIN_FORWARD_DELAY, BR_MAX_FORWARD_DELAY). */
const leastDelaySeconds = 2;
const mostDelaySeconds = 30;

/** A bridge refuses delays out of bounds once the spanning tree runs (br_set_forward_delay). */
export const takesDelay = (bridge: BridgeSettings, seconds: number): boolean =>
  !bridge.stp || (seconds >= leastDelaySeconds && seconds <= mostDelaySeconds);

/** Starting the spanning tree brings a delay into bounds (br_stp_start). */
export const withStp = (bridge: BridgeSettings, stp: boolean): BridgeSettings => ({
  ...bridge,
  stp,
  forwardDelaySeconds: stp
    ? Math.min(mostDelaySeconds, Math.max(leastDelaySeconds, bridge.forwardDelaySeconds))
    : bridge.forwardDelaySeconds,
});

/** Of no consequence for who reaches whom. */
const silent = new Set([
  'ageing_time',
  'hello_time',
  'max_age',
  'priority',
  'group_fwd_mask',
  'mcast_snooping',
  'mcast_querier',
  'nf_call_iptables',
  'vlan_default_pvid',
  'cost',
  'mcast_flood',
  'fastleave',
  'guard',
]);

export const bridgeChange = (before: BridgeSettings, args: Arguments): Partial<Interface> | Effect => {
  let bridge = before;
  for (let word = next(args); word !== undefined; word = next(args)) {
    const value = Number(next(args));
    if (word === 'stp_state') bridge = withStp(bridge, value !== 0);
    else if (word === 'forward_delay') {
      if (!Number.isInteger(value) || !takesDelay(bridge, value / 100)) return wrong('the bridge refuses this delay');
      bridge = { ...bridge, forwardDelaySeconds: value / 100 };
    } else if (word === 'vlan_filtering') {
      const { vlanFiltering, ...rest } = bridge;
      bridge = value === 1 ? { ...rest, vlanFiltering: true } : vlanFiltering === undefined ? bridge : rest;
    } else if (!silent.has(word)) return unsaid(`\`${word}\` of a bridge is not modelled`);
  }
  return { kind: 'bridge', bridge };
};

/** What every port is born with, and is not said. */
const born = { isolated: false, hairpin: false, learning: true, flood: true } as const;

export const withPortFlag = (port: BridgePort, name: keyof typeof born, isOn: boolean): BridgePort => {
  const others: BridgePort = Object.fromEntries(Object.entries(port).filter(([key]) => key !== name));
  return isOn === born[name] ? others : { ...others, [name]: isOn };
};

export const portChange = (before: BridgePort, args: Arguments): Partial<Interface> | Effect => {
  let port = before;
  for (let word = next(args); word !== undefined; word = next(args)) {
    const isOn = /^(?:on|1)$/.test(next(args) ?? '');
    if (word === 'isolated' || word === 'hairpin' || word === 'learning' || word === 'flood')
      port = withPortFlag(port, word, isOn);
    else if (!silent.has(word)) return unsaid(`\`${word}\` of a port is not modelled`);
  }
  return { port };
};
