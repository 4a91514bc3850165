/** A network state as lines of sh(1) for dom0 and its guests: iproute2 or busybox make it, nft filters. */
import { writeNft } from '../../src/dialects/nft/write.ts';
import { stackIn } from '../../src/dialects/reading.ts';
import { type Cable, type CableEnd, type NetworkState, type Route, type Stack } from '../../src/state/network-state.ts';

const printRoute = ({ family, to, via, dev, metric, source }: Route): string =>
  [
    `ip -${family} route add ${to}`,
    ...(via === undefined ? [] : [`via ${via}`]),
    ...(dev === undefined ? [] : [`dev ${dev}`]),
    ...(metric === 0 ? [] : [`metric ${metric}`]),
    ...(source === undefined ? [] : [`src ${source}`]),
  ].join(' ');

/** Interfaces of cables are there already; those named in `absent`, and what is said of them, come later or never. */
export const stackScript = (stack: Stack, absent: ReadonlySet<string>): string => {
  const interfaces = Object.entries(stack.interfaces).filter(([name]) => !absent.has(name));
  const bridges = interfaces.filter(([, { kind }]) => kind === 'bridge');
  return [
    'set -e',
    // What speaks of an interface of a guest is said when that is there.
    ...Object.entries(stack.sysctls).map(
      ([key, value]) => `[ ! -e /proc/sys/${key} ] || echo ${value} > /proc/sys/${key}`,
    ),
    ...bridges.map(
      ([name, { bridge }]) =>
        `ip link add ${name} type bridge stp_state 0 forward_delay ${100 * (bridge?.forwardDelaySeconds ?? 0)}`,
    ),
    ...interfaces.flatMap(([name, { mac, mtuBytes, master }]) => [
      ...(mac === undefined ? [] : [`ip link set ${name} address ${mac}`]),
      ...(mtuBytes === 1500 || name === 'lo' ? [] : [`ip link set ${name} mtu ${mtuBytes}`]),
      ...(master === undefined ? [] : [`ip link set ${name} master ${master}`]),
    ]),
    ...interfaces.flatMap(([name, { up, addresses }]) => [
      ...(up ? [`ip link set ${name} up`] : []),
      ...addresses
        .filter(() => name !== 'lo')
        .map(({ address, prefixLength }) => `ip addr add ${address}/${prefixLength} dev ${name}`),
    ]),
    ...stack.routes.filter(({ dev }) => dev === undefined || !absent.has(dev)).map(printRoute),
    ...(stack.filter.length === 0 ? [] : [`nft -f - <<'RULES'\n${writeNft(stack.filter)}\nRULES`]),
    '',
  ].join('\n');
};

/** Which names of a stack are cables to guests. */
export const vifsOf = (state: NetworkState, host: string, guests: readonly string[]): ReadonlySet<string> => {
  const vifAt = (own: CableEnd, far: CableEnd): readonly string[] =>
    own.stack === host && guests.includes(far.stack) ? [own.interface] : [];
  return new Set(state.cables.flatMap(({ a, b }) => [...vifAt(a, b), ...vifAt(b, a)]));
};

const printCable = ({ a, b }: Cable, host: string): string => {
  const endOf = ({ stack, interface: name }: CableEnd): string => (stack === host ? name : `${name} netns ${stack}`);
  return `ip link add ${endOf(a)} type veth peer name ${endOf(b)}`;
};

/** All but the guests and their cables: `host` is dom0 itself, the others are network namespaces of it. */
export const surroundings = (state: NetworkState, host: string, guests: readonly string[]): string => {
  const others = Object.keys(state.stacks).filter((name) => name !== host && !guests.includes(name));
  const cables = state.cables.filter(({ a, b }) => !guests.includes(a.stack) && !guests.includes(b.stack));
  return [
    'set -e',
    ...others.map((name) => `ip netns add ${name}`),
    ...cables.map((cable) => printCable(cable, host)),
    ...others.map(
      (name) => `ip netns exec ${name} bash <<'STACK'\n${stackScript(stackIn(state, name), new Set())}STACK`,
    ),
    `bash <<'STACK'\n${stackScript(stackIn(state, host), vifsOf(state, host, guests))}STACK`,
    '',
  ].join('\n');
};

/** dom0 as it was: no guests, no other stacks, no filter, and it forwards nothing. */
export const clearAway = [
  'for name in $(xl list | sed 1,2d | cut -d" " -f1); do xl destroy $name; done',
  // A vif goes some time after its guest.
  'for _ in $(seq 100); do ls /sys/bus/xen-backend/devices | grep -q vif || break; sleep 0.1; done',
  'ip -all netns del',
  'for kind in bridge veth; do for name in $(ip -o link show type $kind | cut -d: -f2 | cut -d@ -f1); do ip link del $name; done; done',
  'nft flush ruleset',
  'ip route flush proto boot',
  'echo 0 > /proc/sys/net/ipv4/ip_forward',
  'true',
].join('\n');
