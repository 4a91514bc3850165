/** A state with the repairs of findings made, one after the other. */
import { applyEdits } from '../reach/repair/apply-edit.ts';
import { type NetworkState } from '../state/network-state.ts';
import { normalize } from '../state/normal-form.ts';
import { type Mending } from './finding.ts';

/** Whether it can be made at all: words alone are for people. */
export const isMending = ({ edits, mend }: Mending): boolean => edits.length > 0 || mend !== undefined;

export const mended = (state: NetworkState, repairs: readonly Mending[]): NetworkState =>
  normalize(repairs.reduce((now, { edits, mend }) => (mend === undefined ? applyEdits(now, edits) : mend(now)), state));
