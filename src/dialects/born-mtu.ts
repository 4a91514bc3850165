/** The MTU that the kernel gives a device of a kind where nothing is said. */
import { type Interface } from '../state/network-state.ts';

export const bornMtuBytes = ({ kind, tunnel }: Pick<Interface, 'kind' | 'tunnel'>): number => {
  switch (kind) {
    case 'loopback':
      return 65536;
    case 'vrf':
      return 65575;
    case 'wireguard':
      return 1420;
    case 'vxlan':
      return 1450;
    case 'tunnel':
      return tunnel?.mode === 'gre' ? 1476 : 1480;
    default:
      return 1500;
  }
};
