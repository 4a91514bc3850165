/**
 * Edits networkd's files: what the wanted state says otherwise than the files do is taken out of, or put into, the file
 * of its interface. What comes out is read again; where it does not say what is wanted, all is written anew.
 */
import { type NetworkState } from '../../state/network-state.ts';
import { type ConfigText, type Writing } from '../dialect.ts';
import { editFiles, type IniDialect } from '../ini/edit-files.ts';
import { mergeReadings } from '../merge-readings.ts';
import { readNetworkd } from './read.ts';
import { writeNetworkd } from './write.ts';

const stateOf = (texts: readonly ConfigText[], stack: string): NetworkState =>
  mergeReadings([{ dialect: 'networkd', reading: readNetworkd(texts, { stack }) }]).state;

/** The interface that a canonical file is for, and of which kind the file is. */
const canonical = (path: string): readonly [name: string, kind: string] => [
  path.replace(/^.*\/\d+-(.*)\.(network|netdev)$/, '$1'),
  path.slice(path.lastIndexOf('.') + 1),
];

const files: IniDialect = {
  style: 'systemd',
  isFor: ({ path }, { sections }, canonicalPath) => {
    const [name, kind] = canonical(canonicalPath);
    const section = kind === 'netdev' ? 'NetDev' : 'Match';
    return (
      path.endsWith(`.${kind}`) &&
      sections.some(
        (own) =>
          own.name.text === section && own.entries.some(({ key, value }) => key.text === 'Name' && value.text === name),
      )
    );
  },
  elsewhere: { Address: ['Address', 'Address'], Gateway: ['Route', 'Gateway'] },
};

export const editNetworkd = (texts: readonly ConfigText[], state: NetworkState, stack: string): Writing => {
  const written = writeNetworkd(state, stack);
  const wanted = JSON.stringify(stateOf(written.files, stack));
  const present = stateOf(texts, stack);
  if (JSON.stringify(present) === wanted) return { files: texts, omissions: written.omissions };
  const edited = editFiles(texts, writeNetworkd(present, stack).files, written.files, files);
  const isRight = JSON.stringify(stateOf(edited, stack)) === wanted;
  return { files: isRight ? edited : written.files, omissions: written.omissions };
};
