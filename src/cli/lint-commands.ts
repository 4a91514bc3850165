/** A finding's repair as commands, in their order. */
import { applyEdit } from '../reach/repair/apply-edit.ts';
import { commandsOf } from '../reach/repair/commands.ts';
import { type Command, type Edit } from '../reach/repair/edit.ts';
import { type NetworkState } from '../state/network-state.ts';

/** Each on the state as those before have left it. */
export const commandsFor = (state: NetworkState, edits: readonly Edit[]): readonly Command[] => {
  let now = state;
  return edits.flatMap((edit) => {
    const commands = commandsOf(now, edit);
    now = applyEdit(now, edit);
    return commands;
  });
};
