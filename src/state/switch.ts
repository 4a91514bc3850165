/** What tells the stack of a switch from that of a machine. */
import { type Stack } from './network-state.ts';

/** Bridges and their ports, without an address: cables in a box. */
export const isSwitch = ({ interfaces, services }: Stack): boolean =>
  services.length === 0 &&
  Object.values(interfaces).some(({ kind }) => kind === 'bridge') &&
  Object.values(interfaces).every(
    ({ kind, addresses, master }) =>
      kind === 'loopback' || (addresses.length === 0 && (kind === 'bridge' || master !== undefined)),
  );
