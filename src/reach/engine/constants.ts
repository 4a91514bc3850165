/** The values that anything in a model asks about: where the axes of the engine have to be cut. */
import { ip, isLinkLocal6, type Family } from '../../net/address.ts';
import { prefix } from '../../net/prefix.ts';
import { type Stack } from '../../state/network-state.ts';
import { type FilterRule } from '../../state/packet-filter.ts';
import { type AddressModel, type Model, type StackModel } from '../model/model.ts';
import { prefixesOf } from '../walker/filter-match.ts';
import { addBlock, emptyConstants, onAxis, type Constants } from './space.ts';

/** Blocks that the kernel treats differently by itself; the labels of RFC 6724 among them. */
const special: readonly string[] = [
  '0.0.0.0/8',
  '0.0.0.0/32',
  '127.0.0.0/8',
  '127.0.0.1/32',
  '224.0.0.0/4',
  '255.255.255.255/32',
  '::/128',
  '::1/128',
  'fe80::/10',
  'ff00::/8',
  '2002::/16',
  '2001::/32',
  '2001:10::/28',
  '3ffe::/16',
  'fec0::/10',
  'fc00::/7',
];

const specialBlocks = special.map(prefix);

/** Adds prefix blocks where one of two IPv6 addresses begins to have more in common with a destination. */
const addSourceChoice = (
  add: (family: Family, value: bigint, length: number) => void,
  of: readonly AddressModel[],
): void => {
  for (const a of of) {
    for (const b of of) {
      if (a === b) continue;
      let common = 0;
      while (common < 128 && a.value >> BigInt(127 - common) === b.value >> BigInt(127 - common)) common += 1;
      for (const length of [common, common + 1, a.prefixLength, b.prefixLength]) {
        if (length > 128) continue;
        const bits = BigInt(128 - length);
        add(6, (a.value >> bits) << bits, length);
      }
    }
  }
};

/** Calls `add` for every block that the stack's routing looks at. */
export const routingBlocks = (
  stack: StackModel,
  family: Family,
  add: (family: Family, value: bigint, length: number) => void,
): void => {
  const { rules, tables } = stack.routing(family);
  for (const { lengths } of tables.values())
    for (const { length, routes } of lengths) for (const value of routes.keys()) add(family, value, length);
  for (const { from, to } of rules)
    for (const text of [from, to]) {
      if (text === undefined) continue;
      const { value, length } = prefix(text);
      add(family, value, length);
    }
  const all = family === 4 ? 32 : 128;
  const candidates: AddressModel[] = [];
  for (const { addresses } of stack.interfaces.values())
    for (const address of addresses) {
      if (address.family !== family) continue;
      add(family, address.value, all);
      if (family === 4 || address.scope !== 'link') {
        const bits = BigInt(all - address.prefixLength);
        add(family, (address.value >> bits) << bits, address.prefixLength);
        // The subnet-router anycast address.
        if (family === 6) add(family, (address.value >> bits) << bits, all);
      }
      if (family === 6 && address.scope === 'global') candidates.push(address);
    }
  if (candidates.length > 1) addSourceChoice(add, candidates);
  for (const destination of stack.redirects.keys()) if (destination.length > 0) add(family, BigInt(destination), all);
  for (const { family: own, value, length } of specialBlocks) if (own === family) add(family, value, length);
};

const addPorts = (constants: Constants, first: number, last = first): void => {
  constants.ports.add(first);
  constants.ports.add(last + 1);
};

const addRule = (constants: Constants, { matches, verdict }: FilterRule): void => {
  for (const match of matches) {
    if (match.kind === 'source' || match.kind === 'destination')
      for (const { family, value, length } of prefixesOf(match.prefixes)) addBlock(constants, family, value, length);
    else if (match.kind === 'port' || match.kind === 'source-port') {
      for (const port of match.ports) addPorts(constants, port);
      for (const [first, last] of match.ranges ?? []) addPorts(constants, first, last);
    } else if (match.kind === 'length') {
      constants.lengths.add(match.range[0]);
      constants.lengths.add(match.range[1] + 1);
    }
  }
  if (verdict.kind === 'snat' || verdict.kind === 'dnat') {
    const first = ip(verdict.address);
    const last = verdict.lastAddress === undefined ? first : ip(verdict.lastAddress);
    for (let value = first.value; value <= last.value && value < first.value + 8n; value += 1n)
      addBlock(constants, first.family, value, first.family === 4 ? 32 : 128);
    if (verdict.port !== undefined) addPorts(constants, verdict.port);
  }
  if (verdict.kind === 'redirect' && verdict.port !== undefined) addPorts(constants, verdict.port);
};

const isNoLinkLocal = (family: Family, value: bigint): boolean => family === 4 || !isLinkLocal6(value);

/** Adds what the filter of one stack asks about. */
export const addFilter = (constants: Constants, { filter }: Stack): void => {
  for (const table of filter)
    for (const chain of [...table.chains, ...(table.subchains ?? [])])
      for (const rule of chain.rules) addRule(constants, rule);
};

/** Adds what one stack asks about. */
export const addStack = (constants: Constants, stack: StackModel): void => {
  for (const family of [4, 6] as const) {
    routingBlocks(stack, family, (own, value, length) => {
      if (isNoLinkLocal(own, value)) addBlock(constants, own, value, length);
    });
    for (const { sourcePorts, destinationPorts } of stack.routing(family).rules) {
      if (sourcePorts !== undefined) addPorts(constants, ...sourcePorts);
      if (destinationPorts !== undefined) addPorts(constants, ...destinationPorts);
    }
  }
  for (const { family, source } of stack.stack.routes)
    if (source !== undefined) addBlock(constants, family, ip(source).value, family === 4 ? 32 : 128);
  for (const { family, address } of stack.stack.neighbourProxies)
    addBlock(constants, family, ip(address).value, family === 4 ? 32 : 128);
  for (const { family, address } of stack.stack.neighbours ?? [])
    addBlock(constants, family, ip(address).value, family === 4 ? 32 : 128);
  // A cable takes a VLAN tag more than the far end's MTU.
  for (const { it } of stack.interfaces.values()) constants.lengths.add(it.mtuBytes + 1).add(it.mtuBytes + 5);
  addFilter(constants, stack.stack);
};

/** Stacks that share an address with another, each with a number of its own from 1 on. */
export const sharers = (model: Model): ReadonlyMap<string, number> => {
  const owners = new Map<bigint, string>();
  const shared = new Set<string>();
  for (const stack of model.stacks.values())
    for (const { addresses } of stack.interfaces.values())
      for (const { family, value, scope } of addresses) {
        if (scope !== 'global') continue;
        const place = onAxis(family, value);
        const before = owners.get(place);
        if (before === undefined) owners.set(place, stack.name);
        else if (before !== stack.name) {
          shared.add(before);
          shared.add(stack.name);
        }
      }
  return new Map([...shared].map((name, index) => [name, index + 1]));
};

export const constantsOf = (stacks: Iterable<StackModel>): Constants => {
  const constants = emptyConstants();
  for (const { family, value, length } of specialBlocks) addBlock(constants, family, value, length);
  addBlock(constants, 4, 0n, 0);
  for (const stack of stacks) addStack(constants, stack);
  return constants;
};
