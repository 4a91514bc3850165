/** The MTU that the kernel gives a device where nothing is said. */
import { type Interface, type Stack } from '../state/network-state.ts';

/** By its kind alone; a VXLAN that lies on no device in particular has that of Ethernet. */
export const bornMtuBytes = ({ kind, tunnel }: Pick<Interface, 'kind' | 'tunnel'>): number => {
  switch (kind) {
    case 'loopback':
      return 65536;
    case 'vrf':
      return 65575;
    case 'wireguard':
      return 1420;
    case 'tunnel':
      return tunnel?.mode === 'gre' ? 1476 : 1480;
    default:
      return 1500;
  }
};

/** By bridge, or whatever else they are ports of. */
export const leastPortMtus = (interfaces: Iterable<Interface>): ReadonlyMap<string, number> => {
  const least = new Map<string, number>();
  for (const { master, mtuBytes } of interfaces)
    if (master !== undefined) least.set(master, Math.min(mtuBytes, least.get(master) ?? Infinity));
  return least;
};

/** A bridge has the least MTU of its ports until it is told one (br_mtu_auto_adjust); what lies on another has that one's. */
export const unsaidMtuBytes = (
  name: string,
  it: Interface,
  interfaces: Stack['interfaces'],
  least = leastPortMtus(it.kind === 'bridge' ? Object.values(interfaces) : []),
): number | undefined => {
  const below = it.vlan?.link ?? it.macvlan?.link;
  if (below !== undefined) return interfaces[below]?.mtuBytes;
  return it.kind === 'bridge' ? least.get(name) : undefined;
};

/**
 * Whether a file must say the MTU of an interface: whatever it has where others are made later, or were made before, it
 * has not by itself.
 */
export const isMtuTold = (name: string, it: Interface, interfaces: Stack['interfaces']): boolean =>
  it.mtuBytes !== bornMtuBytes(it) || it.mtuBytes !== (unsaidMtuBytes(name, it, interfaces) ?? it.mtuBytes);
