/** Which programs look after the network, what each has in hand, and which of them the machine hangs on. */
import { processesNamed, textsIn, type Claim } from './claim.ts';
import { ifupdown } from './claims-ifupdown.ts';
import { netplan, netplanFolders, networkd } from './claims-networkd.ts';
import { networkManager } from './claims-networkmanager.ts';
import { lanwright } from './claims-world.ts';
import { type DefaultRoute, type HostFacts } from './host-facts.ts';

export interface NetworkProgram {
  readonly program: string;
  readonly state: 'running' | 'not running' | 'has run';
  /** Interfaces that it gives addresses to. */
  readonly interfaces: readonly string[];
}

export interface Charge {
  /** Of the interface that the default route leaves by; null where nobody that is known here is. */
  readonly inCharge: string | null;
  readonly because: string;
  readonly programs: readonly NetworkProgram[];
  /** Interfaces that more than one program claims to run. */
  readonly contested: readonly { readonly interface: string; readonly programs: readonly string[] }[];
  readonly defaultRoutes: readonly DefaultRoute[];
}

const daemons: readonly (readonly [program: string, process: string])[] = [
  [networkd, 'systemd-network'],
  [networkd, 'systemd-networkd'],
  [networkManager, 'NetworkManager'],
  ['wicked', 'wickedd'],
  ['ConnMan', 'connmand'],
  ['dhcpcd', 'dhcpcd'],
  ['Open vSwitch', 'ovs-vswitchd'],
  ['libvirt', 'libvirtd'],
  ['libvirt', 'virtnetworkd'],
  ['Docker', 'dockerd'],
];

/** Those that run once and are done. */
const hasRun = (host: HostFacts): readonly string[] => [
  ...(textsIn(host, '/run/network').some(([name, text]) => /^ifstate/.test(name) && /=/.test(text)) ? [ifupdown] : []),
  ...(netplanFolders.some((folder) => textsIn(host, folder).length > 0) ? [netplan] : []),
];

const programsOf = (host: HostFacts, runs: readonly Claim[]): readonly NetworkProgram[] => {
  const running = new Set([
    ...daemons.flatMap(([program, process]) => (processesNamed(host, process).length > 0 ? [program] : [])),
    ...(host.world === undefined ? [] : [lanwright]),
  ]);
  const once = new Set(hasRun(host));
  const named = [...new Set([...running, ...once, ...runs.map(({ program }) => program)])].sort();
  return named.map((program) => ({
    program,
    state: running.has(program) ? 'running' : once.has(program) ? 'has run' : 'not running',
    interfaces: [...new Set(runs.filter((claim) => claim.program === program).map((claim) => claim.interface))].sort(),
  }));
};

const routeText = ({ via, dev, protocol }: DefaultRoute): string =>
  `the default route leaves by ${dev}${via === undefined ? '' : ` to ${via}`} (made as ${protocol})`;

/** Made by `ip route` without a protocol, as ifupdown and people do. */
const unsignedRoute = 'boot';

const chargeOf = (routes: readonly DefaultRoute[], runs: readonly Claim[]): Pick<Charge, 'inCharge' | 'because'> => {
  const [route] = routes;
  if (route === undefined) return { inCharge: null, because: 'there is no default route' };
  const runner = runs.find((claim) => claim.interface === route.dev);
  if (runner !== undefined)
    return { inCharge: runner.program, because: `${routeText(route)}, and it runs ${route.dev}` };
  const hand = route.protocol === unsignedRoute ? ', by hand or by a script' : '';
  return { inCharge: null, because: `${routeText(route)}${hand}; no program that is known here runs ${route.dev}` };
};

export const judgeCharge = (host: HostFacts, claims: readonly Claim[]): Charge => {
  const runs = claims.filter(({ does }) => does === 'runs');
  const routes = [...host.defaultRoutes].sort((a, b) => a.family - b.family || a.metric - b.metric);
  const interfaces = [...new Set(runs.map((claim) => claim.interface))];
  const contested = interfaces
    .map((name) => ({
      interface: name,
      programs: [...new Set(runs.filter((claim) => claim.interface === name).map(({ program }) => program))],
    }))
    .filter(({ programs }) => programs.length > 1);
  return { ...chargeOf(routes, runs), programs: programsOf(host, runs), contested, defaultRoutes: routes };
};
