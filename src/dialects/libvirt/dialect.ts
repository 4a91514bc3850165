/** libvirt's networks and domains (formatnetwork.html, formatdomain.html). */
import { type Dialect } from '../dialect.ts';
import { editLibvirt } from './edit.ts';
import { ownsPath, readLibvirt } from './read.ts';
import { writeLibvirt } from './write.ts';

const resembles = (text: string): number => {
  const body = text.replace(/^\uFEFF?\s*(<\?xml[^>]*\?>\s*)?(<!--[\s\S]*?-->\s*)*/, '');
  return /^<(network|domain|interface)[\s>]/.test(body) ? 0.9 : 0;
};

export const libvirt: Dialect = {
  name: 'libvirt',
  owns: ownsPath,
  resembles,
  read: readLibvirt,
  write: writeLibvirt,
  edit: editLibvirt,
};
