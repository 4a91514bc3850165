/**
 * Where two stacks differ, or two networks, in the words of omissions: what a dialect was asked to say, held to what its
 * files do say. Both in normal form.
 */
import { type Cable, type Interface, type NetworkState, type Stack } from '../state/network-state.ts';
import { nameOfService, type Service } from '../state/service.ts';
import { stackIn } from './reading.ts';
import { normalize } from '../state/normal-form.ts';
import { type Omission, type StackPart } from './dialect.ts';
import { emptyStack } from '../state/empty-stack.ts';

/** A part of a stack by itself, in normal form. */
export const normalPart = (part: StackPart | undefined): Stack =>
  stackIn(normalize({ version: 1, stacks: { it: { ...emptyStack, ...part } }, cables: [] }), 'it');

const keyOfEntry = (entry: object): string => JSON.stringify(entry);

/** As in `routes/10.0.0.0/8 via 192.0.2.1`. */
export const nameOfEntry = (list: string, entry: object): string => {
  const text = (key: string): string => {
    const value: unknown = (entry as Readonly<Record<string, unknown>>)[key];
    return typeof value === 'string' || typeof value === 'number' ? String(value) : '';
  };
  switch (list) {
    case 'routes':
      return [text('to'), ...['via', 'dev'].flatMap((key) => (text(key) === '' ? [] : [key, text(key)]))].join(' ');
    case 'rules':
      return text('priority');
    case 'services':
      return nameOfService(entry as Service);
    case 'filter':
      return `${text('family')} ${text('name')}`;
    default:
      return `${text('address')} dev ${text('dev')}`;
  }
};

const lists = ['routes', 'rules', 'neighbourProxies', 'neighbours', 'filter', 'services'] as const;

/** No configuration says which key a file has: the public one of a device follows from it. */
const isSame = (a: Interface | undefined, b: Interface | undefined): boolean => {
  if (a?.wireguard === undefined) return JSON.stringify(a) === JSON.stringify(b);
  const { publicKey: _own, ...settings } = a.wireguard;
  const { publicKey: _theirs, ...others } = b?.wireguard ?? { peers: [] };
  return JSON.stringify({ ...a, wireguard: settings }) === JSON.stringify(b && { ...b, wireguard: others });
};

/** Parts of `wanted` that `said` has not, and of `said` that are not wanted. */
export const differencesOf = (wanted: Stack, said: Stack): readonly string[] => {
  const found: string[] = [];
  const keysOf = (part: 'interfaces' | 'sysctls'): ReadonlySet<string> =>
    new Set([...Object.keys(wanted[part]), ...Object.keys(said[part])]);
  for (const key of keysOf('interfaces'))
    if (!isSame(wanted.interfaces[key], said.interfaces[key])) found.push(`interfaces/${key}`);
  for (const key of keysOf('sysctls')) if (wanted.sysctls[key] !== said.sysctls[key]) found.push(`sysctls/${key}`);
  for (const list of lists) {
    const own = new Set((said[list] ?? []).map(keyOfEntry));
    const asked = new Set((wanted[list] ?? []).map(keyOfEntry));
    for (const entry of wanted[list] ?? [])
      if (!own.has(keyOfEntry(entry))) found.push(`${list}/${nameOfEntry(list, entry)}`);
    for (const entry of said[list] ?? [])
      if (!asked.has(keyOfEntry(entry))) found.push(`${list}/${nameOfEntry(list, entry)}`);
  }
  if (JSON.stringify(wanted.resolver) !== JSON.stringify(said.resolver)) found.push('resolver');
  return [...new Set(found)];
};

const cableName = ({ a, b }: Cable): string => `cables/${a.stack}:${a.interface} ${b.stack}:${b.interface}`;

/** The same of whole networks, by stack; a cable is told at its first end. */
export const omissionsBetween = (wanted: NetworkState, said: NetworkState, why: string): readonly Omission[] => {
  const [asked, own] = [wanted, said].map(({ cables }) => new Map(cables.map((cable) => [cableName(cable), cable])));
  const loose = [...(asked ?? [])].filter(([name]) => own?.has(name) !== true);
  const odd = [...(own ?? [])].filter(([name]) => asked?.has(name) !== true);
  return [
    ...[...new Set([...Object.keys(wanted.stacks), ...Object.keys(said.stacks)])].flatMap((stack) =>
      differencesOf(stackIn(wanted, stack), stackIn(said, stack)).map((what) => ({ stack, what, why })),
    ),
    ...[...loose, ...odd].map(([what, { a }]) => ({ stack: a.stack, what, why })),
  ];
};
