/**
 * Edits netplan's files: of each device the keys that are to mean something else are set in the file that has them; all
 * other lines stay. What comes out is read again; where it does not say what is wanted, one new file says all.
 */
import { type NetworkState } from '../../state/network-state.ts';
import { type ConfigText, type Writing } from '../dialect.ts';
import { mergeReadings } from '../merge-readings.ts';
import { withKey } from '../yaml-tree/edit-yaml.ts';
import { childOf, entriesOf, parseTree } from '../yaml-tree/tree.ts';
import { readNetplan } from './read.ts';
import { bodyOf, writeNetplan, type Plain } from './write.ts';

const stateOf = (texts: readonly ConfigText[], stack: string): string =>
  JSON.stringify(mergeReadings([{ dialect: 'netplan', reading: readNetplan(texts, { stack }) }]).state);

const mapOf = (plain: Plain | undefined): Readonly<Record<string, Plain>> =>
  typeof plain === 'object' && !Array.isArray(plain) ? (plain as Readonly<Record<string, Plain>>) : {};

const isSame = (a: Plain | undefined, b: Plain | undefined): boolean => JSON.stringify(a) === JSON.stringify(b);

interface Change {
  readonly path: readonly string[];
  readonly key: string;
  readonly value: Plain | undefined;
}

const keysOf = (a: Readonly<Record<string, Plain>>, b: Readonly<Record<string, Plain>>): readonly string[] => [
  ...new Set([...Object.keys(a), ...Object.keys(b)]),
];

/** Key by key of each device; whole devices and whole sections where they come or go. */
const changesBetween = (before: Plain, after: Plain): readonly Change[] => {
  const [was, is] = [mapOf(before), mapOf(after)];
  const changes: Change[] = [];
  for (const section of keysOf(was, is)) {
    const [old, fresh] = [mapOf(was[section]), mapOf(is[section])];
    if (isSame(was[section], is[section])) continue;
    if (was[section] === undefined || is[section] === undefined) {
      changes.push({ path: ['network'], key: section, value: is[section] });
      continue;
    }
    for (const device of keysOf(old, fresh)) {
      if (isSame(old[device], fresh[device])) continue;
      if (old[device] === undefined || fresh[device] === undefined) {
        changes.push({ path: ['network', section], key: device, value: fresh[device] });
        continue;
      }
      const [a, b] = [mapOf(old[device]), mapOf(fresh[device])];
      for (const key of keysOf(a, b))
        if (!isSame(a[key], b[key])) changes.push({ path: ['network', section, device], key, value: b[key] });
    }
  }
  return changes;
};

const holds = (text: ConfigText, path: readonly string[]): boolean => {
  let tree = parseTree(text, () => undefined);
  for (const key of path) tree = childOf(tree, key);
  return tree !== undefined;
};

/** The last file that has the key, else the last that has what it lies in. */
const placeFor = (files: readonly ConfigText[], { path, key }: Change): number => {
  const having = files.findLastIndex((text) => holds(text, [...path, key]));
  return having >= 0 ? having : files.findLastIndex((text) => holds(text, path));
};

/** Names are asked for by the whole machine: whichever device has the servers is where they change. */
const whereNamesAre = (files: readonly ConfigText[], change: Change): Change => {
  const [network = ''] = change.path;
  if (change.key !== 'nameservers' || files.some((text) => holds(text, [...change.path, change.key]))) return change;
  for (const text of files)
    for (const [section, { value: devices }] of entriesOf(
      childOf(
        parseTree(text, () => undefined),
        network,
      ),
    ))
      for (const [device, { value }] of entriesOf(devices))
        if (childOf(value, change.key) !== undefined) return { ...change, path: [network, section, device] };
  return change;
};

const applied = (texts: readonly ConfigText[], changes: readonly Change[]): readonly ConfigText[] | undefined => {
  const files = [...texts];
  for (const asked of changes) {
    const change = whereNamesAre(files, asked);
    const at = placeFor(files, change);
    const file = files[at];
    if (file === undefined) return undefined;
    const text = withKey(file.text, change.path, change.key, change.value);
    if (text === undefined) return undefined;
    files[at] = { path: file.path, text };
  }
  return files;
};

export const editNetplan = (texts: readonly ConfigText[], state: NetworkState, stack: string): Writing => {
  const written = writeNetplan(state, stack);
  const wanted = stateOf(written.files, stack);
  if (stateOf(texts, stack) === wanted) return { files: texts, omissions: written.omissions };
  const present = mergeReadings([{ dialect: 'netplan', reading: readNetplan(texts, { stack }) }]).state;
  const edited = applied(texts, changesBetween(bodyOf(present, stack), bodyOf(state, stack)));
  const isRight = edited !== undefined && stateOf(edited, stack) === wanted;
  return { files: isRight ? edited : written.files, omissions: written.omissions };
};
