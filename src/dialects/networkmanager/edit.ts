/**
 * Edits NetworkManager's key files, each profile entry by entry. What comes out is read again; where it does not say
 * what is wanted, all is written anew.
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

export const editNetworkManager = (texts: readonly ConfigText[], state: NetworkState, stack: string): Writing => {
  const written = writeNetworkManager(state, stack);
  const wanted = JSON.stringify(stateOf(written.files, stack));
  const present = stateOf(texts, stack);
  if (JSON.stringify(present) === wanted) return { files: texts, omissions: written.omissions };
  const edited = editFiles(texts, writeNetworkManager(present, stack).files, written.files, files);
  const isRight = JSON.stringify(stateOf(edited, stack)) === wanted;
  return { files: isRight ? edited : written.files, omissions: written.omissions };
};
