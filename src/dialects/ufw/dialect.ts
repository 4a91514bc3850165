/**
 * ufw(8): its rules (`user.rules`, `before.rules`, `after.rules`, each also for IPv6), its policies (`default/ufw`), its
 * kernel parameters, and what `ufw status` prints, to the tables of iptables that it loads and to what it sets; and back.
 */
import { type ConfigText, type Dialect, type Place, type Remark } from '../dialect.ts';
import { nothingRead, readingOf } from '../reading.ts';
import { keepingLineEnds } from '../line-ends.ts';
import { linesOf, remarksOn } from '../text.ts';
import { sysctl } from '../sysctl/dialect.ts';
import { isRulesPath, loadUfw, textsNamed } from './load.ts';
import { settingsIn, sysctlPath, type Settings } from './settings.ts';
import { isProfilePath, profilesIn } from './profiles.ts';
import { editUfw } from './edit.ts';
import { isStatus, readStatus, type Status } from './status.ts';
import { writeUfw } from './write.ts';

const owned = (path: string): boolean =>
  isRulesPath(path) ||
  /^etc\/(?:default\/ufw|ufw\/ufw\.conf)$/.test(path) ||
  path === sysctlPath ||
  isProfilePath(path);

const resembles = (text: string): number => {
  if (isStatus(text)) return 0.95;
  if (/^[:*-].*\bufw6?-(?:user|before|after)-/m.test(text)) return 1;
  return /^DEFAULT_(?:INPUT|FORWARD)_POLICY=/m.test(text) ? 0.95 : 0;
};

interface Sorted {
  readonly statuses: readonly { readonly path: string; readonly status: Status }[];
  readonly rules: readonly ConfigText[];
  readonly sysctls: readonly ConfigText[];
  readonly settings: Settings;
  /** Texts are there that say more than kernel parameters. */
  readonly hasFilter: boolean;
}

const sorted = (texts: readonly ConfigText[], remarks: Remark[]): Sorted => {
  const sysctls = texts.filter(({ path }) => path === sysctlPath);
  const profiles = profilesIn(texts.filter(({ path }) => isProfilePath(path)));
  const others = texts.filter(({ path }) => path !== sysctlPath && !isProfilePath(path));
  const files = others.filter(({ text }) => !isStatus(text));
  return {
    statuses: others
      .filter(({ text }) => isStatus(text))
      .map(({ path, text }) => ({ path, status: readStatus(linesOf(text), profiles, remarksOn(path, remarks)) })),
    rules: files.filter(({ path, text }) => isRulesPath(path) || /^\*(?:filter|nat|mangle|raw)/m.test(text)),
    sysctls,
    settings: settingsIn(files),
    hasFilter: others.length > 0,
  };
};

const read: Dialect['read'] = (texts, { stack }) => {
  const remarks: Remark[] = [];
  const first = texts[0];
  if (first === undefined) return nothingRead();
  const start: Place = { path: first.path, line: 1, column: 1 };
  const { statuses, rules, sysctls, settings, hasFilter } = sorted(texts, remarks);
  if (!settings.isEnabled || statuses.some(({ status }) => !status.isActive)) {
    const message = 'ufw is not enabled: none of its rules is loaded';
    remarks.push({ kind: 'ignored', code: 'inactive', message, at: start });
    return nothingRead(remarks);
  }
  const set = settings.setsSysctls ? sysctl.read(sysctls, { stack }) : nothingRead();
  remarks.push(...set.remarks);
  const { sysctls: parameters = {} } = set.stacks[stack] ?? {};
  if (!hasFilter) return readingOf(stack, { sysctls: parameters }, remarks, set.origins);
  if (settings.arePoliciesAssumed && statuses.length === 0)
    remarks.push({
      ...{ kind: 'assumed', code: 'policies-unsaid', at: start },
      message: 'incoming is taken to be denied, outgoing allowed, routed denied',
      help: 'give `/etc/default/ufw` too',
    });
  if (textsNamed(rules, 'before', 4).length === 0)
    remarks.push({
      ...{ kind: 'assumed', code: 'usual-before-rules', at: start },
      message: '`before.rules` was not read: answers, `lo`, pings and DHCP are taken to be let in, as ufw brings it',
    });
  const { policies } = statuses[0]?.status ?? settings;
  const added = statuses.flatMap(({ path, status }) =>
    status.rules.map(({ family, text, line }) => ({ family, text, at: { path, line, column: 1 } })),
  );
  const loaded = loadUfw({ rules, added, policies, hasIpv6: settings.hasIpv6 }, stack);
  return readingOf(stack, { filter: loaded.filter, sysctls: parameters }, [...remarks, ...loaded.remarks], {
    ...set.origins,
    ...loaded.origins,
  });
};

const write: NonNullable<Dialect['write']> = (state, stack) =>
  writeUfw(state, stack, (texts) => read(texts, { stack }).stacks[stack]?.filter ?? []);

const edit: NonNullable<Dialect['edit']> = (texts, state, stack) =>
  texts.length === 0 ? write(state, stack) : editUfw(texts, state, stack, (all) => read(all, { stack }));

export const ufw: Dialect = {
  name: 'ufw',
  owns: owned,
  resembles,
  read,
  write,
  edit: keepingLineEnds(edit),
};
