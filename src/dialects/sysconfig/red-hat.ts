/**
 * network-scripts of Red Hat, to be written by that name. Who reads need not tell them from SUSE's, which is why files
 * and texts are `sysconfig` to everybody else.
 */
import { type Dialect } from '../dialect.ts';
import { keepingLineEnds } from '../line-ends.ts';
import { editRedHat } from './edit-red-hat.ts';
import { readSysconfig } from './read.ts';
import { writeRedHat } from './write-red-hat.ts';

export const redHat: Dialect = {
  name: 'red-hat',
  owns: () => false,
  resembles: () => 0,
  read: (texts, { stack }) => readSysconfig(texts, stack),
  write: writeRedHat,
  edit: keepingLineEnds(editRedHat),
};
