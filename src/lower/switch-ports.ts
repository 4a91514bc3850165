/**
 * The switches that stand for outside networks, and their ports. A switch passes tagged frames as they are; where some
 * machine has an untagged port in a VLAN, it filters: each port is in the VLANs that its machine is in.
 */
import { type Lab, type LabNetwork, type LabNic } from '../lab/lab.ts';
import { type BondSettings, type Interface, type PortVlan } from '../state/network-state.ts';
import { networkOf } from './names.ts';

/** Those whose cables are their own. */
export const isWire = ({ kind, vlan, tunnel }: LabNetwork): boolean =>
  kind !== 'made' && vlan === undefined && tunnel === undefined;

/** The network whose switch the cables of a network end at. */
export const wireOf = (lab: Lab, { name, vlan }: LabNetwork): LabNetwork => networkOf(lab, vlan?.trunk ?? name);

const isAccess = (lab: Lab, trunk: string, { network, vlan, attachment }: LabNic): boolean =>
  attachment === 'cable' && vlan === undefined && networkOf(lab, network).vlan?.trunk === trunk;

const isFiltering = (lab: Lab, trunk: string): boolean =>
  Object.values(lab.machines).some(({ nics }) => nics.some((nic) => isAccess(lab, trunk, nic)));

export const switchBridge = (lab: Lab, { name, stp }: LabNetwork): NonNullable<Interface['bridge']> => ({
  stp,
  forwardDelaySeconds: stp ? 2 : 0,
  ...(isFiltering(lab, name) ? { vlanFiltering: true } : {}),
});

const untagged: PortVlan = { id: 1, pvid: true, untagged: true };

/** What a NIC's port is to a switch that filters; nothing else differs from what ports are born with. */
export const switchPort = (lab: Lab, nic: LabNic): Pick<Interface, 'port'> => {
  const network = networkOf(lab, nic.network);
  const { name } = wireOf(lab, network);
  if (network.kind === 'made' || !isFiltering(lab, name)) return {};
  if (network.vlan !== undefined) return { port: { vlans: [{ id: network.vlan.id, pvid: true, untagged: true }] } };
  const tags = Object.values(lab.networks).flatMap(({ vlan }) => (vlan?.trunk === name ? [{ id: vlan.id }] : []));
  return { port: { vlans: [untagged, ...tags] } };
};

/** Modes whose far end has to take several cables for one. */
const farModes: Readonly<Partial<Record<BondSettings['mode'], BondSettings['mode']>>> = {
  '802.3ad': '802.3ad',
  'balance-xor': 'balance-xor',
  'balance-rr': 'balance-xor',
};

export const farBond = ({ bond }: LabNic): BondSettings | undefined => {
  const mode = bond && farModes[bond.mode];
  return mode === undefined ? undefined : { mode, miimonMilliseconds: 100 };
};

/** The cable ends of a NIC in its machine: those of a bond are its members, a VLAN and a tunnel have none. */
export const cableEnds = ({ name, bond, vlan, tunnel, wireguard, attachment }: LabNic): readonly string[] => {
  if (attachment === 'bridge' || vlan !== undefined || tunnel !== undefined || wireguard !== undefined) return [];
  return bond === undefined ? [name] : bond.members.map((member) => member.name);
};
