/**
 * Commands that are typed at a BSD, one line after the other, and what is settled when the last one was. Lines that they
 * put into files of the network are taken for what the machine does from then on.
 */
import { type Place } from '../dialect.ts';
import { done, type Effect, unsaid } from '../shell-commands/effect.ts';
import { isInterfaceName } from '../shell-commands/values.ts';
import { type RunningDraft } from '../shell-commands/running-draft.ts';
import { commandsIn, type ShellCommand, type Variables } from '../shell-commands/shell-line.ts';
import { driverOf, dropUnfinished, isSaid, nameInModel, settleTunnel } from './devices.ts';
import { startDevice } from './ifconfig.ts';
import { setParameter } from './parameters.ts';
import { runShell, tellEffect } from './shell.ts';
import { runLinesOf } from './start-interface.ts';

/** What sysctl(8) prints when it sets something. */
const printedBySysctl = /^(?:net|kern|hw)\.[\w.]+: \S+ -> \S+$/;

/** The file that a line puts a text into, by `echo … | tee -a FILE` or `echo … >> FILE`. */
const writingOf = (
  commands: readonly ShellCommand[] | undefined,
): { readonly path: string; readonly text: string } | undefined => {
  const [echo, tee, ...more] = commands ?? [];
  if (echo?.words[0] !== 'echo' || more.length > 0) return undefined;
  const words = (tee?.words ?? []).filter((word) => word !== 'sudo' && word !== 'doas' && word !== '-a');
  const path = tee === undefined ? echo.output?.replace(/^>+\s*/, '') : words[0] === 'tee' ? words[1] : undefined;
  return path?.startsWith('/') === true ? { path, text: echo.words.slice(1).join(' ') } : undefined;
};

const writeLine = (draft: RunningDraft, path: string, text: string, at: Place): Effect => {
  if (path === '/etc/sysctl.conf') return setParameter(draft, text, at);
  const name = /^\/etc\/hostname\.([^/]+)$/.exec(path)?.[1];
  const driver = driverOf(name ?? '');
  if (name === undefined || driver === undefined || !isInterfaceName(name) || !isSaid(driver))
    return unsaid(`what is put into \`${path}\` is not read here`);
  if (!draft.interfaces.has(nameInModel(name))) startDevice(draft, name, at);
  runLinesOf(draft, name, { path, text });
  // What is said of the file is said of the command that writes it.
  for (const [index, remark] of draft.remarks.entries())
    if (remark.at.path === path) draft.remarks[index] = { ...remark, at };
  for (const [key, place] of Object.entries(draft.origins)) if (place.path === path) draft.origins[key] = at;
  return done;
};

export const runTyped = (draft: RunningDraft, text: string, variables: Variables, at: Place): void => {
  if (printedBySysctl.test(text)) return;
  // Names that only the machine knows are told by what runs the line.
  const writing = writingOf(commandsIn(text, variables));
  if (writing === undefined) runShell({ draft, name: '', path: at.path }, text, variables, at);
  else tellEffect({ draft }, text, writeLine(draft, writing.path, writing.text, at), at);
};

/** A tunnel carries what its addresses are of; one without ends, and a VLAN without a number, are nothing. */
export const settleDevices = (draft: RunningDraft, at: Place): void => {
  for (const name of [...draft.interfaces.keys()]) {
    if (!/^(?:gif|gre|vlan)$/.test(driverOf(name) ?? '')) continue;
    const origin = draft.origins[`${draft.stack}/interfaces/${name}`] ?? at;
    settleTunnel(draft, name, origin);
    dropUnfinished(draft, name, origin);
  }
};
