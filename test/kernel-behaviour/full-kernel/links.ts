/** Interfaces that stand on others, in few words. */
import { type Interface } from '../../../src/state/network-state.ts';
import { nic } from '../bench/network.ts';

export const vlan = (id: number, addresses: readonly string[], link = 'e0'): Interface =>
  nic(addresses, { kind: 'vlan', vlan: { link, id } });
