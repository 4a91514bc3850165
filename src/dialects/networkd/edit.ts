/**
 * Edits networkd's files: what the wanted state says otherwise than the files do is taken out of, or put into, the file
 * of its interface, line by line; everything else stays as it is. What comes out is read again: a file whose lines could
 * not be brought to say it is written anew.
 */
import { type NetworkState } from '../../state/network-state.ts';
import { normalize } from '../../state/normal-form.ts';
import { type IniDraft, type IniText, readIni } from '../ini/ini-text.ts';
import { applyEdits, changesBetween } from '../ini/edit-ini.ts';
import { type ConfigText, type Writing } from '../dialect.ts';
import { mergeReadings } from '../merge-readings.ts';
import { readNetworkd } from './read.ts';
import { writeNetworkd } from './write.ts';

const stateOf = (texts: readonly ConfigText[], stack: string): NetworkState =>
  mergeReadings([{ dialect: 'networkd', reading: readNetworkd(texts, { stack }) }]).state;

/** What networkd cannot say is in neither. */
const saidOf = (state: NetworkState, stack: string): string =>
  JSON.stringify(normalize(stateOf(writeNetworkd(state, stack).files, stack)));

const draftsOf = (text: ConfigText | undefined): readonly IniDraft[] =>
  text === undefined
    ? []
    : readIni(text.path, text.text, 'systemd').sections.map(({ name, entries }) => ({
        name: name.text,
        entries: entries.map(({ key, value }) => [key.text, value.text] as const),
      }));

/** The interface that a canonical file is for. */
const nameIn = (path: string): string => path.replace(/^.*\/\d+-(.*)\.(network|netdev)$/, '$1');
const kindIn = (path: string): string => path.slice(path.lastIndexOf('.') + 1);

const isAbout = ({ sections }: IniText, kind: string, name: string): boolean =>
  sections.some(
    (section) =>
      section.name.text === (kind === 'netdev' ? 'NetDev' : 'Match') &&
      section.entries.some(({ key, value }) => key.text === 'Name' && value.text === name),
  );

const ownFile = (texts: readonly ConfigText[], kind: string, name: string): ConfigText | undefined =>
  texts.find((text) => text.path.endsWith(`.${kind}`) && isAbout(readIni(text.path, text.text, 'systemd'), kind, name));

/** Keys of [Network] that may as well stand in a section of their own, under this key there. */
const elsewhere: Readonly<Record<string, readonly [section: string, key: string]>> = {
  Address: ['Address', 'Address'],
  Gateway: ['Route', 'Gateway'],
};

export const editNetworkd = (texts: readonly ConfigText[], state: NetworkState, stack: string): Writing => {
  const wanted = writeNetworkd(state, stack);
  const present = stateOf(texts, stack);
  if (JSON.stringify(present) === saidOf(state, stack)) return { files: texts, omissions: wanted.omissions };
  const before = writeNetworkd(present, stack).files;
  const files = new Map(texts.map((text) => [text.path, text]));
  for (const path of new Set([...before, ...wanted.files].map((file) => file.path))) {
    const was = before.find((file) => file.path === path);
    const is = wanted.files.find((file) => file.path === path);
    if (was?.text === is?.text) continue;
    const own = ownFile([...files.values()], kindIn(path), nameIn(path));
    if (is === undefined) {
      if (own !== undefined) files.delete(own.path);
    } else if (own === undefined || was === undefined) files.set(own?.path ?? path, { ...is, path: own?.path ?? path });
    else {
      const edited = applyEdits(own, changesBetween(draftsOf(was), draftsOf(is)), elsewhere);
      files.set(own.path, { path: own.path, text: edited ?? is.text });
    }
  }
  const edited = [...files.values()];
  const isRight = JSON.stringify(stateOf(edited, stack)) === saidOf(state, stack);
  return { files: isRight ? edited : wanted.files, omissions: wanted.omissions };
};
