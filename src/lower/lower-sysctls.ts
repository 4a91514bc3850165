/**
 * The kernel settings of a stack: all that decide about reachability are explicit, because a new network namespace
 * inherits some of them from the machine it is made on.
 */
import { type Lab, type LabMachine, type LabNic } from '../lab/lab.ts';
import { hearsRouters } from '../lab/leases.ts';
import { oncePerLab } from '../lab/once-per-lab.ts';
import { toldMtu } from './lower-dhcp.ts';
import { interfaceOf } from './names.ts';
import { type PlacedInterface } from './wire.ts';

type Sysctls = Readonly<Record<string, string>>;

/** Frames between the ports of a bridge are no business of the packet filter. */
const bridgeSysctls: Sysctls = {
  'net/bridge/bridge-nf-call-iptables': '0',
  'net/bridge/bridge-nf-call-ip6tables': '0',
  'net/bridge/bridge-nf-call-arptables': '0',
};

/** The plan guarantees that addresses are unique, so that nobody waits for duplicate address detection. */
const noDetection: Sysctls = {
  'net/ipv6/conf/all/accept_dad': '0',
  'net/ipv6/conf/default/accept_dad': '0',
  'net/ipv6/conf/default/dad_transmits': '0',
};

const stackSysctls = (forwards: boolean): Sysctls => ({
  'net/ipv4/ip_forward': forwards ? '1' : '0',
  'net/ipv6/conf/all/forwarding': forwards ? '1' : '0',
  'net/ipv4/conf/all/rp_filter': '0',
  'net/ipv4/conf/default/rp_filter': '0',
  'net/ipv6/conf/default/accept_ra': '0',
  ...noDetection,
});

/** What an interface takes of advertisements; `exceeds`: it has a larger MTU than they tell, by the file's own word. */
type Hearing = Readonly<Record<'hears' | 'slaac' | 'ignoresRouter' | 'isToldRoutes' | 'exceeds', boolean>>;

const hearingOf = (lab: Lab, nic: LabNic | undefined): Hearing => {
  const hears = nic !== undefined && hearsRouters(nic);
  const network = nic && lab.networks[nic.network];
  return {
    hears,
    slaac: nic?.slaac ?? false,
    ignoresRouter: hears && nic.ignoresRouters?.includes(6) === true,
    isToldRoutes: hears && network?.routes?.some(({ family }) => family === 6) === true,
    exceeds: hears && network !== undefined && nic.mtuBytes > (toldMtu(network).mtuBytes ?? Infinity),
  };
};

/** With forwarding on, 1 would ignore router advertisements; 2 is for both (ip-sysctl, accept_ra). */
const nicSysctls = (dev: string, { hears, slaac, ignoresRouter, isToldRoutes, exceeds }: Hearing): Sysctls => ({
  [`net/ipv6/conf/${dev}/accept_dad`]: '0',
  [`net/ipv6/conf/${dev}/accept_ra`]: hears ? '2' : '0',
  [`net/ipv6/conf/${dev}/autoconf`]: slaac ? '1' : '0',
  ...(ignoresRouter ? { [`net/ipv6/conf/${dev}/accept_ra_defrtr`]: '0' } : {}),
  // Linux takes no routes of advertisements by itself.
  ...(isToldRoutes ? { [`net/ipv6/conf/${dev}/accept_ra_rt_info_max_plen`]: '128' } : {}),
  ...(exceeds ? { [`net/ipv6/conf/${dev}/accept_ra_mtu`]: '0' } : {}),
});

/**
 * Who forwards nothing shows nobody a shorter way either. The kernel sends redirects before it asks the packet filter,
 * when either the interface or `all` says so (ip-sysctl), and a redirected sender would reach what is denied.
 */
const noRedirects = (interfaces: readonly PlacedInterface[]): Sysctls =>
  Object.fromEntries(
    ['all', 'default', ...interfaces.map(({ name }) => name)].map((dev) => [
      `net/ipv4/conf/${dev}/send_redirects`,
      '0',
    ]),
  );

/**
 * Two address servers in hot standby wait for each other's answers as long as TCP does, ten seconds at most. This is seven
 * times the shortest time that it waits for an acknowledgement, 1.4 seconds (ip-sysctl, tcp_retries2); usually it is a
 * quarter of an hour.
 */
const quickToGiveUp: Sysctls = { 'net/ipv4/tcp_retries2': '2' };

/** The names of the machines that are one of such two. */
const inHotStandby = oncePerLab(
  ({ networks }: Lab): ReadonlySet<string> =>
    new Set(
      Object.values(networks).flatMap(({ dhcp, dhcp6 }) =>
        [dhcp, dhcp6].flatMap((one) => (one?.isHotStandby === true ? one.servers : [])),
      ),
    ),
);

const noIpv6 = (dev: string): Sysctls => ({ [`net/ipv6/conf/${dev}/disable_ipv6`]: '1' });

export const switchSysctls: Sysctls = {
  'net/ipv4/ip_forward': '0',
  'net/ipv6/conf/all/disable_ipv6': '1',
  'net/ipv6/conf/default/disable_ipv6': '1',
  ...bridgeSysctls,
};

export const isForwarding = (lab: Lab, machine: LabMachine): boolean =>
  machine.isRouter ||
  machine.nat !== undefined ||
  Object.values(lab.networks).some((network) => network.mode === 'proxied' && network.host === machine.name);

/** `interfaces`: those of the machine's stack. */
export const machineSysctls = (lab: Lab, machine: LabMachine, interfaces: readonly PlacedInterface[]): Sysctls => {
  const addressed = new Map(machine.nics.map((nic) => [interfaceOf(lab, machine.name, nic.name), nic]));
  const bare = new Set(
    Object.values(lab.networks)
      .filter(({ mode, host }) => mode === 'private' && host === machine.name)
      .map(({ bridge }) => bridge)
      .filter((bridge) => !addressed.has(bridge)),
  );
  const each = interfaces.map(({ name, body }): Sysctls => {
    if (body.kind === 'loopback') return {};
    // A port hands its frames to the bridge; addresses of its own would only make noise.
    if (body.master !== undefined || bare.has(name)) return noIpv6(name);
    const nic = addressed.get(name);
    return nicSysctls(name, hearingOf(lab, nic));
  });
  const holdsBridge = interfaces.some(({ body }) => body.kind === 'bridge');
  return Object.assign(
    {},
    stackSysctls(isForwarding(lab, machine)),
    holdsBridge ? bridgeSysctls : {},
    inHotStandby(lab).has(machine.name) ? quickToGiveUp : {},
    isForwarding(lab, machine) && (machine.firewall?.forward ?? 'allow') !== 'allow' ? noRedirects(interfaces) : {},
    ...each,
  ) as Sysctls;
};
