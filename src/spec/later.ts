/**
 * What people will look for and this version does not have. Naming it saves them from hunting for a spelling mistake.
 */
import { type Path } from './spec.ts';

const laterMachineKeys: Readonly<Record<string, string>> = {
  boot: 'boot devices; a virtual machine boots from its system disk, or from its image in memory',
  tunnels: 'tunnels',
  vlan: 'VLANs',
  vlans: 'VLANs',
  bond: 'bonds',
  bonds: 'bonds',
};

const laterKeys: Readonly<Record<string, string>> = {
  vlan: 'VLANs',
  vlans: 'VLANs',
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

/** What a word at `path` stands for, when only a later version has it. */
export const laterChoice = (path: Path, word: string): string | undefined => {
  if (path.at(-1) === 'mode' && word === 'overlay') return 'overlay networks; they need several hosts';
  return undefined;
};

/** Whether the value at `path` is an item of a machine's services. */
export const isService = (path: Path): boolean => path.at(-2) === 'services' && typeof path.at(-1) === 'number';
