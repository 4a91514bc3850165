/**
 * Addresses that several machines share: one of them has it, and when that one falls silent the next takes it over
 * (VRRP, RFC 9568). Each such address has a virtual router id that is unique on its wire.
 */
import { type Span } from '../diagnostics/diagnostic.ts';
import { parseIp, printIp, type Family, type Ip } from '../net/address.ts';
import { containsIp, printPrefix, usableHosts } from '../net/prefix.ts';
import { type Path } from '../spec/spec.ts';
import { interfaceIdsOf, type Context } from './context.ts';
import { families, type DraftNetwork } from './draft.ts';
import { type LabAddress, type LabShared } from './lab.ts';
import { lastHostOf } from './last-host.ts';
import { type Places } from './places.ts';
import { isReservedHost } from './read-prefix.ts';
import { helpForUnknown } from './unknown-name.ts';

/** By network. */
export type SharedPlans = ReadonlyMap<string, readonly LabShared[]>;

type SpecShared = NonNullable<DraftNetwork['spec']['shared']>[number];

interface Site {
  readonly context: Context;
  readonly places: Places;
  readonly network: DraftNetwork;
  readonly path: Path;
}

/** Takes the addresses, so that no machine gets one of them for its own. */
export const placeShared = (context: Context, places: Places): SharedPlans => {
  const networks = [...context.draft.networks.values()];
  const ids = new Ids(networks);
  return new Map(
    networks.map((network) => [
      network.name,
      (network.spec.shared ?? []).flatMap((shared, index): readonly LabShared[] => {
        const path = [...network.path, 'shared', index];
        const site = { context, places, network, path };
        const members = membersOf(site, shared);
        const at = context.spec.source.spanOf(path);
        const addresses = addressesFor(site, shared, members[0]);
        const id = ids.idOf(network.segment, shared.id);
        return members.length === 0 || addresses.length === 0 ? [] : [{ id, addresses, members, at }];
      }),
    ]),
  );
};

const lastId = 255;

/** Written ids are taken first, so that planned ones never meet them. */
class Ids {
  readonly #taken = new Map<string, Set<number>>();

  constructor(networks: readonly DraftNetwork[]) {
    for (const { segment, spec } of networks)
      for (const { id } of spec.shared ?? []) if (id !== undefined) this.#on(segment).add(id);
  }

  #on(segment: string): Set<number> {
    const found = this.#taken.get(segment) ?? new Set<number>();
    this.#taken.set(segment, found);
    return found;
  }

  idOf(segment: string, written: number | undefined): number {
    const taken = this.#on(segment);
    let id = written ?? 1;
    while (written === undefined && taken.has(id) && id < lastId) id += 1;
    taken.add(id);
    return id;
  }
}

const tell = ({ context }: Site, message: string, at: Span, help: string | undefined): void =>
  context.findings.error('shared-address', message, at, { help });

const membersOf = (site: Site, { by }: SpecShared): LabShared['members'] => {
  const { context, network, path } = site;
  const { machines, groups } = context.draft;
  const spanOf = (index: number): Span => context.spec.source.spanOf([...path, 'by', index]);
  const named = by.flatMap((name, index) => (groups.get(name)?.members ?? [name]).map((one) => ({ name: one, index })));
  const members = named.flatMap(({ name, index }) => {
    const machine = machines.get(name);
    if (machine === undefined) {
      const message = `\`${name}\` shares an address of \`${network.name}\`, and there is no such machine`;
      context.findings.error('unknown-machine', message, spanOf(index), {
        help: helpForUnknown(name, [...machines.keys()], 'machines'),
      });
      return [];
    }
    const nic = machine.nics.find((one) => one.network === network.name);
    if (nic !== undefined) return [{ machine: name, nic: nic.name }];
    const message = `\`${name}\` shares an address of \`${network.name}\`, and has no interface there`;
    tell(site, message, spanOf(index), `add \`${network.name}\` to the \`nics\` of \`${name}\``);
    return [];
  });
  const names = named.map(({ name }) => name);
  if (new Set(names).size < 2)
    tell(
      site,
      `an address of \`${network.name}\` is shared by one machine`,
      context.spec.source.spanOf([...path, 'by']),
      'name two machines or more, the one that has it by default first',
    );
  return members.filter(({ machine }, index) => members.findIndex((one) => one.machine === machine) === index);
};

const addressesFor = (
  site: Site,
  { address: written }: SpecShared,
  first: LabShared['members'][number] | undefined,
): readonly LabAddress[] => {
  const { context, places, network, path } = site;
  const at = context.spec.source.spanOf([...path, 'address']);
  const found = families.flatMap((family) => addressIn(site, written, family) ?? []);
  if (found.length === 0)
    tell(site, `\`${network.name}\` shares ${written}, which is no address of it`, at, rangeOf(site));
  return found.flatMap((address): readonly LabAddress[] => {
    const holder = places.holderOf(network.name, address);
    const text = printIp(address);
    if (holder !== undefined) {
      const message = `\`${network.name}\` shares ${text}, which \`${holder.machine}\` has`;
      const notes = [{ message: `\`${holder.machine}\` has it here`, at: holder.at }];
      const help = 'a shared address is none of a machine’s own';
      context.findings.error('duplicate-address', message, at, { notes, help });
      return [];
    }
    const { machine = '', nic = '' } = first ?? {};
    places.take(network.name, address, { network: network.name, machine, nic, at, isKept: false });
    const { family } = address;
    return [{ family, address: text, prefixLength: places.prefixesOf(network.name)[family]?.length ?? 0 }];
  });
};

const rangeOf = ({ places, network }: Site): string => {
  const prefixes = places.prefixesOf(network.name);
  const hosts = prefixes[4] === undefined ? undefined : usableHosts(prefixes[4]);
  if (hosts !== undefined) return `choose a host number from ${hosts.first} to ${hosts.last}`;
  return prefixes[6] === undefined ? 'it has no prefix' : `it is ${printPrefix(prefixes[6])}`;
};

const addressIn = (
  { context, places, network }: Site,
  written: SpecShared['address'],
  family: Family,
): Ip | undefined => {
  const prefixes = places.prefixesOf(network.name);
  const block = prefixes[family];
  if (block === undefined) return undefined;
  const address =
    typeof written === 'number'
      ? places.address(network.name, family, BigInt(written))
      : written === 'last'
        ? lastHostOf(prefixes, family, interfaceIdsOf(context.spec))
        : parseIp(written);
  if (address?.family !== family || !containsIp(block, address) || isReservedHost(block, address)) return undefined;
  return address;
};
