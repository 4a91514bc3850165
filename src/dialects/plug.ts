/**
 * Puts the cables between machines that were read from files: as a wiring says, else by what the files let assume: NICs
 * whose subnets are equal are on one segment, and a NIC that asks for its address is where the one server is. What was
 * assumed is told. Hypervisors' cables are there already and stay.
 */
import { networkOf, printPrefix } from '../net/prefix.ts';
import { type Cable, type CableEnd, type Interface, type NetworkState, type Stack } from '../state/network-state.ts';
import { normalize } from '../state/normal-form.ts';
import { segmentsOf } from '../state/segments.ts';
import { compareText } from '../state/spelling.ts';
import { type Place, type Remark } from './dialect.ts';
import { internetStack } from './internet.ts';
import { emptyStack } from '../state/empty-stack.ts';
import { plainNic } from './reading.ts';

/** What is plugged together, by the name of the segment. `internet` is the one behind which the world is. */
export type Wiring = Readonly<Record<string, readonly WiredEnd[]>>;

export interface WiredEnd extends CableEnd {
  readonly at: Place;
}

export interface Plugged {
  readonly state: NetworkState;
  readonly remarks: readonly Remark[];
}

export const internetSegment = 'internet';
const endKey = ({ stack, interface: name }: CableEnd): string => `${stack}:${name}`;

/** Two ends are a cable; more, or one alone, are in a switch, whose stack is named after the segment. */
const joinEnds = (segment: string, ends: readonly CableEnd[], stacks: Record<string, Stack>, cables: Cable[]): void => {
  const [first, second] = ends;
  if (first === undefined) return;
  if (second !== undefined && ends.length === 2) {
    cables.push({ a: first, b: second });
    return;
  }
  let name = `switch-${segment}`;
  while (Object.hasOwn(stacks, name)) name = `switch-${name}`;
  const bridge: Interface = {
    ...{ kind: 'bridge', mtuBytes: 1500, up: true, addresses: [] },
    bridge: { stp: false, forwardDelaySeconds: 0 },
  };
  const interfaces: Record<string, Interface> = { switch: bridge };
  for (const [index, end] of ends.entries()) {
    const port = `port${index + 1}`;
    interfaces[port] = { ...plainNic, master: 'switch' };
    cables.push({ a: end, b: { stack: name, interface: port } });
  }
  const sysctls = { 'net/ipv6/conf/all/disable_ipv6': '1', 'net/ipv6/conf/default/disable_ipv6': '1' };
  stacks[name] = { ...emptyStack, interfaces, sysctls };
};

/** A NIC by the interface that has its addresses: itself, or what it is a port or member of. */
const topOf = (stack: Stack, name: string): string => {
  const seen = new Set<string>();
  let top = name;
  for (
    let master = stack.interfaces[top]?.master;
    master !== undefined && !seen.has(top);
    master = stack.interfaces[top]?.master
  ) {
    seen.add(top);
    top = master;
  }
  return top;
};

const linkOnly = (text: string): boolean => text.startsWith('fe80:') || text === '169.254.0.0/16';

/** Subnets that are on a NIC's wire, without those of a single address. */
const subnetsOf = (stack: Stack, name: string): readonly string[] =>
  (stack.interfaces[topOf(stack, name)]?.addresses ?? [])
    .filter(({ family, prefixLength }) => prefixLength < (family === 4 ? 31 : 127))
    .map(({ address, prefixLength }) => printPrefix(networkOf(address, prefixLength)))
    .filter((text) => !linkOnly(text));

interface LooseNic extends CableEnd {
  readonly subnets: readonly string[];
  readonly asksDhcp: boolean;
}

const looseNics = (stacks: Readonly<Record<string, Stack>>, plugged: ReadonlySet<string>): readonly LooseNic[] =>
  Object.entries(stacks).flatMap(([stack, own]) =>
    Object.entries(own.interfaces)
      .filter(([name, { kind }]) => kind === 'ethernet' && !plugged.has(endKey({ stack, interface: name })))
      .map(([name]) => ({
        stack,
        interface: name,
        subnets: subnetsOf(own, name),
        asksDhcp: own.services.some((it) => it.kind === 'dhcp-client' && it.interface === topOf(own, name)),
      })),
  );

/** NICs in groups that are joined by common subnets. */
const bySubnet = (nics: readonly LooseNic[]): readonly (readonly LooseNic[])[] => {
  const groups: { nics: LooseNic[]; subnets: Set<string> }[] = [];
  for (const nic of nics) {
    if (nic.subnets.length === 0) continue;
    const touching = groups.filter(({ subnets }) => nic.subnets.some((subnet) => subnets.has(subnet)));
    const merged = { nics: [...touching.flatMap((group) => group.nics), nic], subnets: new Set(nic.subnets) };
    for (const group of touching) {
      for (const subnet of group.subnets) merged.subnets.add(subnet);
      groups.splice(groups.indexOf(group), 1);
    }
    groups.push(merged);
  }
  return groups.map((group) => group.nics);
};

const segmentName = (index: number): string => `segment${index + 1}`;

/** `place`: where a remark about an interface points. */
type PlaceOfNic = (end: CableEnd) => Place;

const assumed = (message: string, at: Place): Remark => ({
  kind: 'assumed',
  code: 'assumed-segment',
  message,
  at,
  help: 'say it in wiring.yaml: `lan: [host:eth0, desktop:eth0]`',
});

const listed = (ends: readonly CableEnd[]): string => ends.map((end) => `\`${endKey(end)}\``).join(', ');

/** A segment that exists already and has a subnet: cables of hypervisors, and what was just assumed. */
const servedSegments = (state: NetworkState): ReadonlyMap<string, CableEnd> => {
  const segmentOf = segmentsOf(state);
  const served = new Map<string, CableEnd>();
  for (const [stack, { services }] of Object.entries(state.stacks))
    for (const service of services)
      if (service.kind === 'dhcp-server')
        served.set(segmentOf(stack, service.interface), { stack, interface: service.interface });
  return served;
};

const plugByAssumption = (state: NetworkState, plugged: ReadonlySet<string>, placeOf: PlaceOfNic): Plugged => {
  const stacks: Record<string, Stack> = { ...state.stacks };
  const cables = [...state.cables];
  const remarks: Remark[] = [];
  const nics = looseNics(stacks, plugged);
  const groups = bySubnet(nics).filter((group) => new Set(group.map(({ stack }) => stack)).size > 1);
  const served = [...servedSegments(state).values()];
  const askers = nics.filter(({ asksDhcp, subnets }) => asksDhcp && subnets.length === 0);
  const [server] = served;
  for (const [index, group] of groups.entries()) {
    const serves = group.some(
      (nic) =>
        server?.stack === nic.stack && topOf(stacks[nic.stack] ?? emptyStack, nic.interface) === server.interface,
    );
    const joining = served.length === 1 && serves ? askers.filter((nic) => nic.stack !== server?.stack) : [];
    const ends = [...group, ...joining].map(({ stack, interface: name }) => ({ stack, interface: name }));
    joinEnds(segmentName(index), ends, stacks, cables);
    const [first] = group;
    if (first === undefined) continue;
    const common = [...new Set(group.flatMap(({ subnets }) => subnets))].sort(compareText).join(', ');
    remarks.push(
      assumed(`${listed(group)} are taken to be on one segment, since they are in ${common}`, placeOf(first)),
    );
    for (const nic of joining)
      remarks.push(
        assumed(
          `${listed([nic])} is taken to be where ${listed(server === undefined ? [] : [server])} serves DHCP`,
          placeOf(nic),
        ),
      );
  }
  const joined = new Set(cables.flatMap(({ a, b }) => [endKey(a), endKey(b)]));
  for (const nic of nics) {
    const { stack, interface: name } = nic;
    if (joined.has(endKey(nic)) || state.stacks[stack]?.interfaces[name]?.up !== true) continue;
    joinEnds(`${stack}-${name}`, [{ stack, interface: name }], stacks, cables);
    remarks.push({
      ...assumed(`${listed([nic])} is taken to be plugged in, where none of the other machines is`, placeOf(nic)),
      code: 'assumed-carrier',
    });
  }
  return { state: { ...state, stacks, cables }, remarks };
};

const wiringFault = (code: string, message: string, at: Place, help?: string): Remark => ({
  kind: 'error',
  code,
  message,
  at,
  ...(help === undefined ? {} : { help }),
});

const checkEnd = (
  end: WiredEnd,
  stacks: Readonly<Record<string, Stack>>,
  used: ReadonlySet<string>,
): Remark | undefined => {
  const key = endKey(end);
  if (!Object.hasOwn(stacks, end.stack))
    return wiringFault(
      'unknown-machine',
      `\`${end.stack}\` is none of the machines that were read`,
      end.at,
      `there are ${Object.keys(stacks).join(', ')}`,
    );
  if (used.has(key)) return wiringFault('plugged-twice', `\`${key}\` is plugged in already`, end.at);
  const it = stacks[end.stack]?.interfaces[end.interface];
  if (it !== undefined && it.kind !== 'ethernet')
    return wiringFault('not-a-nic', `\`${key}\` is a ${it.kind}, a cable ends at a NIC`, end.at);
  return undefined;
};

const plugByWiring = (state: NetworkState, wiring: Wiring, used: Set<string>): Plugged => {
  const stacks: Record<string, Stack> = { ...state.stacks };
  const cables = [...state.cables];
  const remarks: Remark[] = [];
  for (const [segment, wired] of Object.entries(wiring)) {
    const ends: CableEnd[] = [];
    for (const end of wired) {
      const fault = checkEnd(end, stacks, used);
      if (fault !== undefined) {
        remarks.push(fault);
        continue;
      }
      const { stack, interface: name } = end;
      const own = stacks[stack] ?? emptyStack;
      // A NIC that no file speaks of is there, but nobody brings it up.
      if (own.interfaces[name] === undefined) {
        stacks[stack] = { ...own, interfaces: { ...own.interfaces, [name]: { ...plainNic, up: false } } };
        remarks.push({
          kind: 'assumed',
          code: 'nic-not-configured',
          message: `no file of \`${stack}\` speaks of \`${name}\`: it is taken to be there and down`,
          at: end.at,
        });
      }
      used.add(endKey(end));
      ends.push({ stack, interface: name });
    }
    if (segment === internetSegment && ends.length > 0) {
      const peers = ends.map(({ stack, interface: name }) => ({
        stack: stacks[stack] ?? emptyStack,
        name: topOf(stacks[stack] ?? emptyStack, name),
      }));
      const internet = Object.hasOwn(stacks, 'internet') ? 'the-internet' : 'internet';
      stacks[internet] = internetStack(peers);
      ends.push({ stack: internet, interface: 'eth0' });
    }
    joinEnds(segment, ends, stacks, cables);
  }
  return { state: { ...state, stacks, cables }, remarks };
};

/** `wiring`: absent where nobody wrote one. */
export const plug = (state: NetworkState, wiring: Wiring | undefined, placeOf: PlaceOfNic): Plugged => {
  const used = new Set(state.cables.flatMap(({ a, b }) => [endKey(a), endKey(b)]));
  const { state: plugged, remarks } =
    wiring === undefined ? plugByAssumption(state, used, placeOf) : plugByWiring(state, wiring, used);
  return { state: normalize(plugged), remarks };
};
