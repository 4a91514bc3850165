/**
 * Sysctls of a stack, read and written below /proc/sys with the thread in its namespace. A key that this kernel does
 * not have (a feature that is not built in, such as br_netfilter) reads as `0`, and setting it to `0` is no error.
 */
import { writeFileSync } from 'node:fs';
import { interfaceOfSysctl } from '../plan/step-order.ts';
import { readSetting } from './libc.ts';
import { within, type Kernel } from './kernel.ts';

/** Keys name interfaces, which may hold dots; parts of a path they may not leave. */
const pathOf = (key: string): string => {
  if (!/^net\/[\w./@-]+$/.test(key) || key.split('/').includes('..'))
    throw new Error(`not a sysctl of the network: ${key}`);
  return `/proc/sys/${key}`;
};

const read = (key: string): string | undefined => readSetting(pathOf(key))?.trim();

export const readSysctls = (kernel: Kernel, stack: string, keys: Iterable<string>): Record<string, string> =>
  within(kernel, stack, () => {
    const values: Record<string, string> = {};
    for (const key of keys) {
      values[key] = read(key) ?? '0';
    }
    return values;
  });

/**
 * What a key has now. In a stack that was just made it is what another such stack had; whoever is mistaken is corrected
 * when the stacks are observed. Interfaces have theirs from the stack's `default`, which may have been set.
 */
const valueNow = (kernel: Kernel, stack: string, key: string): string | undefined => {
  const isAtBirth =
    kernel.newborn.has(stack) &&
    kernel.sysctlDefaults.get(stack)?.has(key) !== true &&
    interfaceOfSysctl(key) === undefined;
  if (!isAtBirth) return read(key);
  if (!kernel.sysctlsAtBirth.has(key)) kernel.sysctlsAtBirth.set(key, read(key));
  return kernel.sysctlsAtBirth.get(key);
};

/** Settings of an interface that the kernel writes along when the same is written for `all` (devinet_conf_proc, addrconf). */
const followsAll =
  /^(net\/ipv4\/conf|net\/ipv6\/conf)\/(?!all\/|default\/)[^/]+\/(forwarding|disable_ipv6|disable_policy)$/;

/** What an interface has of its own accord: what all have now, where that spreads; else what it was born with. */
const unsetValue = (key: string, bornWith: string | undefined): string => {
  const [, folder, name] = followsAll.exec(key) ?? [];
  const common = folder === undefined || name === undefined ? undefined : read(`${folder}/all/${name}`);
  return common ?? bornWith ?? '0';
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
  within(kernel, stack, () => {
    for (const [index, { key, to }] of settings.entries()) {
      try {
        const now = valueNow(kernel, stack, key);
        if (!defaults.has(key)) defaults.set(key, now ?? '0');
        const value = to ?? unsetValue(key, defaults.get(key));
        if (now !== value && !(now === undefined && value === '0')) writeFileSync(pathOf(key), value);
        if (to === undefined) defaults.delete(key);
      } catch (error) {
        failures.push({ index, message: (error as Error).message });
      }
    }
  });
  return failures;
};
