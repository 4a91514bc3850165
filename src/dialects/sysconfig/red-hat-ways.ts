/** route-*, route6-*, rule-* and rule6-* of Red Hat, as its ifup-routes reads them, and where each entry was said. */
import { type PolicyRule, type Route } from '../../state/network-state.ts';
import { type ConfigText, type Place } from '../dialect.ts';
import { codeOf, type Effect } from '../shell-commands/effect.ts';
import { ipRoute } from '../shell-commands/ip-route.ts';
import { ipRule } from '../shell-commands/ip-rule.ts';
import { type RunningDraft } from '../shell-commands/running-draft.ts';
import { lengthIn } from '../shell-commands/values.ts';
import { assignmentIn, readVariables, variableIn } from '../shell-commands/variables.ts';
import { linesOf } from '../text.ts';

/** Runs what may make a route or rule, and takes down the place of those that it made. */
type Watched = (draft: RunningDraft, at: Place, run: () => Effect) => Effect;

export interface Said {
  readonly routes: Watched;
  readonly rules: Watched;
  readonly places: {
    readonly routes: Map<Route, Place>;
    readonly rules: Map<PolicyRule, Place>;
  };
}

export const newSaid = (): Said => {
  const routes = new Map<Route, Place>();
  const rules = new Map<PolicyRule, Place>();
  return {
    routes: (draft, at, run) => {
      const before = new Set(draft.routes);
      const effect = run();
      for (const route of draft.routes) if (!before.has(route)) routes.set(route, at);
      return effect;
    },
    rules: (draft, at, run) => {
      const before = new Set(draft.rules);
      const effect = run();
      for (const rule of draft.rules) if (!before.has(rule)) rules.set(rule, at);
      return effect;
    },
    places: { routes, rules },
  };
};

/** Whether the whole file is of variables: one is enough for ifup-routes. */
export const hasVariables = (text: string): boolean => /^[ \t]*ADDRESS\d+=/m.test(text);

const wordsOfLines = (text: ConfigText): readonly { readonly words: readonly string[]; readonly at: Place }[] =>
  linesOf(text.text).flatMap((line) => {
    const words = line.text.trim().split(/\s+/).filter(Boolean);
    return words.length === 0 || line.text.trimStart().startsWith('#')
      ? []
      : [{ words, at: { path: text.path, line: line.number, column: 1 } }];
  });

/** `ADDRESS0=`, `NETMASK0=`, `GATEWAY0=`, numbered without a gap; or a line of `ip route` each. */
export const readRoutes = (draft: RunningDraft, said: Said, text: ConfigText, dev: string, family: 4 | 6): void => {
  const run = (words: readonly string[], at: Place): void => {
    const hasDevice =
      words.includes('dev') || words.includes('nexthop') || /^(?:blackhole|unreachable|prohibit)$/.test(words[0] ?? '');
    const effect = said.routes(draft, at, () =>
      ipRoute(draft, 'add', hasDevice ? words : [...words, 'dev', dev], family, at),
    );
    if (effect.kind !== 'done' && effect.kind !== 'ignored')
      draft.tell(
        effect.kind === 'wrong' ? 'error' : 'not-said',
        codeOf(effect, 'failing-route'),
        `\`${words.join(' ')}\`: ${effect.message}`,
        at,
      );
  };
  if (!hasVariables(text.text)) {
    for (const { words, at } of wordsOfLines(text)) run(words, at);
    return;
  }
  const file = readVariables(text);
  let gap = 0;
  while (variableIn(file, `ADDRESS${gap}`) !== undefined) gap += 1;
  for (const { name, value, at } of file.assignments) {
    const number = /^ADDRESS(\d+)$/.exec(name)?.[1];
    if (number === undefined || value.trim() === '' || assignmentIn(file, name)?.at !== at) continue;
    const length = lengthIn(variableIn(file, `PREFIX${number}`, `NETMASK${number}`) ?? '32', 4);
    const via = variableIn(file, `GATEWAY${number}`);
    const metric = variableIn(file, `METRIC${number}`);
    if (Number(number) > gap)
      draft.tell('ignored', 'route-behind-gap', `\`${name}\` does nothing: there is no \`ADDRESS${gap}\``, at);
    else if (length === undefined) draft.tell('error', 'not-a-mask', `the netmask of \`${value}\` is none`, at);
    else
      run(
        [
          `${value.trim()}/${length}`,
          ...(via === undefined ? [] : ['via', via]),
          ...(metric === undefined ? [] : ['metric', metric]),
        ],
        at,
      );
  }
};

export const readRules = (draft: RunningDraft, said: Said, text: ConfigText, family: 4 | 6): void => {
  for (const { words, at } of wordsOfLines(text)) {
    const own = words[0] === 'add' ? words.slice(1) : words;
    const effect = said.rules(draft, at, () => ipRule(draft, 'add', own, family));
    if (effect.kind === 'wrong' || effect.kind === 'unsaid')
      draft.tell(
        effect.kind === 'wrong' ? 'error' : 'not-said',
        'failing-rule',
        `\`${words.join(' ')}\`: ${effect.message}`,
        at,
      );
  }
};
