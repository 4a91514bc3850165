/** Sysctls, and entries of the neighbour tables. */
import { addressOn, interfaceOf, ownedTargets, segmentsAt, type Draft, type DraftStack } from './draft.ts';
import { type Feature } from './features.ts';
import { neighboursOf, somePrefix } from './routing.ts';

const namesOf = (stack: DraftStack): string[] => Object.keys(stack.interfaces).filter((name) => name !== 'lo');

const setForwarding = (draft: Draft): void => {
  const { chance } = draft;
  for (const stack of draft.stacks) {
    const routes = segmentsAt(draft, stack.name).length > 1;
    if (!(routes ? chance.flip(0.95) : chance.flip(0.1))) continue;
    if (draft.has('no-forwarding') && chance.flip(0.4)) continue;
    stack.sysctls['net/ipv4/ip_forward'] = '1';
    stack.sysctls['net/ipv6/conf/all/forwarding'] = '1';
    if (!draft.has('forwarding-per-interface')) continue;
    for (const name of namesOf(stack)) {
      if (chance.flip(0.3)) stack.sysctls[`net/ipv4/conf/${name}/forwarding`] = '0';
      if (chance.flip(0.2)) stack.sysctls[`net/ipv6/conf/${name}/forwarding`] = '0';
    }
  }
  if (draft.has('force-forwarding'))
    for (const stack of draft.stacks)
      for (const name of namesOf(stack))
        if (chance.flip(0.5)) stack.sysctls[`net/ipv6/conf/${name}/force_forwarding`] = '1';
};

/** Values by feature; `perInterface` with this probability, `all` with the other. */
interface Dial {
  readonly feature: Feature;
  readonly path: string;
  readonly values: readonly string[];
  readonly onInterface: number;
  readonly onAll: number;
}

const dials: readonly Dial[] = [
  { feature: 'rp-strict', path: 'ipv4 rp_filter', values: ['1'], onInterface: 0.5, onAll: 0 },
  { feature: 'rp-loose', path: 'ipv4 rp_filter', values: ['2'], onInterface: 0.5, onAll: 0 },
  { feature: 'rp-all', path: 'ipv4 rp_filter', values: ['1', '2'], onInterface: 0, onAll: 0.5 },
  { feature: 'arp-ignore', path: 'ipv4 arp_ignore', values: ['1', '2', '3', '8'], onInterface: 0.3, onAll: 0.2 },
  { feature: 'arp-announce', path: 'ipv4 arp_announce', values: ['1', '2'], onInterface: 0.3, onAll: 0.3 },
  { feature: 'arp-filter', path: 'ipv4 arp_filter', values: ['1'], onInterface: 0.3, onAll: 0.3 },
  { feature: 'proxy-arp', path: 'ipv4 proxy_arp', values: ['1'], onInterface: 0.3, onAll: 0.3 },
  { feature: 'proxy-arp-pvlan', path: 'ipv4 proxy_arp_pvlan', values: ['1'], onInterface: 0.4, onAll: 0.1 },
  { feature: 'proxy-ndp', path: 'ipv6 proxy_ndp', values: ['1'], onInterface: 0.4, onAll: 0.4 },
  { feature: 'accept-local', path: 'ipv4 accept_local', values: ['1'], onInterface: 0.3, onAll: 0.3 },
  { feature: 'route-localnet', path: 'ipv4 route_localnet', values: ['1'], onInterface: 0.3, onAll: 0.3 },
  { feature: 'ipv6-off', path: 'ipv6 disable_ipv6', values: ['1'], onInterface: 0.2, onAll: 0 },
  {
    feature: 'ignore-linkdown',
    path: 'ipv4 ignore_routes_with_linkdown',
    values: ['1'],
    onInterface: 0.4,
    onAll: 0.3,
  },
];

const turnDials = (draft: Draft): void => {
  const { chance } = draft;
  for (const { feature, path, values, onInterface, onAll } of dials) {
    if (!draft.has(feature)) continue;
    const [family = '', name = ''] = path.split(' ');
    for (const stack of draft.stacks) {
      if (chance.flip(onAll)) stack.sysctls[`net/${family}/conf/all/${name}`] = chance.pick(values);
      for (const dev of namesOf(stack))
        if (chance.flip(onInterface)) stack.sysctls[`net/${family}/conf/${dev}/${name}`] = chance.pick(values);
    }
  }
  for (const stack of draft.stacks) {
    if (draft.has('echo-ignore') && chance.flip(0.3)) stack.sysctls['net/ipv4/icmp_echo_ignore_all'] = '1';
    if (draft.has('bridge-without-filter'))
      for (const name of ['iptables', 'ip6tables', 'arptables'])
        if (chance.flip(0.6)) stack.sysctls[`net/bridge/bridge-nf-call-${name}`] = '0';
  }
};

const addProxies = (draft: Draft, family: 4 | 6): void => {
  const { chance } = draft;
  const candidates = [...ownedTargets(draft), ...draft.others].filter((target) => target.family === family);
  for (const stack of draft.stacks) {
    for (const { address, stack: owner } of chance.shuffle(candidates).slice(0, 2)) {
      const dev = chance.maybe(namesOf(stack));
      if (owner !== stack.name && dev !== undefined) stack.neighbourProxies.push({ family, address, dev });
    }
    if (family === 6 && chance.flip(0.7)) stack.sysctls['net/ipv6/conf/all/proxy_ndp'] = '1';
  }
};

/** Permanent entries, mostly right; wrong ones have the MAC of somebody else. */
const addNeighbours = (draft: Draft): void => {
  const { chance } = draft;
  for (const stack of draft.stacks) {
    const hop = chance.maybe(neighboursOf(draft, stack.name));
    const family = chance.pick([4, 6] as const);
    const address = hop && addressOn(draft, hop.via, family);
    const owner = chance.flip(0.7) ? hop : chance.maybe(neighboursOf(draft, stack.name));
    const mac = owner && interfaceOf(draft, owner.via).mac;
    if (hop !== undefined && address !== undefined && mac !== undefined && chance.flip(0.7))
      stack.neighbours.push({ family, address, mac, dev: hop.dev });
  }
};

/** Hosts that think a remote prefix is on their link: what proxies are for. */
const widen = (draft: Draft): void => {
  const stack = draft.chance.pick(draft.stacks);
  const dev = draft.chance.maybe(namesOf(stack));
  const family = draft.chance.pick([4, 6] as const);
  const to = somePrefix(draft, family);
  if (dev !== undefined && to !== undefined)
    stack.routes.push({ family, to, type: 'unicast', dev, metric: family === 4 ? 1 : 100, table: 254 });
};

export const set = (draft: Draft): void => {
  setForwarding(draft);
  turnDials(draft);
  if (draft.has('neighbour-proxy-4')) addProxies(draft, 4);
  if (draft.has('neighbour-proxy-6')) addProxies(draft, 6);
  if (draft.has('static-neighbour')) addNeighbours(draft);
  const proxying: readonly Feature[] = [
    'proxy-arp',
    'proxy-arp-pvlan',
    'neighbour-proxy-4',
    'neighbour-proxy-6',
    'proxy-ndp',
  ];
  if (proxying.some(draft.has)) widen(draft);
};
