/**
 * What can be wrong below IP: interfaces that are down, ports that are isolated or not flooded, frames that are filtered
 * or too large, interfaces that are plugged into no bridge or the wrong one.
 */
import { type Interface, type Stack } from '../../state/network-state.ts';
import { type Stop } from '../walk.ts';
import { type Edit } from './edit.ts';
import { type Proposal } from './proposal.ts';
import { type Situation } from './situation.ts';

type Place = Pick<Stop, 'stack' | 'interface' | 'reason' | 'because'>;

export const bringUp = (stack: string, name: string): Proposal => ({
  kind: 'link',
  edits: [{ kind: 'bring-up', stack, interface: name }],
  change: `bring ${name} of ${stack} up`,
  effort: 1,
  sideEffects: [],
});

const portSetting = (
  stack: string,
  name: string,
  setting: Extract<Edit, { kind: 'set-port' }>['setting'],
  isOn: boolean,
  effort: number,
  sideEffects: readonly string[] = [],
): Proposal => ({
  kind: 'bridge-port',
  edits: [{ kind: 'set-port', stack, interface: name, setting, isOn }],
  change: `turn ${setting === 'isolated' ? 'isolation' : setting} ${isOn ? 'on' : 'off'} for bridge port ${name} of ${stack}`,
  effort,
  sideEffects,
});

/** A NIC that is plugged in somewhere and does nothing. */
const isSpare = (it: Interface): boolean =>
  it.kind === 'ethernet' && it.master === undefined && it.addresses.length === 0;

export const spareInterfaces = ({ model }: Situation, stack: string): readonly string[] => {
  const cabled = new Set(
    model.state.cables.flatMap(({ a, b }) => [a, b]).flatMap((end) => (end.stack === stack ? [end.interface] : [])),
  );
  const { interfaces }: Pick<Stack, 'interfaces'> = model.state.stacks[stack] ?? { interfaces: {} };
  return Object.entries(interfaces).flatMap(([name, it]) => (cabled.has(name) && isSpare(it) ? [name] : []));
};

const mostSpare = 3;

export const plugInto = (stack: string, name: string, bridge: string, was: string | undefined): Proposal => ({
  kind: 'link',
  edits: [{ kind: 'plug-into-bridge', stack, interface: name, bridge }],
  change:
    was === undefined
      ? `make ${name} of ${stack} a port of its bridge ${bridge}`
      : `move ${name} of ${stack} from bridge ${was} to ${bridge}`,
  effort: 6,
  sideEffects: [`everybody on the link of ${name} then hears everybody on ${bridge} of ${stack}`],
});

const withoutCarrier = (situation: Situation, { stack, interface: name }: Place): readonly Proposal[] => {
  if (name === null) return [];
  const it = situation.model.stacks.get(stack)?.interfaces.get(name);
  const proposals: Proposal[] = [];
  if (it?.it.kind === 'bridge')
    proposals.push(
      ...spareInterfaces(situation, stack)
        .slice(0, mostSpare)
        .map((spare) => plugInto(stack, spare, name, undefined)),
    );
  const other = it?.peer && situation.model.stacks.get(it.peer.stack)?.interfaces.get(it.peer.interface);
  if (other?.isUp === false) proposals.push(bringUp(other.stack, other.name));
  return proposals;
};

/** Everything on the link that takes fewer bytes than the packet has: routers on it will not say so. */
const widerLink = ({ terrain, model, flow }: Situation, { stack, interface: name }: Place): readonly Proposal[] => {
  if (name === null) return [];
  const mtuBytes = Math.max(flow.lengthBytes ?? 0, 1500);
  const segment = terrain.segmentOf(stack, name);
  const narrow = [...model.stacks.values()].flatMap((other) =>
    [...other.interfaces.values()].filter(
      ({ it, name: own }) =>
        it.kind !== 'loopback' && it.mtuBytes < mtuBytes && terrain.segmentOf(other.name, own) === segment,
    ),
  );
  // Ports first: a bridge takes no more than its ports do.
  const [first, ...rest] = narrow
    .toSorted((a, b) => Number(a.it.kind === 'bridge') - Number(b.it.kind === 'bridge'))
    .map((it): Edit => ({ kind: 'set-mtu', stack: it.stack, interface: it.name, mtuBytes }));
  if (first === undefined) return [];
  const where = narrow.map((it) => `${it.name} of ${it.stack}`).join(', ');
  return [
    {
      kind: 'mtu',
      edits: [first, ...rest],
      change: `let packets of ${mtuBytes} bytes through: MTU ${mtuBytes} on ${where}`,
      effort: 4,
      sideEffects: ['senders that were told of the smaller size remember it for ten minutes (ip route flush cache)'],
    },
  ];
};

/** What one place where a frame stopped suggests. */
export const proposeForStop = (situation: Situation, place: Place): readonly Proposal[] => {
  const { stack, interface: name } = place;
  if (name === null) return [];
  const it = situation.model.stacks.get(stack)?.interfaces.get(name);
  switch (place.reason) {
    case 'interface_down':
      return it?.isUp === false ? [bringUp(stack, name)] : [];
    case 'no_carrier':
      return withoutCarrier(situation, place);
    case 'isolated':
      return [portSetting(stack, name, 'isolated', false, 5, [`${name} then hears all other ports of its bridge`])];
    case 'hairpin':
      return [portSetting(stack, name, 'hairpin', true, 5, [`frames of ${name} then come back to it`])];
    case 'not_flooded':
      return [portSetting(stack, name, 'flood', true, 4)];
    case 'mtu':
      return widerLink(situation, place);
    default:
      return [];
  }
};

/** Interfaces of a stack that are down, with an address or a route that would count. */
export const bringUpOwn = ({ model }: Situation, name: string): readonly Proposal[] => {
  const stack = model.stacks.get(name);
  return [...(stack?.interfaces.values() ?? [])]
    .filter((it) => !it.isUp && it.it.kind !== 'loopback')
    .filter(
      (it) =>
        it.it.addresses.length > 0 ||
        stack?.stack.services.some((service) => service.kind === 'dhcp-client' && service.interface === it.name) ===
          true,
    )
    .map((it) => bringUp(name, it.name));
};
