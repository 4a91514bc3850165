/**
 * What of a stack may stand in files that a shell of root's reads: names and texts come from files that others wrote, and
 * `$(…)`, quotes and ends of lines in them would be carried out. What is left out is told as an omission.
 */
import { emptyStack } from '../state/empty-stack.ts';
import { type Stack } from '../state/network-state.ts';

/** Nothing that POSIX.1's shell takes for more than itself (2.2), and no other line; brackets are about an IPv6 address. */
const isPlain = (text: string): boolean => !/[`$"'\\;&|<>(){}*?#!\0-\u0008\n-\u001f\u007f]/.test(text);

/** All texts in it, keys too; the path of a key file is looked at where it is written. */
const textsIn = (value: unknown): readonly string[] => {
  if (typeof value === 'string') return [value];
  if (typeof value !== 'object' || value === null) return [];
  return Object.entries(value).flatMap(([key, own]) => (key === 'privateKeyFile' ? [] : [key, ...textsIn(own)]));
};

const isPlainWhole = (value: unknown): boolean => textsIn(value).every(isPlain);

/** Names of interfaces stand in paths, too. */
const isPlainName = (name: string): boolean => isPlain(name) && !/[\s/]/.test(name);

/** Values of kernel parameters stand between `'`, on one line. */
const isPlainSetting = ([key, value]: readonly [string, string]): boolean =>
  isPlain(key) && !/['\0-\u0008\n-\u001f\u007f]/.test(value);

type Entry<T> = readonly [key: string, value: T];

const plainEntries = <T>(
  wanted: Readonly<Record<string, T>>,
  said: Readonly<Record<string, T>>,
  mayStand: (entry: Entry<T>) => boolean,
): Readonly<Record<string, T>> =>
  Object.fromEntries(
    Object.entries(wanted).flatMap(([key, value]): Entry<T>[] => {
      if (mayStand([key, value])) return [[key, value]];
      const old = Object.hasOwn(said, key) ? said[key] : undefined;
      return old === undefined ? [] : [[key, old]];
    }),
  );

const plainList = <T>(wanted: readonly T[], said: readonly T[]): readonly T[] => {
  const known = new Set(said.map((entry) => JSON.stringify(entry)));
  return wanted.filter((entry) => isPlainWhole(entry) || known.has(JSON.stringify(entry)));
};

/** All but texts that are only values: host names, and whom to ask for names. What files say already (`said`) stays. */
export const withPlainNames = (stack: Stack, said: Stack = emptyStack): Stack => ({
  ...stack,
  interfaces: plainEntries(stack.interfaces, said.interfaces, ([name, it]) => isPlainName(name) && isPlainWhole(it)),
  routes: plainList(stack.routes, said.routes),
  rules: plainList(stack.rules, said.rules),
  neighbourProxies: plainList(stack.neighbourProxies, said.neighbourProxies),
  ...(stack.neighbours === undefined ? {} : { neighbours: plainList(stack.neighbours, said.neighbours ?? []) }),
  sysctls: plainEntries(stack.sysctls, said.sysctls, isPlainSetting),
});

export const withPlainTexts = (stack: Stack): Stack => {
  const { services, resolver, ...others } = withPlainNames(stack);
  return {
    ...others,
    services: services.map((service) =>
      service.kind === 'dhcp-client' && !isPlain(service.hostname) ? { ...service, hostname: '' } : service,
    ),
    ...(resolver === undefined
      ? {}
      : {
          resolver: {
            ...resolver,
            nameservers: resolver.nameservers.filter(isPlain),
            search: resolver.search.filter(isPlain),
          },
        }),
  };
};
