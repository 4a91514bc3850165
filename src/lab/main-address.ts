/**
 * The address by which a machine is known in one family: the first one, static or leased, of the first NIC that has
 * one beyond the link. `internet` is known by its servers, not by the router address on its wire.
 */
import { type Family } from '../net/address.ts';
import { serverAddresses } from './internet.ts';
import { type Lab } from './lab.ts';
import { leasesOf } from './leases.ts';

export const mainAddress = (lab: Lab, machine: string, family: Family): string | undefined => {
  const found = Object.hasOwn(lab.machines, machine) ? lab.machines[machine] : undefined;
  if (found === undefined) return undefined;
  if (found.role === 'internet') return serverAddresses[family];
  for (const nic of found.nics) {
    const fixed = nic.addresses.find((one) => one.family === family && !one.address.startsWith('fe80:'));
    const address = fixed ?? leasesOf(nic).find((one) => one.family === family);
    if (address !== undefined) return address.address;
  }
  return undefined;
};
