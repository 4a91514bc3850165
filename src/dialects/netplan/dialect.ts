/** netplan's files, as systemd-networkd is made to carry them out (netplan-yaml(5)). */
import { type Dialect } from '../dialect.ts';
import { keepingLineEnds } from '../line-ends.ts';
import { editNetplan } from './edit.ts';
import { ownsPath, readNetplan } from './read.ts';
import { writeNetplan } from './write.ts';

const resembles = (text: string): number => {
  if (!/^network:/m.test(text)) return 0;
  return /^\s+(ethernets|bridges|bonds|vlans|tunnels|version)\s*:/m.test(text) ? 0.95 : 0.3;
};

export const netplan: Dialect = {
  name: 'netplan',
  owns: ownsPath,
  resembles,
  read: readNetplan,
  write: writeNetplan,
  edit: keepingLineEnds(editNetplan),
};
