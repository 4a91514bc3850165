/** What hand-written files say, and what they are to say after a change. */
import { type ConfigText } from '../../../src/dialects/dialect.ts';
import { mergeReadings } from '../../../src/dialects/merge-readings.ts';
import { type NetworkState } from '../../../src/state/network-state.ts';
import { normalize } from '../../../src/state/normal-form.ts';
import { type HandWritten } from './hand-written-file.ts';

export const stack = 'm';

export const handWrittenState = ({ dialect, known }: HandWritten, texts: readonly ConfigText[]): NetworkState =>
  mergeReadings([
    { dialect: dialect.name, reading: dialect.read(texts, { stack, ...(known && { interfaces: known }) }) },
  ]).state;

/** Undefined where the files do not say what is to change. */
export const changedState = (state: NetworkState, from: string, to: string): NetworkState | undefined => {
  const before = JSON.stringify(state);
  return before.includes(from) ? normalize(JSON.parse(before.replace(from, () => to)) as NetworkState) : undefined;
};
