/** In which profiles what is the machine's can stand. */
import { type Family } from '../../net/address.ts';
import { type Interface, type Stack } from '../../state/network-state.ts';

export const asksIn = (name: string, { services }: Stack): boolean =>
  services.some((service) => service.kind === 'dhcp-client' && service.interface === name);

/** A profile without an address of a family has neither servers for names of that family nor, for IPv4, routes. */
export const speaks = (family: Family, name: string, it: Interface, stack: Stack): boolean =>
  it.addresses.some((address) => address.family === family) ||
  (family === 4 ? asksIn(name, stack) : stack.sysctls[`net/ipv6/conf/${name}/accept_ra`] === '2');

/** The profile that takes what is the machine's, for each family. */
export type Homes = Readonly<Record<Family, string | undefined>>;

export const isPortOf = (it: Interface, { interfaces }: Stack): boolean =>
  it.master !== undefined && interfaces[it.master]?.kind !== 'vrf';

/** One profile for both families where there is one, so that the order of servers is that of the state. */
export const homesOf = (names: readonly string[], stack: Stack): Homes => {
  const home = (...families: readonly Family[]): string | undefined =>
    names.find((name) => {
      const it = stack.interfaces[name];
      return it !== undefined && !isPortOf(it, stack) && families.every((family) => speaks(family, name, it, stack));
    });
  const both = home(4, 6);
  return { 4: both ?? home(4), 6: both ?? home(6) };
};
