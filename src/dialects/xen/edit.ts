/**
 * Edits Xen's files: the words of `vif` strings that are to be others, and the script that makes the host's network where
 * that is to be another. What comes out is read again; of all that can be done the least that says most of what is wanted
 * is taken, and what is still missing is listed.
 */
import { type NetworkState } from '../../state/network-state.ts';
import { normalize } from '../../state/normal-form.ts';
import { type ConfigText, type Dialect, type Omission, type Writing } from '../dialect.ts';
import { omissionsBetween } from '../differences.ts';
import { mergeReadings } from '../merge-readings.ts';
import { readDomainText } from './domain-text.ts';
import { scriptsFor, withNetworkScript, type NetworkScript } from './edit-config.ts';
import { editDomainText, vifText, type VifWords } from './edit-domain.ts';
import { vifWordsFor } from './vif-words.ts';

/** What the files of Xen are to their reader. */
export interface XenFiles {
  readonly read: Dialect['read'];
  readonly isConfig: (text: ConfigText) => boolean;
  /** The name of a domain that does not say it. */
  readonly baseName: (path: string) => string;
}

type VifsOf = ReadonlyMap<string, readonly VifWords[]>;

/** By the numbers of guests’ interfaces; those behind a gap have no place in a list. */
const vifsOf = (state: NetworkState, host: string): VifsOf => {
  const taps = new Map<string, Map<string, string>>();
  for (const { a, b } of state.cables) {
    const [near, far] = a.stack === host ? [a, b] : [b, a];
    if (near.stack !== host || far.stack === host) continue;
    taps.set(far.stack, (taps.get(far.stack) ?? new Map<string, string>()).set(far.interface, near.interface));
  }
  return new Map(
    [...taps].map(([guest, own]) => {
      const vifs: VifWords[] = [];
      for (let tap = own.get('eth0'); tap !== undefined; tap = own.get(`eth${vifs.length}`))
        vifs.push(vifWordsFor(state, host, guest, `eth${vifs.length}`, tap));
      return [guest, vifs];
    }),
  );
};

interface Job {
  readonly files: XenFiles;
  readonly texts: readonly ConfigText[];
  readonly host: string;
  readonly wanted: NetworkState;
  readonly before: VifsOf;
  readonly after: VifsOf;
}

const nameIn = (text: ConfigText, { baseName }: XenFiles): string =>
  readDomainText(text, () => undefined).get('name')?.items[0]?.text ?? baseName(text.path);

/** Undefined: the file goes with its guest. */
const editedDomain = (text: ConfigText, job: Job, isWhole: boolean): ConfigText | undefined => {
  const name = nameIn(text, job.files);
  if (!Object.hasOwn(job.wanted.stacks, name)) return undefined;
  const [before, after] = [job.before.get(name) ?? [], job.after.get(name) ?? []];
  if (JSON.stringify(before) === JSON.stringify(after) && !isWhole) return text;
  return { path: text.path, text: editDomainText(text.text, before, after, isWhole) ?? text.text };
};

const domainText = (name: string, vifs: readonly VifWords[]): string =>
  [`name = '${name}'`, 'memory = 256', 'vif = [', ...vifs.map((words) => `  '${vifText(words)}',`), ']', ''].join('\n');

const newDomains = ({ files, texts, before, after }: Job): readonly ConfigText[] => {
  const known = new Set(texts.filter((text) => !files.isConfig(text)).map((text) => nameIn(text, files)));
  return [...after].flatMap(([name, vifs]) =>
    known.has(name) || before.has(name) || vifs.length === 0
      ? []
      : [{ path: `etc/xen/${name}.cfg`, text: domainText(name, vifs) }],
  );
};

/** `script`: 'kept' leaves the host's own file as it is. */
const edited = (job: Job, script: NetworkScript | 'kept', isWhole: boolean): readonly ConfigText[] => {
  const config = job.texts.findLast(job.files.isConfig);
  return [
    ...job.texts.flatMap((text) => {
      if (!job.files.isConfig(text)) return editedDomain(text, job, isWhole) ?? [];
      if (script === 'kept' || text !== config) return [text];
      return [{ path: text.path, text: withNetworkScript(text.text, script) }];
    }),
    ...newDomains(job),
  ];
};

export const editXen =
  (files: XenFiles) =>
  (texts: readonly ConfigText[], state: NetworkState, host: string): Writing => {
    const stateOf = (of: readonly ConfigText[]): NetworkState =>
      mergeReadings([{ dialect: 'xen', reading: files.read(of, { stack: host }) }]).state;
    const wanted = normalize(state);
    const present = stateOf(texts);
    const job: Job = { files, texts, host, wanted, before: vifsOf(present, host), after: vifsOf(wanted, host) };
    let best: { readonly files: readonly ConfigText[]; readonly omissions: readonly Omission[] } | undefined;
    for (const script of ['kept' as const, ...scriptsFor(wanted, host)])
      for (const isWhole of [false, true]) {
        const fresh = edited(job, script, isWhole);
        const omissions = omissionsBetween(wanted, stateOf(fresh), 'Xen’s files have no words for it');
        if (best === undefined || omissions.length < best.omissions.length) best = { files: fresh, omissions };
        if (omissions.length === 0) return best;
      }
    return best ?? { files: texts, omissions: [] };
  };
