/**
 * Which flows a change of state lets appear, and which vanish: both states are asked about every machine, every address
 * and every service; machines that are twins in both are told as one kind.
 */
import { ip, type Family } from '../net/address.ts';
import { containsIp, prefix } from '../net/prefix.ts';
import { type NetworkState } from '../state/network-state.ts';
import { predictorOf, type Predictor } from './predict.ts';
import { matchesOf } from './spoken.ts';
import { ownedBy } from './twins.ts';
import { type Flow } from './walk.ts';

export type Service = Pick<Flow, 'protocol' | 'port'>;

export interface FlowChange extends Service {
  readonly change: 'appears' | 'vanishes';
  readonly family: Family;
  /** All of `from` to all of `to`, others than themselves. */
  readonly from: readonly string[];
  readonly to: readonly string[];
}

const nearPrefixes = ['127.0.0.0/8', '169.254.0.0/16', '::1/128', 'fe80::/10'].map(prefix);

/** The addresses of a stack that others can ask for. */
type Addresses = ReadonlyMap<string, readonly string[]>;

const addressesIn = ({ state, facts }: Predictor): Addresses =>
  new Map(
    [...ownedBy(state, facts)].map(([stack, owned]) => [
      stack,
      owned
        .map(({ address }) => address)
        .filter((address) => !nearPrefixes.some((block) => containsIp(block, ip(address)))),
    ]),
  );

/** Ports that filters name; more than this many say little. */
const mostPorts = 16;

/** DHCP goes between neighbours before they have addresses. */
const dhcpPorts: readonly number[] = [67, 68, 546, 547];

/** Ping, and each port that a filter of either state tells apart. */
export const servicesIn = (states: readonly NetworkState[]): readonly Service[] => {
  const ports = new Map<string, Service>();
  for (const { stacks } of states)
    for (const { filter } of Object.values(stacks))
      for (const match of matchesOf(filter))
        if (match.kind === 'port')
          for (const port of match.ports.filter((it) => !dhcpPorts.includes(it)))
            ports.set(`${match.protocol} ${port}`, { protocol: match.protocol, port });
  return [{ protocol: 'icmp', port: null }, ...[...ports.values()].slice(0, mostPorts)];
};

interface Kind {
  readonly members: readonly string[];
  /** Two of them: one to ask, and one to be asked by its like. */
  readonly standIns: readonly string[];
}

const kindsIn = (predictors: readonly Predictor[], machines: readonly string[]): readonly Kind[] => {
  const kinds = new Map<string, string[]>();
  for (const name of machines) {
    const key = predictors.map(({ twins }) => twins.classOf(name)).join(' ');
    const kind = kinds.get(key);
    if (kind === undefined) kinds.set(key, [name]);
    else kind.push(name);
  }
  return [...kinds.values()].map((members) => ({ members, standIns: members.slice(0, 2) }));
};

/** Whether an answer comes back from every address that the machine has of a family, and it has any. */
const reaches = (
  { predictor, addresses }: Side,
  from: string,
  to: string,
  family: Family,
  service: Service,
): boolean => {
  const all = (addresses.get(to) ?? []).filter((address) => address.includes(':') === (family === 6));
  if (!addresses.has(from) || all.length === 0) return false;
  return all.every((destination) => predictor.answer({ from, family, destination, ...service }, to).verdict === 'yes');
};

interface Side {
  readonly predictor: Predictor;
  readonly addresses: Addresses;
}

const sideOf = (state: NetworkState): Side => {
  const predictor = predictorOf(state);
  return { predictor, addresses: addressesIn(predictor) };
};

/** The stand-ins of a pair of kinds; undefined where a kind has nobody else to ask. */
const pairOf = (from: Kind, to: Kind): readonly [string, string] | undefined => {
  const [sender] = from.standIns;
  const receiver = to === from ? to.standIns[1] : to.standIns[0];
  return sender === undefined || receiver === undefined ? undefined : [sender, receiver];
};

/** `machines`: the stacks that are asked about, of either state. */
export const impactOf = (
  before: NetworkState,
  after: NetworkState,
  machines: readonly string[],
): readonly FlowChange[] => {
  const [was, becomes] = [sideOf(before), sideOf(after)];
  const kinds = kindsIn([was.predictor, becomes.predictor], machines);
  const changes: FlowChange[] = [];
  for (const service of servicesIn([before, after])) {
    for (const family of [4, 6] as const) {
      for (const change of ['appears', 'vanishes'] as const) {
        // Senders by those whom they gain or lose.
        const rows = new Map<string, { from: Kind[]; to: Kind[] }>();
        for (const from of kinds) {
          const to = kinds.filter((kind) => {
            const pair = pairOf(from, kind);
            if (pair === undefined) return false;
            const [old, now] = [was, becomes].map((side) => reaches(side, pair[0], pair[1], family, service));
            return change === 'appears' ? old === false && now === true : old === true && now === false;
          });
          if (to.length === 0) continue;
          const key = to.map((kind) => kinds.indexOf(kind)).join(' ');
          const row = rows.get(key) ?? { from: [], to };
          rows.set(key, row);
          row.from.push(from);
        }
        for (const { from, to } of rows.values())
          changes.push({
            ...{ change, family, ...service },
            from: from.flatMap(({ members }) => members),
            to: to.flatMap(({ members }) => members),
          });
      }
    }
  }
  return changes;
};
