/** systemd-networkd: .network, .netdev and .link files (systemd.network(5), systemd.netdev(5), systemd.link(5)). */
import { type Dialect } from '../dialect.ts';
import { keepingLineEnds } from '../line-ends.ts';
import { editNetworkd } from './edit.ts';
import { ownsPath } from './files.ts';
import { readNetworkd } from './read.ts';
import { writeNetworkd } from './write.ts';

const resembles = (text: string): number => {
  if (/^\s*\[NetDev\]\s*$/m.test(text)) return 0.95;
  if (!/^\s*\[Match\]\s*$/m.test(text)) return 0;
  return /^\s*\[(Network|Address|Route|Link)\]\s*$/m.test(text) ? 0.95 : 0.5;
};

export const networkd: Dialect = {
  name: 'networkd',
  owns: ownsPath,
  resembles,
  read: readNetworkd,
  write: writeNetworkd,
  edit: keepingLineEnds(editNetworkd),
};
