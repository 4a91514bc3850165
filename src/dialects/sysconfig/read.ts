/** What the network scripts of SUSE or of Red Hat make of the files below /etc/sysconfig. */
import { type ConfigText, type Reading } from '../dialect.ts';
import { newRunningDraft } from '../shell-commands/running-draft.ts';
import { finishDraft } from '../shell-commands/finish-draft.ts';
import { flavourOf } from './files.ts';
import { readRedHat } from './read-red-hat.ts';
import { readSuse } from './read-suse.ts';

export const readSysconfig = (texts: readonly ConfigText[], stack: string): Reading => {
  const draft = newRunningDraft(stack);
  const suse = texts.filter((text) => flavourOf(text) === 'suse');
  const redHat = texts.filter((text) => flavourOf(text) === 'red-hat');
  if (suse.length > 0) readSuse(draft, suse);
  if (redHat.length > 0) readRedHat(draft, redHat);
  return finishDraft(draft);
};
