/**
 * The files of several machines to one network: each machine's files are read by their dialects and merged, then the
 * machines are plugged together. Places in remarks and origins are those of the files as the caller names them.
 */
import { type NetworkState } from '../state/network-state.ts';
import { normalize } from '../state/normal-form.ts';
import { type ConfigText, type Dialect, type Origins, type Place, type Remark } from './dialect.ts';
import { mergeReadings, type NamedReading } from './merge-readings.ts';
import { plug, type Wiring } from './plug.ts';
import { dialects } from './dialects.ts';
import { readMachine } from './read-machine.ts';
import { sessionOf } from './session.ts';

/** A text with the name by which the caller knows its file. */
export interface ImportedText extends ConfigText {
  readonly file: string;
}

export interface ImportedMachine {
  readonly name: string;
  readonly texts: readonly ImportedText[];
}

export interface ReadNetwork {
  readonly state: NetworkState;
  readonly remarks: readonly Remark[];
  readonly origins: Origins;
  /** Files that no dialect knows. */
  readonly unread: readonly string[];
  /** Names of dialects, by file. */
  readonly dialectOf: ReadonlyMap<string, string>;
}

const renamed = (place: Place, fileOf: ReadonlyMap<string, string>): Place => ({
  ...place,
  path: fileOf.get(place.path) ?? place.path,
});

const withFiles = ({ dialect, reading }: NamedReading, fileOf: ReadonlyMap<string, string>): NamedReading => ({
  dialect,
  reading: {
    ...reading,
    remarks: reading.remarks.map((remark) => ({ ...remark, at: renamed(remark.at, fileOf) })),
    origins: Object.fromEntries(Object.entries(reading.origins).map(([key, at]) => [key, renamed(at, fileOf)])),
  },
});

/** Texts that are sessions at a terminal become what they show. */
const withSessions = (texts: readonly ImportedText[], remarks: Remark[]): readonly ImportedText[] =>
  texts.flatMap((text) => {
    const session = dialects.some((dialect) => dialect.owns(text.path)) ? undefined : sessionOf(text);
    if (session === undefined) return [text];
    remarks.push(...session.remarks.map((remark) => ({ ...remark, at: { ...remark.at, path: text.file } })));
    return session.texts.map((part) => ({ ...part, file: text.file }));
  });

/** `from`: the dialect of all texts, where it is told; `wiring`: what is plugged where, where that is told. */
export const readNetwork = (
  machines: readonly ImportedMachine[],
  settings: { readonly from?: Dialect | undefined; readonly wiring?: Wiring | undefined } = {},
): ReadNetwork => {
  const dialectOf = new Map<string, string>();
  const unread: string[] = [];
  const sessionRemarks: Remark[] = [];
  const readings = machines.flatMap(({ name, texts: given }) => {
    const texts = settings.from === undefined ? withSessions(given, sessionRemarks) : given;
    const fileOf = new Map(texts.map(({ path, file }) => [path, file]));
    const read = readMachine(texts, { stack: name }, settings.from);
    for (const [dialect, own] of read.textsOf)
      for (const { path } of own) dialectOf.set(fileOf.get(path) ?? path, dialect.name);
    unread.push(...read.unread.map(({ path }) => fileOf.get(path) ?? path));
    return read.readings.map((reading) => withFiles(reading, fileOf));
  });
  const { state, remarks, origins } = mergeReadings(readings);
  const first = machines[0]?.texts[0]?.file ?? '';
  const { state: plugged, remarks: told } = plug(
    state,
    settings.wiring,
    ({ stack, interface: name }) => origins[`${stack}/interfaces/${name}`] ?? { path: first, line: 1, column: 1 },
  );
  return { state: normalize(plugged), remarks: [...sessionRemarks, ...remarks, ...told], origins, unread, dialectOf };
};
