/**
 * Which place in the file each object of the state comes from: routes by their destination, filter rules by their
 * comment, kernel parameters and proxies by what they are about. Keys are those that a trace names its objects by.
 */
import { type Span } from '../diagnostics/diagnostic.ts';
import { type Lab, type LabMachine } from '../lab/lab.ts';
import { leasesOf } from '../lab/leases.ts';
import { networkOf, printPrefix } from '../net/prefix.ts';
import { type NetworkState } from '../state/network-state.ts';
import { itemText } from './filter-firewall.ts';
import { publishText } from './filter-networks.ts';
import { commentOf } from './filter-policy.ts';
import { interfaceOf } from './names.ts';
import { type ProxiedPort } from './wire.ts';

/** Keyed by `stack`, `stack/interface`, `stack route PREFIX`, `stack rule COMMENT`, `stack policy CHAIN`, `stack proxy DEV ADDRESS`, `stack filter FAMILY TABLE CHAIN INDEX`, `stack sysctl KEY`. */
export type Places = Readonly<Record<string, Span>>;

type Placed = readonly [key: string, at: Span];

/** The NIC whose gateway a default route leads to stands for that route. */
const routePlaces = (machine: LabMachine): readonly Placed[] => [
  ...machine.nics.flatMap((nic): Placed[] => [
    ...(nic.gateway4 === undefined ? [] : [[`${machine.name} route 0.0.0.0/0`, nic.at] as const]),
    ...(nic.gateway6 === undefined ? [] : [[`${machine.name} route ::/0`, nic.at] as const]),
  ]),
  ...machine.routes.map(({ to, at }): Placed => [`${machine.name} route ${to}`, at]),
];

const policyPlaces = (lab: Lab, machine: LabMachine): readonly Placed[] =>
  lab.policy.map((policy, index) => [`${machine.name} rule ${commentOf(policy, index)}`, policy.at]);

const firewallPlaces = ({ name, firewall }: LabMachine): readonly Placed[] =>
  firewall === undefined
    ? []
    : [
        [`${name} rule firewall: ${firewall.incoming} incoming`, firewall.at],
        [`${name} rule firewall: ${firewall.forward} forward`, firewall.at],
        [`${name} policy input`, firewall.at],
        [`${name} policy forward`, firewall.at],
        ...firewall.items.map((item): Placed => [`${name} rule ${itemText(item)}`, item.at]),
      ];

const networkPlaces = (lab: Lab, { name }: LabMachine): readonly Placed[] =>
  Object.values(lab.networks)
    .filter(({ host }) => host === name)
    .flatMap((network) => [
      ...['nat', 'host-only', 'its published addresses from inside'].map((what): Placed => [
        `${name} rule network ${network.name}: ${what}`,
        network.at,
      ]),
      ...network.publish.map((publish): Placed => [`${name} rule ${publishText(publish)}`, publish.at]),
    ]);

const machinePlaces = (lab: Lab, machine: LabMachine): readonly Placed[] => [
  [`${machine.name} rule nat towards the internet`, machine.at],
  [`${machine.name} rule serves DHCP`, machine.at],
  [`${machine.name} rule serves DHCPv6`, machine.at],
  [`${machine.name} rule asks by DHCPv6`, machine.at],
  [`${machine.name} rule serves names`, machine.at],
  ...routePlaces(machine),
  ...policyPlaces(lab, machine),
  ...firewallPlaces(machine),
  ...networkPlaces(lab, machine),
];

/** A proxied guest's NIC asks for the host's route to it, and for the answers in its name. */
const proxiedPlaces = (lab: Lab, { network, nic, port }: ProxiedPort): readonly Placed[] => {
  const { host, uplink } = network;
  if (host === undefined) return [];
  const devices = [port, ...(uplink === undefined ? [] : [interfaceOf(lab, host, uplink.nic)])];
  const addresses = [...nic.addresses, ...leasesOf(nic)];
  return addresses.flatMap(({ family, address }) => [
    [`${host} route ${address}/${family === 4 ? 32 : 128}`, nic.at] as const,
    ...devices.map((dev): Placed => [`${host} proxy ${dev} ${address}`, nic.at]),
  ]);
};

export const placesOf = (lab: Lab, proxied: readonly ProxiedPort[]): readonly Placed[] => [
  ...Object.values(lab.machines).flatMap((machine) => machinePlaces(lab, machine)),
  ...proxied.flatMap((port) => proxiedPlaces(lab, port)),
];

/** An object of a state as a trace names it (`reach/walk.ts`). */
export interface NamedObject {
  readonly object: string;
  readonly stack: string;
  readonly key: string;
}

const ruleComment = (state: NetworkState, stack: string, key: string): string | undefined => {
  const [family, table, chain, index] = key.split(' ');
  const found = state.stacks[stack]?.filter.find((it) => it.family === family && it.name === table);
  const chains = [...(found?.chains ?? []), ...(found?.subchains ?? [])];
  return chains.find(({ name }) => name === chain)?.rules[Number(index)]?.comment;
};

const deviceOfSysctl = (key: string): string | undefined => /\/(?:conf|neigh)\/([^/]+)\//.exec(key)?.[1];

const isSubnetOf = (address: string, length: number, key: string): boolean =>
  printPrefix(networkOf(address, length)) === key;

/** The route to its own subnet comes with an interface's address. */
const connectedPlace = (places: Places, state: NetworkState, stack: string, key: string): Span | undefined => {
  const length = Number(key.slice(key.indexOf('/') + 1));
  const found = Object.entries(state.stacks[stack]?.interfaces ?? {}).find(([, { addresses }]) =>
    addresses.some((own) => own.prefixLength === length && isSubnetOf(own.address, length, key)),
  );
  return found === undefined ? undefined : places[`${stack}/${found[0]}`];
};

/** Where the file asks for an object; for what nobody asked for by itself, the interface or machine that it belongs to. */
export const placeOf = (places: Places, state: NetworkState, it: NamedObject): Span | undefined => {
  const { object, stack, key } = it;
  const own = places[stack];
  switch (object) {
    case 'interface':
    case 'bridge':
    case 'cable':
    case 'address':
      return places[`${stack}/${key}`] ?? own;
    case 'route':
      return places[`${stack} route ${key}`] ?? connectedPlace(places, state, stack, key) ?? own;
    case 'filter-rule': {
      const comment = ruleComment(state, stack, key);
      return (
        places[`${stack} filter ${key}`] ??
        (comment === undefined ? undefined : places[`${stack} rule ${comment}`]) ??
        own
      );
    }
    case 'filter-policy':
      return places[`${stack} policy ${key.split(' ')[2] ?? ''}`] ?? own;
    case 'neighbour-proxy':
      return places[`${stack} proxy ${key}`] ?? own;
    case 'sysctl':
      return places[`${stack} sysctl ${key}`] ?? places[`${stack}/${deviceOfSysctl(key) ?? ''}`] ?? own;
    case 'neighbour':
      return places[`${stack}/${key.split(' ')[0] ?? ''}`] ?? own;
    default:
      return undefined;
  }
};
