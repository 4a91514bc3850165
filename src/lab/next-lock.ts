/** The lock that keeps this lab's decisions, and those for names that are gone until they are forgotten. */
import { printPrefix } from '../net/prefix.ts';
import { lockedMachine, type Context, type Prefixes } from './context.ts';
import { nicKey, type DraftMachine } from './draft.ts';
import { type LockFile, type LockMachine, type LockNetwork, type LockNic } from './lock-file.ts';
import { omitAbsent } from './omit-absent.ts';
import { type Placement } from './place-machines.ts';
import { type KeptZones } from './zone-serials.ts';

export const nextLock = (
  context: Context,
  prefixes: Prefixes,
  ula: string | undefined,
  placement: Placement,
  zones: KeptZones,
): LockFile => {
  const { spec, draft, lock } = context;
  const networks: Record<string, LockNetwork> = { ...lock?.networks };
  for (const network of draft.networks.values()) {
    const planned = (family: 4 | 6): string | undefined => {
      const block = prefixes.get(network.name)?.[family];
      return network.prefixes[family].kind === 'auto' && block !== undefined
        ? printPrefix(block)
        : networks[network.name]?.[`ipv${family}`];
    };
    const kept: LockNetwork = omitAbsent({ ipv4: planned(4), ipv6: planned(6) });
    if (Object.keys(kept).length > 0) networks[network.name] = kept;
  }
  const machines: Record<string, LockMachine> = { ...lock?.machines };
  for (const machine of draft.machines.values())
    if (machine.role !== 'internet')
      machines[machine.name] = keptMachine(machine, lockedMachine(lock, machine.name), placement);
  return {
    version: 1,
    lab: spec.data.lab,
    ...(ula === undefined ? {} : { ula }),
    networks,
    machines,
    zones: { ...lock?.zones, ...zones },
  };
};

/** Interfaces that are gone are kept with their machine, as machines are with the lab. */
const keptMachine = (machine: DraftMachine, before: LockMachine | undefined, placement: Placement): LockMachine => {
  const nics = machine.nics.map((nic) => {
    const place = placement.found.get(nicKey(nic));
    const kept: LockNic = omitAbsent({
      network: nic.network,
      mac: nic.mac === undefined ? placement.macs.get(nicKey(nic)) : undefined,
      host4: place?.[4] === undefined ? undefined : Number(place[4]),
      host6: place?.[6] === undefined ? undefined : Number(place[6]),
    });
    return [nic.name, kept] as const;
  });
  return omitAbsent({
    number: placement.numbers.get(machine.name) ?? 1,
    written: machine.number === undefined ? undefined : (true as const),
    console: placement.ports.get(machine.name) ?? 1,
    nics: { ...before?.nics, ...Object.fromEntries(nics) },
  });
};
