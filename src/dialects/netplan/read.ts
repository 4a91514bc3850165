/**
 * Reads netplan's files (netplan-yaml(5)): all of them in the order of their names, one laid over the other, and what
 * systemd-networkd makes of the whole.
 */
import { compareText } from '../../state/spelling.ts';
import { type ConfigText, type ReadContext, type Reading, type Remark } from '../dialect.ts';
import { newDraft, partOf, tellInto, type Tell } from '../draft.ts';
import { nothingRead, readingOf } from '../reading.ts';
import { childOf, entriesOf, itemsOf, overlay, parseTree, textOf, type Tree } from '../yaml-tree/tree.ts';
import { deviceSections, type Device, type DeviceSection } from './device.ts';
import { readDevices } from './read-devices.ts';

const folders = ['etc/netplan', 'run/netplan', 'lib/netplan'] as const;

const nameOf = (path: string): string => path.slice(path.lastIndexOf('/') + 1);
const rankOf = (path: string): number =>
  Math.max(
    0,
    folders.findIndex((folder) => path.startsWith(`${folder}/`)),
  );

export const ownsPath = (path: string): boolean =>
  folders.some((folder) => path.startsWith(`${folder}/`)) && /\.ya?ml$/.test(path);

/** By name; of two with one name that under /etc hides the others. */
export const inReadingOrder = (texts: readonly ConfigText[], tell: Tell): readonly ConfigText[] => {
  const kept = new Map<string, ConfigText>();
  for (const text of [...texts].sort((a, b) => rankOf(a.path) - rankOf(b.path))) {
    const name = nameOf(text.path);
    const known = kept.get(name);
    if (known === undefined) kept.set(name, text);
    else
      tell('ignored', 'hidden-file', `\`${text.path}\` is hidden by \`${known.path}\``, {
        path: text.path,
        line: 1,
        column: 1,
      });
  }
  return [...kept.values()].sort((a, b) => compareText(nameOf(a.path), nameOf(b.path)));
};

const knownTop = new Set(['version', 'renderer', ...deviceSections]);

const devicesIn = (network: Tree | undefined, tell: Tell): readonly Device[] =>
  entriesOf(network).flatMap(([section, { keyAt, value }]) => {
    if (section === 'version') {
      if (textOf(value) !== '2') tell('error', 'other-version', 'netplan reads `version: 2` only', value.at);
      return [];
    }
    if (section === 'renderer') return [];
    if (!knownTop.has(section)) {
      const isNetplans = ['wifis', 'modems', 'nm-devices', 'openvswitch', 'virtual-ethernets'].includes(section);
      if (isNetplans) tell('not-said', 'no-words-for', `\`${section}\` have no place in the model`, keyAt);
      else tell('error', 'unknown-key', `netplan knows no \`${section}\``, keyAt);
      return [];
    }
    const usual = textOf(childOf(value, 'renderer')) ?? textOf(childOf(network, 'renderer'));
    return entriesOf(value).flatMap(([id, entry]) => {
      if (id === 'renderer') return [];
      return [
        {
          id,
          section: section as DeviceSection,
          at: entry.keyAt,
          body: entry.value,
          renderer: textOf(childOf(entry.value, 'renderer')) ?? usual,
        },
      ];
    });
  });

/** `openvswitch: { ports: [[a, b], …] }` */
const switchPortsIn = (network: Tree | undefined): ReadonlySet<string> =>
  new Set(
    itemsOf(childOf(childOf(network, 'openvswitch'), 'ports'))
      .flatMap((pair) => itemsOf(pair))
      .flatMap((port) => textOf(port) ?? []),
  );

export const readNetplan = (texts: readonly ConfigText[], { stack }: ReadContext): Reading => {
  const remarks: Remark[] = [];
  const tell = tellInto(remarks);
  let merged: Tree | undefined;
  for (const text of inReadingOrder(texts, tell)) {
    const tree = parseTree(text, tell);
    if (tree === undefined || (tree.kind === 'scalar' && tree.value === null)) continue;
    for (const [key, { keyAt }] of entriesOf(tree))
      if (key !== 'network') tell('error', 'unknown-key', `netplan knows \`network\` alone here, no \`${key}\``, keyAt);
    if (tree.kind === 'map') merged = overlay(merged, tree);
    else tell('error', 'not-a-map', 'the file is not a map that begins with `network:`', tree.at);
  }
  const draft = newDraft(stack, tell);
  const network = childOf(merged, 'network');
  readDevices(devicesIn(network, tell), switchPortsIn(network), draft);
  const part = partOf(draft);
  return Object.keys(part).length === 0 ? nothingRead(remarks) : readingOf(stack, part, remarks, draft.origins);
};
