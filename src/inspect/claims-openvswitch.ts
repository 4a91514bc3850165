/**
 * Open vSwitch: its database says what is a port of which bridge. Without it the kernel's word `openvswitch` tells, or the
 * tap that ovs-vswitchd holds (the datapath in userspace), or the sockets named after bridges that everybody may list.
 */
import { linkNamed, processesNamed, type Claim, type ClaimsOf } from './claim.ts';
import { type HostFacts } from './host-facts.ts';

export const openVswitch = 'Open vSwitch';
export const switchFolder = '/run/openvswitch';
export const switchDaemon = 'ovs-vswitchd';

const claim = (name: string, does: Claim['does'], evidence: string): Claim => ({
  interface: name,
  program: openVswitch,
  does,
  evidence,
});

const databaseClaims = ({ switches }: HostFacts): readonly Claim[] =>
  (switches?.bridges ?? []).flatMap(({ name: bridge, ports }) =>
    ports.flatMap(({ interfaces }) =>
      interfaces.map(({ name, type }) =>
        claim(name, type === 'internal' ? 'made' : 'plugs', `port of ${bridge}, by the database of Open vSwitch`),
      ),
    ),
  );

/** The kernel's datapath and its ports; of a datapath in userspace one tap that is no port of any bridge. */
const kernelClaims = ({ links }: HostFacts): readonly Claim[] =>
  links.flatMap(({ name, kind, tap }) =>
    kind === 'openvswitch'
      ? [claim(name, 'made', 'an interface of the kernel module openvswitch')]
      : tap !== undefined && name === 'ovs-netdev'
        ? [claim(name, 'made', 'the tap that every userspace datapath begins with')]
        : [],
  );

const processClaims = (host: HostFacts): readonly Claim[] =>
  processesNamed(host, switchDaemon).flatMap(({ pid, taps }) =>
    taps.map((name) => claim(name, 'made', `held by ${switchDaemon} (${pid})`)),
  );

const listedClaims = (host: HostFacts): readonly Claim[] =>
  (host.listings[switchFolder] ?? []).flatMap((file): Claim[] => {
    const name = /^(.+)\.mgmt$/.exec(file)?.[1];
    return name === undefined ? [] : [claim(name, 'made', `${switchFolder}/${file}`)];
  });

export const openVswitchClaims: ClaimsOf = (host) =>
  [...databaseClaims(host), ...kernelClaims(host), ...processClaims(host), ...listedClaims(host)].filter(
    (found) => linkNamed(host, found.interface) !== undefined,
  );
