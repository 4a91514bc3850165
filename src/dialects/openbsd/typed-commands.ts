/** Commands that are typed at a BSD, one line after the other, and what is settled when the last one was. */
import { type Place } from '../dialect.ts';
import { type RunningDraft } from '../shell-commands/running-draft.ts';
import { type Variables } from '../shell-commands/shell-line.ts';
import { driverOf, dropUnfinished, settleTunnel } from './devices.ts';
import { runShell } from './shell.ts';

/** What sysctl(8) prints when it sets something. */
const printedBySysctl = /^(?:net|kern|hw)\.[\w.]+: \S+ -> \S+$/;

export const runTyped = (draft: RunningDraft, text: string, variables: Variables, at: Place): void => {
  if (!printedBySysctl.test(text)) runShell({ draft, name: '', path: at.path }, text, variables, at);
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
