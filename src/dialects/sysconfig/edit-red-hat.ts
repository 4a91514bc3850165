/**
 * Rewrites network-scripts of Red Hat to say another state: a variable gets its new value where it stands, a route or
 * rule that is gone loses its line, and what is new comes in its place or to the end of its file. What comes out is read
 * again; where lines in place do not say what is wanted, routes come in their order, then files anew, their comments kept.
 */
import { type NetworkState, type PolicyRule, type Route, type Stack } from '../../state/network-state.ts';
import { type ConfigText, type Writing } from '../dialect.ts';
import { differencesOf, normalPart } from '../differences.ts';
import { stackIn } from '../reading.ts';
import { readVariables } from '../shell-commands/variables.ts';
import { editAliases, editGeneral, editResolver } from './edit-red-hat-others.ts';
import { variableChanges, wholeChanges } from './edit-red-hat-variables.ts';
import {
  type FileChange,
  gatewayText,
  gatewayVariable,
  isSaidAlike,
  mayBeGateway,
  type Placed,
  withEntries,
  withNumberedRoutes,
} from './edit-red-hat-ways.ts';
import { redHatFolder } from './files.ts';
import { fileAt, type FileIndex, type Files, indexOf, type PlacedStack, readPlaced } from './red-hat-files.ts';
import { variablesOf } from './red-hat-variables.ts';
import { hasVariables } from './red-hat-ways.ts';
import { joined, withVariables } from './text-edits.ts';
import { assignmentText, omissionsOf, writableOf } from './write.ts';
import { homeOf, homeOfRoute, writeRedHat } from './write-red-hat.ts';

interface Edit {
  readonly own: string;
  readonly files: Files;
  readonly index: FileIndex;
  readonly before: PlacedStack;
  readonly wanted: Stack;
  /** `in-place`: new lines where others go. `in-order`: at the end. `anew`: nothing is kept of devices, routes and rules. */
  readonly manner: 'in-place' | 'in-order' | 'anew';
}

interface Changes<T extends Route | PolicyRule> {
  readonly staying: readonly Placed<T>[];
  readonly gone: readonly Placed<T>[];
  readonly come: T[];
}

const changesOf = <T extends Route | PolicyRule>(
  { index, wanted, manner }: Edit,
  placed: readonly Placed<T>[],
  [had, has]: readonly [readonly T[], readonly T[]],
): Changes<T> => {
  const fresh = new Set(has.map((entry) => JSON.stringify(entry)));
  const stays = ({ entry, at }: Placed<T>): boolean =>
    manner !== 'anew' && fresh.has(JSON.stringify(entry)) && index.isRead(at.path, wanted);
  const staying = placed.filter(stays);
  // What has no line of its own, as the route to a far end, is where its address is.
  const lines = new Set(placed.map(({ entry }) => JSON.stringify(entry)));
  const others = had.filter((entry) => !lines.has(JSON.stringify(entry)));
  const kept = new Set([...staying.map(({ entry }) => entry), ...others].map((entry) => JSON.stringify(entry)));
  return {
    staying,
    gone: placed.filter((one) => !stays(one)),
    come: has.filter((entry) => !kept.has(JSON.stringify(entry))),
  };
};

type ByPath<T> = Map<string, T>;

/** Default routes that variables say: what becomes of these, and the routes that are left to lines. */
const editGateways = (
  { files, index, wanted }: Edit,
  { gone, come }: Changes<Route>,
): ByPath<Map<string, string | undefined>> => {
  const changes: ByPath<Map<string, string | undefined>> = new Map();
  const set = (path: string, name: string, value: string | undefined): void => {
    changes.set(path, (changes.get(path) ?? new Map<string, string | undefined>()).set(name, value));
  };
  const take = (at: number): void => {
    if (at >= 0) come.splice(at, 1);
  };
  for (const { entry, at } of gone) {
    const file = fileAt(files, at.path);
    const name = gatewayVariable(file, at);
    if (name === undefined) continue;
    const next = index.isRead(at.path, wanted) ? come.findIndex((route) => isSaidAlike(route, entry)) : -1;
    const route = come[next];
    set(at.path, name, route === undefined ? undefined : gatewayText(file, name, route));
    take(next);
  }
  for (const route of [...come]) {
    const path = index.ifcfgs.get(route.dev ?? '') ?? `${redHatFolder}/ifcfg-${route.dev ?? ''}`;
    const file = files.has(path) ? fileAt(files, path) : undefined;
    if (!mayBeGateway(route, wanted, file) || changes.get(path)?.has('GATEWAY') === true) continue;
    set(path, 'GATEWAY', route.via);
    take(come.indexOf(route));
  }
  return changes;
};

const byFile = <T extends Route | PolicyRule>(
  { gone, come }: Changes<T>,
  pathOf: (entry: T) => string | undefined,
): ByPath<{ gone: Placed<T>[]; come: T[] }> => {
  const files: ByPath<{ gone: Placed<T>[]; come: T[] }> = new Map();
  const at = (path: string): { gone: Placed<T>[]; come: T[] } => {
    const own = files.get(path) ?? { gone: [], come: [] };
    files.set(path, own);
    return own;
  };
  for (const placed of gone) at(placed.at.path).gone.push(placed);
  for (const entry of come) {
    const path = pathOf(entry);
    if (path !== undefined) at(path).come.push(entry);
  }
  return files;
};

const saysNothing = (text: string): boolean => !/^\s*[^\s#]/m.test(text);

const editRoutes = ({ files, index, wanted, manner }: Edit, changes: Changes<Route>): void => {
  const pathOf = (route: Route): string | undefined => {
    const dev = homeOfRoute(route, wanted);
    return dev === undefined ? undefined : index.wayPath('route', route.family, dev);
  };
  for (const [path, change] of byFile(changes, pathOf)) {
    const text = files.get(path) ?? '';
    const isGateway = ({ at }: Placed<Route>): boolean =>
      gatewayVariable(readVariables({ path, text }), at) !== undefined;
    const lines: FileChange<Route> = { ...change, gone: change.gone.filter((placed) => !isGateway(placed)) };
    if (lines.gone.length + lines.come.length === 0) continue;
    const staying = changes.staying.filter(({ at }) => at.path === path);
    files.set(
      path,
      hasVariables(text)
        ? withNumberedRoutes(path, text, index.deviceOf(path) ?? '', lines, staying)
        : withEntries(text, lines, manner === 'in-place'),
    );
  }
};

const editRules = ({ files, index, wanted, manner }: Edit, changes: Changes<PolicyRule>): void => {
  const pathOf = ({ family }: PolicyRule): string | undefined => {
    const known = [...changes.staying, ...changes.gone].find(
      ({ entry, at }) => entry.family === family && index.isRead(at.path, wanted),
    );
    const home = homeOf(wanted);
    return known?.at.path ?? (home === undefined ? undefined : index.wayPath('rule', family, home));
  };
  for (const [path, change] of byFile(changes, pathOf))
    files.set(path, withEntries(files.get(path) ?? '', change, manner === 'in-place'));
};

/** Without a plain `lo` nothing is wanted of it, and its file stays. */
const withLoopback = (wanted: Stack, { interfaces }: Stack): Stack => {
  const { lo } = interfaces;
  return lo === undefined || wanted.interfaces['lo'] !== undefined
    ? wanted
    : { ...wanted, interfaces: { ...wanted.interfaces, lo: { ...lo, addresses: [] } } };
};

const editDevices = (edit: Edit, gateways: ByPath<Map<string, string | undefined>>): void => {
  const { files, index, before, own, manner } = edit;
  const wanted = withLoopback(edit.wanted, before.stack);
  for (const name of new Set([...Object.keys(before.stack.interfaces), ...Object.keys(wanted.interfaces)])) {
    const path = index.ifcfgs.get(name);
    const fresh = variablesOf(name, wanted, own);
    if (path === undefined) {
      const isSame = JSON.stringify(fresh) === JSON.stringify(variablesOf(name, before.stack, own));
      if (!isSame || manner === 'anew') files.set(`${redHatFolder}/ifcfg-${name}`, joined(fresh.map(assignmentText)));
    } else if (fresh.length === 0) files.delete(path);
    else {
      const file = fileAt(files, path);
      const changes =
        manner === 'anew'
          ? wholeChanges(file, name, own, wanted)
          : variableChanges(file, name, own, [before.stack, wanted]);
      files.set(path, withVariables({ path, text: files.get(path) ?? '' }, changes));
    }
  }
  for (const [path, changes] of gateways)
    if (files.has(path)) files.set(path, withVariables({ path, text: files.get(path) ?? '' }, changes));
};

/** Files of devices that are no more, as soon as they say nothing. */
const dropEmpty = ({ files, index, wanted }: Edit, texts: readonly ConfigText[]): void => {
  const before = new Map(texts.map(({ path, text }) => [path, text]));
  for (const [path, text] of files) {
    const dev = index.deviceOf(path);
    const isNobodys = dev === undefined || wanted.interfaces[dev.replace(/:.*$/, '')] === undefined;
    if (before.get(path) !== text && saysNothing(text) && (isNobodys || text === '')) files.delete(path);
  }
};

const edited = (texts: readonly ConfigText[], edit: Edit): readonly ConfigText[] => {
  const { files, before, wanted } = edit;
  const routes = changesOf(edit, before.routes, [before.stack.routes, wanted.routes]);
  const rules = changesOf(edit, before.rules, [before.stack.rules, wanted.rules]);
  const gateways = editGateways(edit, routes);
  editRoutes(edit, routes);
  editRules(edit, rules);
  editDevices(edit, gateways);
  editAliases(files, edit.index, [before.stack, wanted]);
  editResolver(files, wanted);
  editGeneral(files, [before.stack, wanted]);
  dropEmpty(edit, texts);
  return [...files].map(([path, text]) => ({ path, text }));
};

export const editRedHat = (texts: readonly ConfigText[], state: NetworkState, own: string): Writing => {
  if (texts.length === 0) return writeRedHat(state, own);
  const before = readPlaced(texts, own);
  const wanted = normalPart(writableOf(stackIn(state, own), before.stack));
  if (differencesOf(wanted, before.stack).length === 0)
    return { files: texts, omissions: omissionsOf(texts, state, own, 'red-hat') };
  const index = indexOf(texts);
  let best: { readonly files: readonly ConfigText[]; readonly lacks: number } | undefined;
  for (const manner of ['in-place', 'in-order', 'anew'] as const) {
    const files = new Map(texts.map(({ path, text }) => [path, text]));
    const fresh = edited(texts, { own, files, index, before, wanted, manner });
    const lacks = differencesOf(wanted, readPlaced(fresh, own).stack).length;
    if (best === undefined || lacks < best.lacks) best = { files: fresh, lacks };
    if (lacks === 0) break;
  }
  const files = best?.files ?? texts;
  return { files, omissions: omissionsOf(files, state, own, 'red-hat') };
};
