/** NetworkManager's key files (nm-settings-keyfile(5)). */
import { type Dialect } from '../dialect.ts';
import { keepingLineEnds } from '../line-ends.ts';
import { editNetworkManager } from './edit.ts';
import { ownsPath, readNetworkManager } from './read.ts';
import { writeNetworkManager } from './write.ts';

const resembles = (text: string): number => {
  if (!/^\s*\[connection\]\s*$/m.test(text)) return 0;
  return /^\s*type\s*=/m.test(text) ? 0.95 : 0.5;
};

export const networkmanager: Dialect = {
  name: 'networkmanager',
  owns: ownsPath,
  resembles,
  read: readNetworkManager,
  write: writeNetworkManager,
  edit: keepingLineEnds(editNetworkManager),
};
