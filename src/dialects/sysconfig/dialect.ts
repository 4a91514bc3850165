/** sysconfig: /etc/sysconfig/network of SUSE and network-scripts of Red Hat; it writes that of SUSE. */
import { type Dialect } from '../dialect.ts';
import { linesOf } from '../text.ts';
import { keepingLineEnds } from '../line-ends.ts';
import { editSysconfig } from './edit.ts';
import { redHatName, suseName } from './files.ts';
import { readSysconfig } from './read.ts';
import { writeSysconfig } from './write.ts';

const telling =
  /^\s*(?:STARTMODE|BOOTPROTO|IPADDR\w*|NETMASK\w*|ONBOOT|DEVICE|BRIDGE_PORTS|FW_\w+|ETHERDEVICE|LLADDR)=/;
const assignment = /^\s*(?:export\s+)?[A-Z]\w*=/;

const resembles = (text: string): number => {
  const lines = linesOf(text).filter((line) => line.text.trim() !== '' && !/^\s*#/.test(line.text));
  const isOne = lines.some((line) => telling.test(line.text)) && lines.every((line) => assignment.test(line.text));
  return isOne ? 0.8 : 0;
};

export const sysconfig: Dialect = {
  name: 'sysconfig',
  owns: (path) => suseName(path) !== undefined || redHatName(path) !== undefined,
  resembles,
  read: (texts, { stack }) => readSysconfig(texts, stack),
  write: writeSysconfig,
  edit: keepingLineEnds(editSysconfig),
};
