/**
 * Turns NICs and networks into interfaces and cables: a NIC's cable ends at a port of a switch (outside networks), of
 * a bridge on a host (made networks), or at the host itself (proxied ones).
 */
import { type Span } from '../diagnostics/diagnostic.ts';
import { type Lab, type LabMachine, type LabNetwork, type LabNic, type LabWireguard } from '../lab/lab.ts';
import { type Cable, type Interface, type WireguardSettings } from '../state/network-state.ts';
import { bridgeOver, hostBridge, interfaceOf, networkOf, portName, switchName } from './names.ts';
import { cableEnds, farBond, isWire, switchBridge, switchPort, wireOf } from './switch-ports.ts';

/** An interface with its stack, its name, and the place in the file that asked for it. */
export interface PlacedInterface {
  readonly stack: string;
  readonly name: string;
  readonly body: Interface;
  readonly at: Span;
}

/** A guest of a proxied network and the port of the host that its cable ends at. */
export interface ProxiedPort {
  readonly network: LabNetwork;
  readonly machine: LabMachine;
  readonly nic: LabNic;
  readonly port: string;
}

export interface Wiring {
  readonly interfaces: readonly PlacedInterface[];
  readonly cables: readonly Cable[];
  readonly proxied: readonly ProxiedPort[];
}

const plain = (kind: Interface['kind'], mtuBytes: number): Interface => ({ kind, mtuBytes, up: true, addresses: [] });

/** Without a spanning tree a port forwards at once; with it, 2 s is the least the kernel takes. */
const bridgeBody = (network: LabNetwork, mtuBytes: number): Interface => ({
  ...plain('bridge', mtuBytes),
  bridge: { stp: network.stp, forwardDelaySeconds: network.stp ? 2 : 0 },
});

/** The time to live of outer packets: that of the inner ones would end on a long way (ip-tunnel(8)). */
const tunnelTtl = 64;

const tunnelKinds = { '6in4': 'sit', '6to4': 'sit', '6rd': 'sit', ipip: 'ipip', gre: 'gre' } as const;

/** Where systems keep such keys (wg-quick(8)); who brings the lab up puts it there, or tells the kernel. */
const keyFile = (name: string): string => `/etc/wireguard/${name}.key`;

const lowerWireguard = (name: string, { publicKey, listenPort, peers }: LabWireguard): WireguardSettings => ({
  privateKeyFile: keyFile(name),
  publicKey,
  ...(listenPort === undefined ? {} : { listenPort }),
  peers: peers.map(({ machine: _name, ...peer }) => peer),
});

/** What a NIC is without its addresses: a card, a bond of several, a VLAN over another, or the end of a tunnel. */
const nicBody = (lab: Lab, machine: LabMachine, nic: LabNic): Interface => {
  const { network, bond, vlan, tunnel, wireguard, mtuBytes } = nic;
  if (wireguard !== undefined)
    return { ...plain('wireguard', mtuBytes), wireguard: lowerWireguard(nic.name, wireguard) };
  if (tunnel !== undefined) {
    const { mode, local, remote } = tunnel;
    const { ipv6 } = networkOf(lab, network);
    const far = {
      ...(remote === undefined ? {} : { remote }),
      ...(mode === '6rd' && ipv6 !== undefined ? { sixRd: { prefix: ipv6 } } : {}),
    };
    return { ...plain('tunnel', mtuBytes), tunnel: { mode: tunnelKinds[mode], local, ...far, ttl: tunnelTtl } };
  }
  if (vlan !== undefined)
    return {
      ...plain('vlan', mtuBytes),
      vlan: { link: interfaceOf(lab, machine.name, vlan.link), id: vlan.id },
    };
  if (bond === undefined) return plain('ethernet', mtuBytes);
  const { mode, primary } = bond;
  // The kernel looks at carriers only where it is told how often.
  const settings = { mode, miimonMilliseconds: 100, ...(primary === undefined ? {} : { primary }) };
  return { ...plain('bond', mtuBytes), bond: settings };
};

const addressesOf = ({ mac, addresses, tunnel, wireguard }: LabNic): Pick<Interface, 'mac' | 'addresses'> =>
  tunnel === undefined && wireguard === undefined ? { mac, addresses } : { addresses };

/** The interfaces that a machine has by itself: its loopback and its NICs, with the bridges it makes. */
const machineInterfaces = (lab: Lab, machine: LabMachine): readonly PlacedInterface[] => {
  const place = (name: string, body: Interface, at: Span): PlacedInterface => ({ stack: machine.name, name, body, at });
  const nics = machine.nics.flatMap((nic) => {
    if (nic.attachment === 'bridge') {
      return place(nic.name, { ...bridgeBody(networkOf(lab, nic.network), nic.mtuBytes), ...addressesOf(nic) }, nic.at);
    }
    const over = bridgeOver(lab, machine.name, nic.name);
    const body = nicBody(lab, machine, nic);
    const members = (nic.bond?.members ?? []).map(({ name, mac }) =>
      place(name, { ...plain('ethernet', nic.mtuBytes), mac, master: nic.name }, nic.at),
    );
    if (over === undefined) return [place(nic.name, { ...body, ...addressesOf(nic) }, nic.at), ...members];
    return [
      place(nic.name, { ...body, mac: nic.mac, master: over.bridge }, nic.at),
      ...members,
      place(over.bridge, { ...bridgeBody(over, nic.mtuBytes), ...addressesOf(nic) }, over.at),
    ];
  });
  const named = new Set(nics.map((it) => it.name));
  const bare = Object.values(lab.networks)
    .filter((network) => network.kind === 'made' && network.mode !== 'proxied' && network.host === machine.name)
    .filter((network) => !named.has(hostBridge(lab, network)))
    .map((network) => place(network.bridge, bridgeBody(network, network.mtuBytes), network.at));
  return [place('lo', plain('loopback', 65536), machine.at), ...nics, ...bare];
};

const switches = (lab: Lab): readonly PlacedInterface[] =>
  Object.values(lab.networks)
    .filter(isWire)
    .flatMap((network) => {
      const stack = switchName(lab, network.name);
      const body = { ...plain('bridge', network.mtuBytes), bridge: switchBridge(lab, network) };
      return [
        { stack, name: 'lo', body: plain('loopback', 65536), at: network.at },
        { stack, name: network.bridge, body, at: network.at },
      ];
    });

/** The stack that holds the far end of the cables of a network, and the bridge there that they are ports of. */
const farEnd = (lab: Lab, network: LabNetwork): { stack: string; master?: string } => {
  const wire = wireOf(lab, network);
  if (network.kind !== 'made') return { stack: switchName(lab, wire.name), master: wire.bridge };
  if (network.host === undefined) throw new Error(`no host makes the network ${network.name}`);
  return network.mode === 'proxied'
    ? { stack: network.host }
    : { stack: network.host, master: hostBridge(lab, network) };
};

export const wire = (lab: Lab): Wiring => {
  const machines = Object.values(lab.machines);
  const own = [...machines.flatMap((machine) => machineInterfaces(lab, machine)), ...switches(lab)];
  const taken = new Map<string, Set<string>>();
  for (const { stack, name } of own) taken.set(stack, (taken.get(stack) ?? new Set()).add(name));

  const ports: PlacedInterface[] = [];
  const cables: Cable[] = [];
  const proxied: ProxiedPort[] = [];
  const newName = (stack: string, machine: string, nic: string): string => {
    const names = taken.get(stack) ?? new Set<string>();
    const name = portName(machine, nic, names);
    taken.set(stack, names.add(name));
    return name;
  };
  for (const machine of machines) {
    for (const nic of machine.nics) {
      const ends = cableEnds(nic);
      if (ends.length === 0) continue;
      const network = networkOf(lab, nic.network);
      const { stack, master } = farEnd(lab, network);
      const port = { ...(master === undefined ? {} : { master }), ...switchPort(lab, nic) };
      const far = farBond(nic);
      const name = far === undefined ? undefined : newName(stack, machine.name, nic.name);
      if (name !== undefined && far !== undefined)
        ports.push({ stack, name, body: { ...plain('bond', network.mtuBytes), bond: far, ...port }, at: nic.at });
      for (const end of ends) {
        const farPort = newName(stack, machine.name, end);
        const body = { ...plain('ethernet', network.mtuBytes), ...(name === undefined ? port : { master: name }) };
        ports.push({ stack, name: farPort, body, at: nic.at });
        cables.push({ a: { stack: machine.name, interface: end }, b: { stack, interface: farPort } });
        if (master === undefined) proxied.push({ network, machine, nic, port: farPort });
      }
    }
  }
  return { interfaces: [...own, ...ports], cables, proxied };
};
