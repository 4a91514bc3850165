/** Command lines of ufw(8), carried out on its lists of rules. */
import { type Place } from '../dialect.ts';
import { askIn } from '../ufw/command.ts';
import { profilesIn } from '../ufw/profiles.ts';
import { carryOut } from '../ufw/typed-rules.ts';
import { done, type Effect, ignored, wrong } from './effect.ts';
import { type RunningDraft } from './running-draft.ts';

/** Those that many machines have: the files of a package are not where commands are. */
const knownProfiles = profilesIn([]);

/** `words`: what stands behind the name of the program. */
export const runUfw = (draft: RunningDraft, words: readonly string[], at: Place): Effect => {
  const ask = askIn(words, knownProfiles);
  if (ask.kind === 'nothing') return ignored('this changes nothing here');
  const refusal = carryOut(draft.ufw, ask, at);
  return refusal === undefined ? done : wrong(refusal.why);
};
