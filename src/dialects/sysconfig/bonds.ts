/** Bonds of both kinds of ifcfg files: `mode=… miimon=…` in one variable. */
import { type Place } from '../dialect.ts';
import { isEffectOfBond, withBondOption } from '../shell-commands/bond-options.ts';
import { changeLink, type RunningDraft, makeLink } from '../shell-commands/running-draft.ts';
import { isInterfaceName } from '../shell-commands/values.ts';
import { bondWords } from './addresses.ts';

export const makeBond = (draft: RunningDraft, name: string, options: string, at: Place): void => {
  let bond = draft.interfaces.get(name)?.bond ?? { mode: 'balance-rr' as const };
  for (const [key, value] of bondWords(options)) {
    const changed = withBondOption(bond, key, value);
    if (!isEffectOfBond(changed)) bond = changed;
    else if (changed.kind !== 'done')
      draft.tell(changed.kind === 'wrong' ? 'error' : 'not-said', 'unsaid-option', changed.message, at);
  }
  makeLink(draft, name, { kind: 'bond', bond }, at);
};

export const enslave = (draft: RunningDraft, master: string, member: string, at: Place): void => {
  if (!isInterfaceName(member)) draft.tell('error', 'not-an-interface', `\`${member}\` is no name of an interface`, at);
  else changeLink(draft, member, { master, up: true }, at);
};
