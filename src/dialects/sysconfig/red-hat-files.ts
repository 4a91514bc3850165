/** Files of Red Hat by what they are about, as they are while they are edited. */
import { type PolicyRule, type Route, type Stack } from '../../state/network-state.ts';
import { type ConfigText, type Place } from '../dialect.ts';
import { normalPart } from '../differences.ts';
import { finishDraft } from '../shell-commands/finish-draft.ts';
import { newRunningDraft } from '../shell-commands/running-draft.ts';
import { readVariables, type VariableFile } from '../shell-commands/variables.ts';
import { type Placed } from './edit-red-hat-ways.ts';
import { baseName, redHatFolder } from './files.ts';
import { devicesOf, readRedHat } from './read-red-hat.ts';
import { isDone } from './red-hat-variables.ts';
import { newSaid } from './red-hat-ways.ts';

export type Files = Map<string, string>;

export const fileAt = (files: Files, path: string): VariableFile =>
  readVariables({ path, text: files.get(path) ?? '' });

/** What a stack is by its files, and where each route and rule of it stands. */
export interface PlacedStack {
  readonly stack: Stack;
  readonly routes: readonly Placed<Route>[];
  readonly rules: readonly Placed<PolicyRule>[];
}

/** Each in normal form, without those that a later line took away again. */
const placedOf = <T extends Route | PolicyRule>(
  places: ReadonlyMap<T, Place>,
  normal: (entry: T) => T | undefined,
  list: readonly T[],
): readonly Placed<T>[] => {
  const known = new Set(list.map((entry) => JSON.stringify(entry)));
  return [...places].flatMap(([said, at]) => {
    const entry = normal(said);
    return entry === undefined || !known.has(JSON.stringify(entry)) ? [] : [{ entry, at }];
  });
};

export const readPlaced = (texts: readonly ConfigText[], own: string): PlacedStack => {
  const draft = newRunningDraft(own);
  const said = newSaid();
  readRedHat(draft, texts, said);
  const stack = normalPart(finishDraft(draft).stacks[own]);
  return {
    stack,
    routes: placedOf(said.places.routes, (route) => normalPart({ routes: [route] }).routes[0], stack.routes),
    rules: placedOf(said.places.rules, (rule) => normalPart({ rules: [rule] }).rules[0], stack.rules),
  };
};

/** Where a file of routes or rules is for, or a file of variables. */
export interface FileIndex {
  /** Paths of ifcfg-* by the device or alias that each is for. */
  readonly ifcfgs: ReadonlyMap<string, string>;
  /** The file of routes or rules of a device: as the machine has it, or as it is to be called. */
  readonly wayPath: (kind: 'route' | 'rule', family: 4 | 6, dev: string) => string;
  /** The device of a path of any kind; undefined of those that are nobody's. */
  readonly deviceOf: (path: string) => string | undefined;
  /** Whether ifup reads the file for a stack. */
  readonly isRead: (path: string, stack: Stack) => boolean;
}

const wayName = /^(route|rule)(6?)-(.+)$/;

export const indexOf = (texts: readonly ConfigText[]): FileIndex => {
  const devices = devicesOf(texts);
  const ifcfgs = new Map(
    texts
      .filter(({ path }) => !wayName.test(baseName(path)) && baseName(path) !== 'network')
      .map(({ path }) => [devices.get(baseName(path).replace(/^ifcfg-/, '')) ?? baseName(path), path] as const),
  );
  const deviceOf = (path: string): string | undefined => {
    const suffix = wayName.exec(baseName(path))?.[3];
    if (suffix !== undefined) return ifcfgs.has(suffix) ? suffix : (devices.get(suffix) ?? suffix);
    return [...ifcfgs].find(([, own]) => own === path)?.[0];
  };
  const wayPath = (kind: 'route' | 'rule', family: 4 | 6, dev: string): string => {
    const stem = `${kind}${family === 6 ? '6' : ''}-`;
    const known = texts.find(({ path }) => baseName(path).startsWith(stem) && deviceOf(path) === dev);
    return known?.path ?? `${redHatFolder}/${stem}${dev}`;
  };
  const isRead = (path: string, stack: Stack): boolean => {
    const dev = deviceOf(path);
    return dev === undefined || isDone(stack.interfaces[dev], stack);
  };
  return { ifcfgs, wayPath, deviceOf, isRead };
};
