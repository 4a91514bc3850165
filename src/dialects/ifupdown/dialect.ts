/** ifupdown: /etc/network/interfaces and what it brings in (interfaces(5)), of ifupdown 0.8 and its hooks. */
import { type Dialect } from '../dialect.ts';
import { linesOf } from '../text.ts';
import { keepingLineEnds } from '../line-ends.ts';
import { editInterfaces } from './edit.ts';
import { readInterfaces } from './read.ts';
import { folder, mainPath } from './sources.ts';
import { writeInterfaces } from './write.ts';

const head = /^\s*iface\s+\S+\s+inet6?\s+[a-z0-9]+/;
const word = /^\s*(?:auto|allow-[a-z]+|source|source-directory|iface|mapping)\s+\S/;

const resembles = (text: string): number => {
  const lines = linesOf(text).filter((line) => line.text.trim() !== '' && !/^\s*#/.test(line.text));
  if (lines.some((line) => head.test(line.text))) return 0.9;
  return lines.length > 0 && lines.every((line) => word.test(line.text)) ? 0.6 : 0;
};

export const ifupdown: Dialect = {
  name: 'ifupdown',
  owns: (path) => path === mainPath || path.startsWith(`${folder}/`),
  resembles,
  read: (texts, { stack }) => readInterfaces(texts, stack),
  write: writeInterfaces,
  edit: keepingLineEnds(editInterfaces),
};
