/** What changes in the variables of one file of Red Hat, in the spelling that it has for them. */
import { type Stack } from '../../state/network-state.ts';
import { type VariableFile, variableIn } from '../shell-commands/variables.ts';
import { changes4, changes6 } from './edit-red-hat-addresses.ts';
import { addresses4, addresses6, variablesOf } from './red-hat-variables.ts';
import { type VariableChanges } from './text-edits.ts';

/** Said in the file's own spelling, or with a list of its own. */
const spelledApart = /^(?:IPADDR|PREFIX)\d*$|^IPV6ADDR(?:_SECONDARIES)?$|^IPV6INIT$/;

/** ifup takes the number of a VLAN from VID only beside the device that it is of. */
const vlanVariables = ['VLAN', 'PHYSDEV', 'VID'] as const;

const entriesOf = (words: string): ReadonlyMap<string, string> =>
  new Map(
    words
      .split(/\s+/)
      .filter(Boolean)
      .map((word) => [word.split('=')[0] ?? word, word]),
  );

/** Lists of `key=value`: those of neither list stay, and so does how the file says what stays. */
const mergedWords = (current: string, before: string, wanted: string): string => {
  const [own, old, fresh] = [entriesOf(current), entriesOf(before), entriesOf(wanted)];
  const kept = [...own].flatMap(([key, word]) => {
    if (old.get(key) === fresh.get(key)) return [word];
    const next = fresh.get(key);
    return next === undefined ? [] : [next];
  });
  const added = [...fresh].flatMap(([key, word]) => (own.has(key) || old.get(key) === word ? [] : [word]));
  return [...kept, ...added].join(' ');
};

/** `before` and `wanted`: stacks that have the device `name`, or do not. */
export const variableChanges = (
  file: VariableFile,
  name: string,
  own: string,
  [before, wanted]: readonly [Stack, Stack],
): VariableChanges => {
  const [old, fresh] = [before, wanted].map((stack) => new Map(variablesOf(name, stack, own)));
  const changes = new Map<string, string | undefined>();
  for (const key of new Set([...(old?.keys() ?? []), ...(fresh?.keys() ?? [])])) {
    const [was, is] = [old?.get(key), fresh?.get(key)];
    if (was === is || spelledApart.test(key)) continue;
    const current = variableIn(file, key);
    if (/_OPTS$/.test(key) && current !== undefined)
      changes.set(key, mergedWords(current, was ?? '', is ?? '') || undefined);
    else changes.set(key, is);
  }
  if (vlanVariables.some((key) => changes.get(key) !== undefined))
    for (const key of vlanVariables) if (variableIn(file, key) === undefined) changes.set(key, fresh?.get(key));
  const lists = [
    [addresses4, changes4],
    [addresses6, changes6],
  ] as const;
  for (const [addressesOf, changesOf] of lists) {
    const [had, has] = [addressesOf(name, before), addressesOf(name, wanted)];
    if (JSON.stringify(had) === JSON.stringify(has)) continue;
    for (const [key, value] of changesOf(file, has)) changes.set(key, value);
  }
  return changes;
};

/** Everything that the file says of the device anew; what is not about its network stays. */
export const wholeChanges = (file: VariableFile, name: string, own: string, wanted: Stack): VariableChanges => {
  const changes = new Map<string, string | undefined>();
  for (const { name: key } of file.assignments) if (isOfNetwork.test(key)) changes.set(key, undefined);
  for (const [key, value] of variablesOf(name, wanted, own)) changes.set(key, value);
  return changes;
};

const isOfNetwork =
  /^(?:DEVICE|ONBOOT|BOOTPROTO|(?:IPADDR|NETMASK|PREFIX|PREFIXLEN|BROADCAST|NETWORK|GATEWAY)\d*|DEFROUTE|METRIC|MTU|IPV6_MTU|MACADDR|TYPE|BRIDGE|STP|DELAY|BRIDGING_OPTS|MASTER|SLAVE|BONDING_OPTS|BONDING_MASTER|VLAN|PHYSDEV|VID|VLAN_ID|IPV6ADDR|IPV6ADDR_SECONDARIES|IPV6_DEFAULTGW|IPV6_AUTOCONF|IPV6INIT|SCOPE|SRCADDR|DHCP_HOSTNAME|IPV6TUNNELIPV4|IPV6TUNNELIPV4LOCAL|(?:MY|PEER)_(?:INNER|OUTER)_IPADDR|KEY|TTL)$/;
