/**
 * Names of what a lab does not name: the ports that cables end at, and the switches that emulate outside networks.
 * They derive from the machine and its NIC alone, so that no other machine changes them, and fit into 15 characters.
 */
import { type Lab, type LabMachine, type LabNetwork } from '../lab/lab.ts';
import { segmentOf } from '../lab/segments.ts';

const maxLength = 15;

/** FNV-1a of 32 bits over UTF-16 units. */
const hash = (text: string): number => {
  let value = 0x811c9dc5;
  for (let index = 0; index < text.length; index += 1) {
    value = Math.imul(value ^ text.charCodeAt(index), 0x01000193) >>> 0;
  }
  return value;
};

/** `vm01-eth0` where that fits and can be read back in one way only, else a beginning and a hash. */
const plainName = (machine: string, nic: string): string | undefined =>
  nic.includes('-') || machine.length + 1 + nic.length > maxLength ? undefined : `${machine}-${nic}`;

const hashedName = (machine: string, nic: string, salt: number): string =>
  `${machine.slice(0, 7)}-${hash(`${machine}/${nic}/${salt}`).toString(36)}`;

/** The port that the cable of a NIC ends at; `taken` are the other names in that stack. */
export const portName = (machine: string, nic: string, taken: ReadonlySet<string>): string => {
  const plain = plainName(machine, nic);
  if (plain !== undefined && !taken.has(plain)) return plain;
  let salt = 0;
  while (taken.has(hashedName(machine, nic, salt))) salt += 1;
  return hashedName(machine, nic, salt);
};

/** The stack that emulates an outside network's cables and switches. */
export const switchName = (lab: Lab, network: string): string => {
  let name = `switch-${network}`;
  while (name in lab.machines) name = `switch-${name}`;
  return name;
};

export const networkOf = (lab: Lab, name: string): LabNetwork => {
  const network = lab.networks[name];
  if (network === undefined) throw new Error(`the lab has no network ${name}`);
  return network;
};

export const machineOf = (lab: Lab, name: string): LabMachine => {
  const machine = lab.machines[name];
  if (machine === undefined) throw new Error(`the lab has no machine ${name}`);
  return machine;
};

/** The bridged network that makes a port of this NIC, where there is one. */
export const bridgeOver = (lab: Lab, machine: string, nic: string): LabNetwork | undefined =>
  Object.values(lab.networks).find(
    (network) => network.mode === 'bridged' && network.host === machine && network.uplink?.nic === nic,
  );

/** The interface that has a NIC's addresses: a bridge in place of the NIC that is its port. */
export const interfaceOf = (lab: Lab, machine: string, nic: string): string =>
  bridgeOver(lab, machine, nic)?.bridge ?? nic;

/** The interface of the host that made this network: its bridge. */
export const hostBridge = (lab: Lab, network: LabNetwork): string =>
  network.host === undefined
    ? network.bridge
    : (machineOf(lab, network.host).nics.find((nic) => nic.network === network.name && nic.attachment === 'bridge')
        ?.name ?? network.bridge);

/** The machine's interface on a network, or on one whose frames it shares. */
export const interfaceOn = (lab: Lab, machine: LabMachine, network: LabNetwork): string | undefined => {
  const segment = segmentOf(lab, network.name);
  const nic =
    machine.nics.find((it) => it.network === network.name) ??
    machine.nics.find((it) => segmentOf(lab, it.network) === segment);
  return nic === undefined ? undefined : interfaceOf(lab, machine.name, nic.name);
};
