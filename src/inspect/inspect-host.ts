/** The facts of a machine to everything that `lanwright inspect` tells of it. */
import { claimsByInterface, ownerOf, type Owner } from './owners.ts';
import { filterOwners, type FilterOwner } from './filter-tables.ts';
import { type DeviceFacts, type HostFacts, type LinkFacts, type Unseen } from './host-facts.ts';
import { judgeCharge, type Charge } from './in-charge.ts';
import { judgeKvm, type KvmJudgement } from './kvm.ts';
import { uplinkOf } from './outside-terrain.ts';
import { viewFromOutside, type OutsideAnswer } from './outside.ts';
import { textsIn, variablesIn, processesNamed } from './claim.ts';
import { whatItIs } from './what-it-is.ts';

export interface InterfaceInspection {
  readonly interface: string;
  readonly index: number;
  readonly owner: Owner;
  readonly is: readonly string[];
  readonly device: DeviceFacts | null;
  readonly altnames: readonly string[];
  readonly alias: string | null;
  readonly mac: string | null;
  readonly mtu: number;
  readonly up: boolean;
  readonly carrier: boolean;
  readonly master: string | null;
  readonly addresses: readonly string[];
  readonly outside: readonly OutsideAnswer[];
}

export interface FilterInspection {
  /** False: the packet filter cannot be read by this user. */
  readonly isSeen: boolean;
  readonly tables: readonly FilterOwner[];
  /** Tables of iptables-legacy, beside those of nftables. */
  readonly legacyTables: readonly string[];
  /** Front ends that are switched on, whether their rules can be seen or not. */
  readonly frontEnds: readonly string[];
}

export interface Inspection {
  readonly machine: string;
  readonly interfaces: readonly InterfaceInspection[];
  readonly uplink: string | null;
  readonly charge: Charge;
  readonly filter: FilterInspection;
  readonly kvm: KvmJudgement;
  readonly unseen: readonly Unseen[];
}

const legacyTables = (host: HostFacts): readonly string[] =>
  (['ip', 'ip6'] as const).flatMap((family) =>
    (host.texts[`/proc/net/${family}_tables_names`] ?? '')
      .split('\n')
      .filter((name) => name !== '')
      .map((name) => `${family} ${name}`),
  );

const frontEnds = (host: HostFacts): readonly string[] => {
  const ufw = textsIn(host, '/etc/ufw').find(([name]) => name === 'ufw.conf')?.[1] ?? '';
  return [
    ...(variablesIn(ufw)['ENABLED']?.toLowerCase() === 'yes' ? ['ufw'] : []),
    ...(processesNamed(host, 'firewalld').length > 0 || host.texts['/run/firewalld.pid'] !== undefined
      ? ['firewalld']
      : []),
  ];
};

const interfaceOf = (
  host: HostFacts,
  link: LinkFacts,
  owner: Owner,
  outside: readonly OutsideAnswer[],
): InterfaceInspection => ({
  interface: link.name,
  index: link.index,
  owner,
  is: whatItIs(host, link),
  device: link.device ?? null,
  altnames: link.altnames,
  alias: link.alias ?? null,
  mac: link.mac ?? null,
  mtu: link.mtuBytes,
  up: link.isUp,
  carrier: link.hasCarrier,
  master: link.master ?? null,
  addresses: link.addresses.map(({ address, prefixLength }) => `${address}/${prefixLength}`),
  outside,
});

export const inspectHost = (host: HostFacts): Inspection => {
  const claims = claimsByInterface(host);
  const view = viewFromOutside(host);
  const links = [...host.links].sort((a, b) => a.index - b.index);
  return {
    machine: host.name,
    interfaces: links.map((link) =>
      interfaceOf(host, link, ownerOf(link, claims.get(link.name) ?? [], host), view(link)),
    ),
    uplink: uplinkOf(host)?.speaker.name ?? null,
    charge: judgeCharge(
      host,
      links.flatMap(({ name }) => claims.get(name) ?? []),
    ),
    filter: {
      isSeen: host.isFilterSeen,
      tables: filterOwners(host.state, host.name),
      legacyTables: legacyTables(host),
      frontEnds: frontEnds(host),
    },
    kvm: judgeKvm(host.kvm),
    unseen: host.unseen,
  };
};
