/**
 * VRFs (Documentation/networking/vrf.rst of the kernel): what comes in by a member, or goes out by one that a socket is
 * bound to, is looked up in the table of the VRF. The kernel adds the rule that says so with the first of them.
 */
import { type PolicyRule } from '../../state/network-state.ts';
import { type Family } from '../../net/address.ts';
import { type InterfaceModel } from './model.ts';

/** Stands in the rule for the table of whichever VRF a packet is in. */
export const VRF_TABLE = -1;

/** FIB_RULE_PREF l3mdev. */
export const vrfRule = (family: Family): PolicyRule => ({ family, priority: 1000, table: VRF_TABLE });

const none: ReadonlyMap<string, InterfaceModel> = new Map();

const hasVrf = (interfaces: ReadonlyMap<string, InterfaceModel>): boolean => {
  for (const { it } of interfaces.values()) if (it.kind === 'vrf') return true;
  return false;
};

/** The VRF of each of its members and of itself, by name; empty where there is none. */
export const vrfsAmong = (interfaces: ReadonlyMap<string, InterfaceModel>): ReadonlyMap<string, InterfaceModel> => {
  if (!hasVrf(interfaces)) return none;
  const vrfs = new Map<string, InterfaceModel>();
  for (const [name, { it }] of interfaces) {
    const vrf = interfaces.get(it.kind === 'vrf' ? name : (it.master ?? ''));
    if (vrf?.it.kind === 'vrf') vrfs.set(name, vrf);
  }
  return vrfs;
};
