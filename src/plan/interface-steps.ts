/**
 * The steps for the interfaces of a stack, and which of them are made anew. A link that rests on another one goes with
 * it in the kernel, so whoever loses its base is made anew as well; bases come before what rests on them, and go after.
 */
import { type Interface, type InterfaceAddress, type Stack, type WireguardSettings } from '../state/network-state.ts';
import { sameValue } from './compare.ts';
import { type InterfaceSettings, type Step } from './plan.ts';

type Interfaces = Stack['interfaces'];

export const settingsOf = (it: Interface): InterfaceSettings => ({
  ...(it.mac === undefined ? {} : { mac: it.mac }),
  mtuBytes: it.mtuBytes,
  up: it.up,
  ...(it.master === undefined ? {} : { master: it.master }),
  ...(it.bridge === undefined ? {} : { bridge: it.bridge }),
  ...(it.port === undefined ? {} : { port: it.port }),
});

const baseOf = (it: Interface): string | undefined => it.vlan?.link ?? it.macvlan?.link;

const isLink = ({ kind }: Interface): boolean => kind !== 'ethernet' && kind !== 'bridge' && kind !== 'loopback';

/** What cannot change while the link exists. */
const natureOf = ({ kind, vlan, macvlan, vxlan, tunnel, bond, vrf }: Interface): unknown => ({
  kind,
  vlan,
  macvlan,
  vxlan,
  tunnel,
  bond,
  vrf,
});

/** How many links it rests on; of a circle, which no kernel has, as many as there are interfaces. */
const depthOf = (name: string, interfaces: Interfaces): number => {
  const most = Object.keys(interfaces).length;
  let depth = 0;
  for (let it = interfaces[name]; it !== undefined && depth < most; depth += 1) {
    const base = baseOf(it);
    if (base === undefined) break;
    it = interfaces[base];
  }
  return depth;
};

/** Names with what they name, bases first. */
const basesFirst = (interfaces: Interfaces): readonly (readonly [string, Interface])[] => {
  const entries = Object.entries(interfaces);
  return entries.some(([, it]) => baseOf(it) !== undefined)
    ? entries
        .map((entry) => ({ entry, depth: depthOf(entry[0], interfaces) }))
        .sort((a, b) => a.depth - b.depth)
        .map(({ entry }) => entry)
    : entries;
};

/** The interfaces of `is` that the plan makes anew. */
export const freshInterfaces = (was: Stack, is: Stack, isReplaced: (name: string) => boolean): ReadonlySet<string> => {
  const fresh = new Set<string>();
  for (const [name, it] of basesFirst(is.interfaces)) {
    const before = was.interfaces[name];
    const base = baseOf(it);
    if (
      before === undefined ||
      isReplaced(name) ||
      (base !== undefined && fresh.has(base)) ||
      before.kind !== it.kind ||
      (isLink(it) && !sameValue(natureOf(before), natureOf(it)))
    )
      fresh.add(name);
  }
  return fresh;
};

/** Only when it comes up does the kernel derive a link-local address from a MAC (addrconf): it is lowered for another. */
export const changesMac = (from: InterfaceSettings, to: InterfaceSettings): boolean =>
  from.mac !== undefined && to.mac !== undefined && from.mac !== to.mac;

/**
 * Interfaces that stay, but are down for a while or from now on: the kernel then drops their routes, neighbours and
 * IPv6 addresses. A VLAN link goes down with the link that it rests on.
 */
export const loweredInterfaces = (was: Stack, is: Stack, fresh: ReadonlySet<string>): ReadonlySet<string> => {
  const lowered = new Set<string>();
  for (const [name, it] of basesFirst(is.interfaces)) {
    const before = was.interfaces[name];
    if (before?.up !== true || fresh.has(name)) continue;
    const hasBaseLowered = it.vlan !== undefined && lowered.has(it.vlan.link);
    if (!it.up || hasBaseLowered || changesMac(before, it)) lowered.add(name);
  }
  return lowered;
};

const birthSteps = (stack: string, name: string, it: Interface): Step[] => {
  if (it.kind === 'bridge') return [{ kind: 'add-bridge', stack, name, interface: it }];
  if (isLink(it)) return [{ kind: 'add-link', stack, name, interface: it }];
  const isUpLoopback = it.kind === 'loopback' && it.up;
  const from = { mtuBytes: it.mtuBytes, up: false };
  return isUpLoopback ? [{ kind: 'set-interface', stack, name, from, to: settingsOf(it) }] : [];
};

const settingSteps = (stack: string, name: string, before: Interface, is: Interface): Step[] => {
  const from = settingsOf(before);
  const to = settingsOf(is);
  // A MAC that the desired state leaves to the kernel is whatever it is.
  const known = to.mac === undefined && from.mac !== undefined ? { ...to, mac: from.mac } : to;
  return sameValue(from, known) ? [] : [{ kind: 'set-interface', stack, name, from, to: known }];
};

const noPeers: WireguardSettings = { peers: [] };

/** Apart from making the device, and later: it begins to speak at once, which takes addresses and routes outside of it. */
const wireguardSteps = (stack: string, name: string, before: Interface | undefined, is: Interface): Step[] => {
  const [from, to] = [before?.wireguard ?? noPeers, is.wireguard];
  return to === undefined || sameValue(from, to) ? [] : [{ kind: 'set-wireguard', stack, name, from, to }];
};

const addressSteps = (stack: string, name: string, old: Interface['addresses'], is: Interface, isLowered: boolean) => {
  // The order of addresses has meaning (the first is primary): from the first difference on, all are added anew.
  let same = 0;
  while (same < old.length && same < is.addresses.length && sameValue(old[same], is.addresses[same])) same += 1;
  const isDropped = ({ family }: InterfaceAddress, index: number): boolean =>
    index >= same || (isLowered && family === 6);
  return [
    ...old.filter(isDropped).map((address): Step => ({ kind: 'remove-address', stack, name, address })),
    ...is.addresses.filter(isDropped).map((address): Step => ({ kind: 'add-address', stack, name, address })),
  ];
};

const removalSteps = (stack: string, was: Stack, is: Stack, fresh: ReadonlySet<string>): Step[] =>
  [...basesFirst(was.interfaces)].reverse().flatMap(([name, it]): Step[] => {
    if (is.interfaces[name] !== undefined && !fresh.has(name)) return [];
    if (it.kind === 'bridge') return [{ kind: 'remove-bridge', stack, name, interface: it }];
    return isLink(it) ? [{ kind: 'remove-link', stack, name, interface: it }] : [];
  });

export const interfaceSteps = (
  stack: string,
  was: Stack,
  is: Stack,
  fresh: ReadonlySet<string>,
  lowered: ReadonlySet<string>,
): Step[] => [
  ...basesFirst(is.interfaces).flatMap(([name, it]) => {
    const before = fresh.has(name) ? undefined : was.interfaces[name];
    return [
      ...(before === undefined ? birthSteps(stack, name, it) : settingSteps(stack, name, before, it)),
      ...wireguardSteps(stack, name, before, it),
      ...addressSteps(stack, name, before?.addresses ?? [], it, lowered.has(name)),
    ];
  }),
  ...removalSteps(stack, was, is, fresh),
];
