/**
 * Sysctls of a stack, read and written below /proc/sys by its door. A key that its kernel does not have (a feature that
 * is not built in, such as br_netfilter) reads as `0`, and setting it to `0` is no error.
 */
import { interfaceOfSysctl } from '../plan/step-order.ts';
import { doorOf, type Kernel } from './kernel.ts';
import { type SettingChange } from './stack-door.ts';

/** Keys name interfaces, which may hold dots; parts of a path they may not leave. */
const isSysctl = (key: string): boolean => /^net\/[\w./@-]+$/.test(key) && !key.split('/').includes('..');

const pathOf = (key: string): string => `/proc/sys/${key}`;

export const readSysctls = (kernel: Kernel, stack: string, keys: Iterable<string>): Record<string, string> => {
  const list = [...keys];
  if (list.length === 0) return {};
  const values = doorOf(kernel, stack).readSettings(list.map(pathOf));
  return Object.fromEntries(list.map((key, index) => [key, values[index] ?? '0']));
};

/**
 * Whether a key still has what every namespace is born with: in one that was just made, what another such had. Whoever is
 * mistaken is corrected when the stacks are observed. Interfaces have theirs from the stack's `default`, which may be set.
 */
const isAtBirth = (kernel: Kernel, stack: string, key: string): boolean =>
  kernel.newborn.has(stack) &&
  kernel.sysctlDefaults.get(stack)?.has(key) !== true &&
  interfaceOfSysctl(key) === undefined;

/** Settings of an interface that the kernel writes along when the same is written for `all` (devinet_conf_proc, addrconf). */
const followsAll =
  /^(net\/ipv4\/conf|net\/ipv6\/conf)\/(?!all\/|default\/)[^/]+\/(forwarding|disable_ipv6|disable_policy)$/;

/** What an interface has of its own accord: what all have now, where that spreads; else what it was born with. */
const unset = (key: string, bornWith: string | undefined): SettingChange['to'] => {
  const [, folder, name] = followsAll.exec(key) ?? [];
  return {
    ...(folder === undefined || name === undefined ? {} : { asIn: pathOf(`${folder}/all/${name}`) }),
    ...(bornWith === undefined ? {} : { otherwise: bornWith }),
  };
};

export interface SysctlSetting {
  readonly key: string;
  /** Undefined: what it was before it was first set. */
  readonly to: string | undefined;
}

/** Sets several; the index and cause of each that could not be set. */
export const writeSysctls = (
  kernel: Kernel,
  stack: string,
  settings: readonly SysctlSetting[],
): { index: number; message: string }[] => {
  const defaults = kernel.sysctlDefaults.get(stack) ?? new Map<string, string>();
  kernel.sysctlDefaults.set(stack, defaults);
  const failures: { index: number; message: string }[] = [];
  const named = settings.flatMap((setting, index) => {
    if (isSysctl(setting.key)) return [{ ...setting, index }];
    failures.push({ index, message: `not a sysctl of the network: ${setting.key}` });
    return [];
  });
  const changes = named.map(({ key, to }): SettingChange => {
    const isKnown = isAtBirth(kernel, stack, key) && kernel.sysctlsAtBirth.has(key);
    return {
      path: pathOf(key),
      to: to ?? unset(key, defaults.get(key)),
      ...(isKnown ? { known: { value: kernel.sysctlsAtBirth.get(key) } } : {}),
    };
  });
  for (const [place, { former, failure }] of doorOf(kernel, stack).changeSettings(changes).entries()) {
    const { key = '', to, index = 0 } = named[place] ?? {};
    if (isAtBirth(kernel, stack, key)) kernel.sysctlsAtBirth.set(key, former);
    if (failure !== undefined) failures.push({ index, message: failure });
    if (to === undefined && failure === undefined) defaults.delete(key);
    else if (!defaults.has(key)) defaults.set(key, former ?? '0');
  }
  return failures;
};
