/** Which file is whose: SUSE keeps them in /etc/sysconfig/network, Red Hat in /etc/sysconfig/network-scripts. */
import { type ConfigText, type Remark } from '../dialect.ts';
import { type RunningDraft } from '../shell-commands/running-draft.ts';
import { readVariables, type VariableFile } from '../shell-commands/variables.ts';

export const suseFolder = 'etc/sysconfig/network';
export const redHatFolder = 'etc/sysconfig/network-scripts';

const suseFiles = /^(?:ifcfg-.+|ifroute-.+|routes|ifsysctl(?:-.+)?|ifndp-proxy(?:-.+)?|config|dhcp)$/;
const redHatFiles = /^(?:ifcfg-.+|route6?-.+|rule6?-.+)$/;

/** Copies that editors and packages leave are not read (ifup(8) of both). */
const isCopy = (name: string): boolean => /(?:~|\.bak|\.orig|\.rpmnew|\.rpmorig|\.rpmsave|\.old|\.swp|,v)$/.test(name);

const nameIn = (path: string, folder: string): string | undefined => {
  const name = path.startsWith(`${folder}/`) ? path.slice(folder.length + 1) : undefined;
  return name === undefined || name.includes('/') || isCopy(name) ? undefined : name;
};

export const suseName = (path: string): string | undefined => {
  if (path === 'etc/sysconfig/SuSEfirewall2' || path === 'etc/sysconfig/sysctl')
    return path.slice('etc/sysconfig/'.length);
  const name = nameIn(path, suseFolder);
  return name !== undefined && suseFiles.test(name) ? name : undefined;
};

export const redHatName = (path: string): string | undefined => {
  if (path === 'etc/sysconfig/network') return 'network';
  const name = nameIn(path, redHatFolder);
  return name !== undefined && redHatFiles.test(name) ? name : undefined;
};

export type Flavour = 'suse' | 'red-hat';

/** By its folder; a text without one by what it says. */
export const flavourOf = ({ path, text }: ConfigText): Flavour => {
  if (redHatName(path) !== undefined) return 'red-hat';
  if (suseName(path) !== undefined) return 'suse';
  return /^\s*(?:ONBOOT|DEVICE|TYPE|NM_CONTROLLED|NETWORKING)=/m.test(text) && !/^\s*STARTMODE=/m.test(text)
    ? 'red-hat'
    : 'suse';
};

/** The last part of a path, under which a file is known within its folder. */
export const baseName = (path: string): string =>
  suseName(path) ?? redHatName(path) ?? path.slice(path.lastIndexOf('/') + 1);

export const variablesOf = (draft: RunningDraft, text: ConfigText): VariableFile => {
  const file = readVariables(text);
  for (const { at, text: words } of file.errors)
    draft.tell('error', 'not-a-variable', `\`${words.slice(0, 80)}\` is no \`NAME=value\``, at);
  return file;
};

/** Variables of a file that nobody reads here. */
export const tellOfOthers = (
  draft: RunningDraft,
  file: VariableFile,
  known: RegExp,
  silent: RegExp,
  kind: Remark['kind'] = 'not-said',
): void => {
  for (const { name, value, at } of file.assignments)
    if (!known.test(name) && !silent.test(name) && value !== '')
      draft.tell(kind, 'unsaid-variable', `\`${name}\` is not modelled`, at);
};
