/**
 * Edits NetworkManager's key files, each profile entry by entry. What comes out is read again, and edited again for
 * what is still missing; where it does not come to say what is wanted, all is written anew.
 */
import { type NetworkState } from '../../state/network-state.ts';
import { type ConfigText, type Writing } from '../dialect.ts';
import { editFiles, type IniDialect } from '../ini/edit-files.ts';
import { mergeReadings } from '../merge-readings.ts';
import { readNetworkManager } from './read.ts';
import { writeNetworkManager } from './write.ts';

const stateOf = (texts: readonly ConfigText[], stack: string): NetworkState =>
  mergeReadings([{ dialect: 'networkmanager', reading: readNetworkManager(texts, { stack }) }]).state;

const files: IniDialect = {
  style: 'glib',
  isFor: (_file, { sections }, canonicalPath) => {
    const name = canonicalPath.replace(/^.*\/(.*)\.nmconnection$/, '$1');
    return sections.some(
      (section) =>
        section.name.text === 'connection' &&
        section.entries.some(({ key, value }) => key.text === 'interface-name' && value.text === name),
    );
  },
  elsewhere: {},
};

/** An entry that says two things (`address1=…,GATEWAY`) loses the second with the first; the next round says it again. */
const mostRounds = 3;

export const editNetworkManager = (texts: readonly ConfigText[], state: NetworkState, stack: string): Writing => {
  const written = writeNetworkManager(state, stack);
  const wanted = JSON.stringify(stateOf(written.files, stack));
  if (JSON.stringify(stateOf(texts, stack)) === wanted) return { files: texts, omissions: written.omissions };
  let edited = texts;
  for (let round = 0; round < mostRounds; round += 1) {
    const present = stateOf(edited, stack);
    edited = editFiles(edited, writeNetworkManager(present, stack).files, written.files, files);
    if (JSON.stringify(stateOf(edited, stack)) === wanted) return { files: edited, omissions: written.omissions };
  }
  return written;
};
