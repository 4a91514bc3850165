/**
 * Rewrites files of SUSE below /etc/sysconfig/network to say another state, line by line: a variable gets its new value
 * where it stands, a route or setting that is gone loses its line, and what is new comes to the end of its file. What
 * comes out is read again, and what still differs is listed. Those of Red Hat are `edit-red-hat.ts`'s.
 */
import { type NetworkState, type Stack } from '../../state/network-state.ts';
import { type ConfigText, type Place, type Writing } from '../dialect.ts';
import { differencesOf, nameOfEntry, normalPart } from '../differences.ts';
import { stackIn } from '../reading.ts';
import { readVariables } from '../shell-commands/variables.ts';
import { editRedHat } from './edit-red-hat.ts';
import { baseName, flavourOf, suseFolder } from './files.ts';
import { readSysconfig } from './read.ts';
import { joined, linesOfText, withValue } from './text-edits.ts';
import {
  assignmentText,
  omissionsOf,
  orderedRoutes,
  proxyLine,
  resolverVariables,
  routeLine,
  sysctlLine,
  type VariablePair,
  variablesOf,
  writableOf,
  writeSysconfig,
} from './write.ts';

type Files = Map<string, string>;

/** Only what differs between the two lists is touched; variables of neither stay. */
const editVariables = (text: ConfigText, before: readonly VariablePair[], wanted: readonly VariablePair[]): string => {
  const [old, fresh] = [new Map(before), new Map(wanted)];
  const names = new Set([...old.keys(), ...fresh.keys()]);
  const changed = new Set([...names].filter((name) => old.get(name) !== fresh.get(name)));
  if (changed.size === 0) return text.text;
  const lines = linesOfText(text.text);
  const { assignments } = readVariables(text);
  const said = new Set<string>();
  const masks = [...changed].flatMap((name) => {
    const suffix = /^IPADDR(.*)$/.exec(name)?.[1];
    return suffix === undefined
      ? []
      : [`NETMASK${suffix}`, `PREFIXLEN${suffix}`, `BROADCAST${suffix}`, `NETWORK${suffix}`];
  });
  // From the end, so that the numbers of lines above stay right.
  for (const { name, at, lastLine } of assignments.toReversed()) {
    const value = fresh.get(name);
    if (!changed.has(name) && !masks.includes(name)) continue;
    const isLast = !said.has(name);
    if (value !== undefined) said.add(name);
    const line =
      value === undefined || !isLast ? [] : [withValue(lines.slice(at.line - 1, lastLine).join('\n'), value)];
    lines.splice(at.line - 1, lastLine - at.line + 1, ...line);
  }
  const added = wanted.filter(([name]) => changed.has(name) && !said.has(name));
  return joined([...lines, ...added.map(assignmentText)], added.length === 0 ? text.text : '');
};

const without = (files: Files, places: readonly Place[]): void => {
  for (const { path, line } of [...places].sort((a, b) => b.line - a.line)) {
    const before = files.get(path) ?? '';
    const lines = linesOfText(before);
    lines.splice(line - 1, 1);
    files.set(path, joined(lines, before));
  }
};

const append = (files: Files, name: string, lines: readonly string[]): void => {
  if (lines.length === 0) return;
  const path = `${suseFolder}/${name}`;
  const before = files.get(path) ?? '';
  files.set(path, `${before}${before === '' || before.endsWith('\n') ? '' : '\n'}${joined(lines)}`);
};

interface Both {
  readonly before: Stack;
  readonly wanted: Stack;
  readonly origin: (key: string) => Place | undefined;
  /** Whether new lines may stand where others go: of routes, gateways come before what lies behind them. */
  readonly isInPlace: boolean;
}

const editInterfaces = (files: Files, { before, wanted }: Both): void => {
  for (const name of new Set([...Object.keys(before.interfaces), ...Object.keys(wanted.interfaces)])) {
    const path = [...files.keys()].find((it) => baseName(it) === `ifcfg-${name}`);
    if (path === undefined) append(files, `ifcfg-${name}`, variablesOf(name, wanted).map(assignmentText));
    else if (wanted.interfaces[name] === undefined) files.delete(path);
    else {
      const text = { path, text: files.get(path) ?? '' };
      files.set(path, editVariables(text, spelledAs(text, variablesOf(name, before)), variablesOf(name, wanted)));
    }
  }
};

/** Addresses by the suffixes that the file has for them, lengths as they are. */
const spelledAs = (text: ConfigText, before: readonly VariablePair[]): readonly VariablePair[] => {
  const own = readVariables(text).assignments.filter(({ name, value }) => name.startsWith('IPADDR') && value !== '');
  const rest = before.filter(([name]) => !/^(?:IPADDR|LABEL)/.test(name));
  const addresses = before.filter(([name]) => name.startsWith('IPADDR'));
  const isSame =
    own.length === addresses.length &&
    own.every(({ name, value }) =>
      addresses.some(([key, address]) => key === name && address.split('/')[0] === value.split('/')[0]),
    );
  return isSame ? before : [...rest, ...own.map(({ name, value }): VariablePair => [name, value])];
};

/** Files of one interface (`ifroute-eth0`) are for that one only. */
const mayStandIn = ({ path }: Place, entry: object): boolean => {
  const own = /^if\w+-(.+)$/.exec(baseName(path))?.[1];
  return own === undefined || ('dev' in entry && entry.dev === own);
};

const replaceLine = (files: Files, { path, line }: Place, fresh: string): void => {
  const before = files.get(path) ?? '';
  const lines = linesOfText(before);
  lines[line - 1] = fresh;
  files.set(path, joined(lines, before));
};

/** Lists of lines: new ones come in the place of those that go, or to the end. */
const editList = <T extends object>(
  files: Files,
  file: string,
  [before, wanted]: readonly [readonly T[], readonly T[]],
  lineOf: (entry: T) => string,
  placeOf: (entry: T) => Place | undefined,
  isInPlace: boolean,
): void => {
  const texts = (list: readonly T[]): ReadonlySet<string> => new Set(list.map((entry) => JSON.stringify(entry)));
  const [old, fresh] = [texts(before), texts(wanted)];
  const gone = before.filter((entry) => !fresh.has(JSON.stringify(entry)));
  const come = wanted.filter((entry) => !old.has(JSON.stringify(entry)));
  const left: Place[] = [];
  for (const place of gone.flatMap((entry) => placeOf(entry) ?? [])) {
    const next = isInPlace ? come.findIndex((entry) => mayStandIn(place, entry)) : -1;
    const [entry] = next < 0 ? [] : come.splice(next, 1);
    if (entry === undefined) left.push(place);
    else replaceLine(files, place, lineOf(entry));
  }
  without(files, left);
  append(files, file, come.map(lineOf));
};

const editGeneral = (files: Files, { before, wanted, origin, isInPlace }: Both): void => {
  editList(
    files,
    'routes',
    [before.routes, orderedRoutes(wanted.routes)],
    routeLine,
    (route) => origin(`routes/${nameOfEntry('routes', route)}`),
    isInPlace,
  );
  const settings = ({ sysctls }: Stack): readonly { key: string; value: string }[] =>
    Object.entries(sysctls).map(([key, value]) => ({ key, value }));
  editList(
    files,
    'ifsysctl',
    [settings(before), settings(wanted)],
    ({ key, value }) => sysctlLine(key, value),
    ({ key }) => {
      const place = origin(`sysctls/${key}`);
      return place !== undefined && baseName(place.path).startsWith('ifsysctl') ? place : undefined;
    },
    isInPlace,
  );
  editList(
    files,
    'ifndp-proxy',
    [before.neighbourProxies, wanted.neighbourProxies],
    (proxy) => proxyLine(wanted, proxy),
    ({ address, dev }) => origin(`neighbourProxies/${address} dev ${dev}`),
    isInPlace,
  );
  const path = `${suseFolder}/config`;
  const resolvers = [resolverVariables(before), resolverVariables(wanted)] as const;
  if (files.has(path) || resolvers[1].length > 0) {
    const text = editVariables({ path, text: files.get(path) ?? '' }, ...resolvers);
    if (text !== '' || files.has(path)) files.set(path, text);
  }
};

export const editSysconfig = (texts: readonly ConfigText[], state: NetworkState, stack: string): Writing => {
  if (texts.length === 0) return writeSysconfig(state, stack);
  if (texts.every((text) => flavourOf(text) === 'red-hat')) return editRedHat(texts, state, stack);
  const reading = readSysconfig(texts, stack);
  const before = normalPart(reading.stacks[stack]);
  const wanted = normalPart(writableOf(stackIn(state, stack), before));
  if (differencesOf(wanted, before).length === 0) return { files: texts, omissions: omissionsOf(texts, state, stack) };
  // No machine has both: whose the new lines were to be nobody knows.
  if (texts.some((text) => flavourOf(text) === 'red-hat'))
    return { files: texts, omissions: omissionsOf(texts, state, stack) };
  const edited = (isInPlace: boolean): readonly ConfigText[] => {
    const files: Files = new Map(texts.map(({ path, text }) => [path, text]));
    const both: Both = { before, wanted, origin: (key) => reading.origins[`${stack}/${key}`], isInPlace };
    editGeneral(files, both);
    editInterfaces(files, both);
    return [...files].map(([path, text]) => ({ path, text }));
  };
  const inPlace = edited(true);
  const isSaid = differencesOf(wanted, normalPart(readSysconfig(inPlace, stack).stacks[stack])).length === 0;
  const files = isSaid ? inPlace : edited(false);
  return { files, omissions: omissionsOf(files, state, stack) };
};
