/**
 * What people will look for and this version does not have. Naming it saves them from hunting for a spelling mistake.
 */
import { type Path } from './spec.ts';

const laterMachineKeys: Readonly<Record<string, string>> = {
  boot: 'boot devices; a virtual machine boots from its system disk, or from its image in memory',
  tunnels: 'tunnels',
};

const laterKeys: Readonly<Record<string, string>> = {
  tunnels: 'tunnels',
  alerts: 'alerts',
  images: 'disk images',
};

/** What the key at `path` is about, when only a later version has it. */
export const laterKey = (path: Path, key: string): string | undefined => {
  const section = path.at(-2);
  const table = section === 'machines' || section === 'hosts' ? laterMachineKeys : laterKeys;
  return Object.hasOwn(table, key) ? table[key] : undefined;
};

const elsewhere: Readonly<Record<string, string>> = {
  vlan: 'a VLAN is an outside network with `on` and `vlan`; give the machine an interface on it',
  vlans: 'a VLAN is an outside network with `on` and `vlan`; give the machine an interface on it',
  bond: 'a bond is an interface with `bond: [eth0, eth1]`',
  bonds: 'a bond is an interface with `bond: [eth0, eth1]`',
};

/** Where that is said which a key of the same name says in other files. */
export const keyElsewhere = (key: string): string | undefined =>
  Object.hasOwn(elsewhere, key) ? elsewhere[key] : undefined;

/** What a word at `path` stands for, when only a later version has it. */
export const laterChoice = (path: Path, word: string): string | undefined => {
  if (path.at(-1) === 'mode' && word === 'overlay') return 'overlay networks; they need several hosts';
  return undefined;
};

/** Whether the value at `path` is an item of a machine's services. */
export const isService = (path: Path): boolean => path.at(-2) === 'services' && typeof path.at(-1) === 'number';
