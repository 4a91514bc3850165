/**
 * One stack while commands and configuration lines are carried out on it, one after the other, as the kernel would:
 * what comes later finds what came before.
 */
import { type Family, type Ip, isLinkLocal6, parseIp } from '../../net/address.ts';
import { containsIp, lastOf, parsePrefix, prefixOf } from '../../net/prefix.ts';
import { type Interface, type InterfaceAddress } from '../../state/network-state.ts';
import { placeOfService, type Service } from '../../state/service.ts';
import { type Place, type Remark } from '../dialect.ts';
import { interfaceIn, newDraft, tellInto, type Draft } from '../draft.ts';
import { plainNic } from '../reading.ts';
import { noTypedUfw, type TypedUfw } from '../ufw/typed-rules.ts';
import { noFilterLines, type FilterLines } from './filter-lines.ts';

/** What lines of commands leave of packet filters is read when the last of them ran. */
export interface RunningDraft extends Draft {
  readonly filterLines: FilterLines;
  readonly ufw: TypedUfw;
  readonly remarks: Remark[];
}

export const newRunningDraft = (stack: string): RunningDraft => {
  const remarks: Remark[] = [];
  return { ...newDraft(stack, tellInto(remarks)), filterLines: noFilterLines(), ufw: noTypedUfw(), remarks };
};

/** The interface of this name; one that nothing made before is a NIC that is down. */
export const linkIn = (draft: Draft, name: string, at: Place): Interface =>
  interfaceIn(draft, name, at, { ...plainNic, up: false });

/** A bond gives its MTU to its members, when they join and whenever it changes (bond_enslave, bond_change_mtu of the kernel). */
const settleBond = ({ interfaces }: Draft, name: string, change: Partial<Interface>): void => {
  const it = interfaces.get(name);
  const bond = interfaces.get(change.master ?? '');
  if (it !== undefined && bond?.kind === 'bond') interfaces.set(name, { ...it, mtuBytes: bond.mtuBytes });
  if (it?.kind !== 'bond' || change.mtuBytes === undefined) return;
  for (const [member, own] of interfaces)
    if (own.master === name) interfaces.set(member, { ...own, mtuBytes: it.mtuBytes });
};

export const changeLink = (draft: Draft, name: string, change: Partial<Interface>, at: Place): void => {
  draft.interfaces.set(name, { ...linkIn(draft, name, at), ...change });
  settleBond(draft, name, change);
};

/** Makes a device that is no NIC; a NIC that was only named before becomes it. */
export const makeLink = (draft: Draft, name: string, change: Partial<Interface>, at: Place): void => {
  draft.origins[`${draft.stack}/interfaces/${name}`] = at;
  changeLink(draft, name, change, at);
};

export const removeLink = (draft: Draft, name: string): void => {
  draft.interfaces.delete(name);
  draft.routes = draft.routes.filter(({ dev }) => dev !== name);
  for (const [port, it] of draft.interfaces) if (it.master === name) draft.interfaces.set(port, withoutMaster(it));
};

export const withoutMaster = (it: Interface): Interface => {
  const { master, port, ...rest } = it;
  return master === undefined && port === undefined ? it : rest;
};

const isSame = (a: InterfaceAddress, b: InterfaceAddress): boolean =>
  a.address === b.address && a.prefixLength === b.prefixLength;

export const addAddress = (draft: Draft, name: string, address: InterfaceAddress, at: Place): void => {
  const { addresses } = linkIn(draft, name, at);
  // The kernel refuses what is there already (EEXIST).
  if (addresses.some((known) => isSame(known, address))) return;
  changeLink(draft, name, { addresses: [...addresses, address] }, at);
  draft.origins[`${draft.stack}/interfaces/${name}/addresses/${address.address}`] = at;
};

export const removeAddresses = (
  draft: Draft,
  name: string,
  isGone: (address: InterfaceAddress) => boolean,
  at: Place,
): void => {
  const { addresses } = linkIn(draft, name, at);
  changeLink(draft, name, { addresses: addresses.filter((address) => !isGone(address)) }, at);
};

/** Another service of its kind on an interface takes the place of the one that these lines put there. */
export const putService = (draft: Draft, service: Service, at: Place): void => {
  const on = placeOfService(service);
  const origin = `${draft.stack}/services/${service.kind} ${on}`;
  if (Object.hasOwn(draft.origins, origin))
    draft.services = draft.services.filter(
      (it) => it.kind !== service.kind || !('interface' in it) || it.interface !== on,
    );
  draft.services.push(service);
  draft.origins[origin] = at;
};

/** First and last address of a subnet. */
interface Range {
  readonly family: Family;
  readonly first: bigint;
  readonly last: bigint;
}

/** Taken from its text once: every gateway of a file is looked for among the addresses of all interfaces. */
const ranges = new WeakMap<InterfaceAddress, Range>();

const rangeOf = (address: InterfaceAddress): Range | undefined => {
  const known = ranges.get(address);
  if (known !== undefined) return known;
  const own = parseIp(address.address);
  if (own === undefined) return undefined;
  const block = prefixOf(own, address.prefixLength);
  const range = { family: block.family, first: block.value, last: lastOf(block).value };
  ranges.set(address, range);
  return range;
};

const isInSubnet = (address: InterfaceAddress, { family, value }: Ip): boolean => {
  const range = rangeOf(address);
  return range?.family === family && range.first <= value && value <= range.last;
};

/** The interface in whose subnet `gateway` lies: where the kernel finds a gateway without being told. */
export const deviceToward = (draft: Draft, gateway: string): string | undefined => {
  const target = parseIp(gateway);
  if (target === undefined) return undefined;
  let best: { readonly name: string; readonly length: number } | undefined;
  for (const [name, { addresses, up }] of draft.interfaces)
    for (const address of addresses) {
      if (!up || !isInSubnet(address, target)) continue;
      if (best === undefined || address.prefixLength > best.length) best = { name, length: address.prefixLength };
    }
  for (const { to, via, dev } of draft.routes) {
    if (via !== undefined || dev === undefined) continue;
    const block = parsePrefix(to);
    if (block === undefined || !containsIp(block, target)) continue;
    if (best === undefined || block.length > best.length) best = { name: dev, length: block.length };
  }
  return best?.name;
};

/** Whether the gateway is in a subnet of this interface, or needs none (a link-local address). */
export const isOnLink = (draft: Draft, gateway: string, dev: string): boolean => {
  const target = parseIp(gateway);
  if (target === undefined) return false;
  if (target.family === 6 && isLinkLocal6(target.value)) return true;
  const isIn = (draft.interfaces.get(dev)?.addresses ?? []).some((address) => isInSubnet(address, target));
  return (
    isIn ||
    draft.routes.some(({ to, via, dev: own }) => {
      const block = own === dev && via === undefined ? parsePrefix(to) : undefined;
      return block !== undefined && block.length > 0 && containsIp(block, target);
    })
  );
};
