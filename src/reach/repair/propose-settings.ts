/** Kernel settings that stand in a packet's way: forwarding, reverse-path filters, martians, echo. */
import { type Edit } from './edit.ts';
import { type Proposal } from './proposal.ts';
import { proposeRouteBack } from './propose-routes.ts';
import { type Situation } from './situation.ts';

const sysctl = (stack: string, key: string, value: string): Edit => ({ kind: 'set-sysctl', stack, key, value });

const isOn = (situation: Situation, stack: string, key: string): boolean =>
  Number(situation.model.state.stacks[stack]?.sysctls[key] ?? 0) > 0;

const forwarding4 = (situation: Situation, stack: string, dev: string | null): Proposal => {
  // Where the whole stack forwards already, it is this interface that was taken out.
  const isWhole =
    isOn(situation, stack, 'net/ipv4/ip_forward') || isOn(situation, stack, 'net/ipv4/conf/all/forwarding');
  const isOne = isWhole && dev !== null;
  return {
    kind: 'forwarding',
    edits: [sysctl(stack, isOne ? `net/ipv4/conf/${dev}/forwarding` : 'net/ipv4/ip_forward', '1')],
    change: isOne ? `turn on IPv4 forwarding for ${dev} of ${stack}` : `turn on IPv4 forwarding on ${stack}`,
    effort: 3,
    sideEffects: isOne ? [] : [`${stack} then forwards IPv4 between all of its networks`],
  };
};

/** Forwarding makes a stack deaf to router advertisements unless told otherwise (ip-sysctl, accept_ra). */
const keepAdvertisements = ({ model }: Situation, stack: string): readonly Edit[] => {
  const learned = (model.facts.routes ?? []).filter(
    (route) => route.stack === stack && route.family === 6 && route.from === 'advertisement',
  );
  return [...new Set(learned.map(({ dev }) => dev))].map((dev) => sysctl(stack, `net/ipv6/conf/${dev}/accept_ra`, '2'));
};

const forwarding6 = (situation: Situation, stack: string): Proposal => {
  const before = keepAdvertisements(situation, stack);
  const on = sysctl(stack, 'net/ipv6/conf/all/forwarding', '1');
  const [first, ...rest] = before;
  return {
    kind: 'forwarding',
    edits: first === undefined ? [on] : [first, ...rest, on],
    change: `turn on IPv6 forwarding on ${stack}${before.length > 0 ? ', and let it keep to router advertisements' : ''}`,
    effort: 3,
    sideEffects: [`${stack} then forwards IPv6 between all of its networks`],
  };
};

export const forwardingOn = (situation: Situation, stack: string, dev: string | null): Proposal =>
  situation.family === 4 ? forwarding4(situation, stack, dev) : forwarding6(situation, stack);

/** Loose where it was strict; off where not even loose is enough. `all` and the interface's own: the greater counts. */
const reversePathFilter = (situation: Situation): readonly Proposal[] => {
  const { model, stop } = situation;
  const { stack, interface: dev } = stop;
  if (dev === null) return [];
  const isStrict = model.stacks.get(stack)?.interfaces.get(dev)?.settings.rpFilter === 1;
  const own = `net/ipv4/conf/${dev}/rp_filter`;
  const loose: Proposal = {
    kind: 'setting',
    edits: [sysctl(stack, own, '2')],
    change: `make the reverse-path filter of ${dev} on ${stack} loose: it drops packets whose source is routed another way`,
    effort: 4,
    sideEffects: [`${stack} then takes packets on ${dev} from any source that it has a route to`],
  };
  const off: Proposal = {
    kind: 'setting',
    edits: [sysctl(stack, own, '0'), sysctl(stack, 'net/ipv4/conf/all/rp_filter', '0')],
    change: `turn the reverse-path filter of ${dev} on ${stack} off: it has no route to the source at all`,
    effort: 7,
    sideEffects: [`${stack} then takes packets on ${dev} from any source`],
  };
  return [...proposeRouteBack(situation), isStrict ? loose : off];
};

const isLoopback4 = (value: bigint | undefined): boolean => value !== undefined && value >> 24n === 127n;

const martian = ({ model, stop, packet, family }: Situation): readonly Proposal[] => {
  const { stack, interface: dev } = stop;
  if (family !== 4 || dev === null) return [];
  if (isLoopback4(packet.source) || isLoopback4(packet.destination))
    return [
      {
        kind: 'setting',
        edits: [sysctl(stack, `net/ipv4/conf/${dev}/route_localnet`, '1')],
        change: `let packets with addresses of 127.0.0.0/8 pass ${dev} of ${stack} (route_localnet)`,
        effort: 6,
        sideEffects: [`what listens on 127.0.0.1 of ${stack} can then be reached from ${dev}`],
      },
    ];
  const isOwn = [...(model.stacks.get(stack)?.interfaces.values() ?? [])].some((it) =>
    it.addresses.some((address) => address.family === 4 && address.value === packet.source),
  );
  if (!isOwn) return [];
  return [
    {
      kind: 'setting',
      edits: [sysctl(stack, `net/ipv4/conf/${dev}/accept_local`, '1')],
      change: `let packets from ${stack}'s own addresses come in by ${dev} (accept_local)`,
      effort: 6,
      sideEffects: [`${stack} then believes anybody on ${dev} who uses its own addresses`],
    },
  ];
};

const echo = ({ model, stop, flow, family }: Situation): readonly Proposal[] => {
  if (flow.protocol !== 'icmp' || model.stacks.get(stop.stack)?.settings.echoIgnoreAll[family] !== true) return [];
  const key = family === 4 ? 'net/ipv4/icmp_echo_ignore_all' : 'net/ipv6/icmp/echo_ignore_all';
  return [
    {
      kind: 'setting',
      edits: [sysctl(stop.stack, key, '0')],
      change: `let ${stop.stack} answer echo requests`,
      effort: 2,
      sideEffects: [],
    },
  ];
};

export const proposeSettings = (situation: Situation): readonly Proposal[] => {
  const { stop } = situation;
  switch (stop.reason) {
    case 'not_forwarding':
      return [forwardingOn(situation, stop.stack, stop.interface)];
    case 'rp_filter':
      return reversePathFilter(situation);
    case 'martian':
      return martian(situation);
    case 'no_listener':
      return echo(situation);
    default:
      return [];
  }
};
