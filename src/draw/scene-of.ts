/**
 * A lab and its state to a scene. A bridged network is the segment that its uplink is on; an interface without an address
 * is left out where its machine speaks on the same segment by another.
 */
import { type Lab, type LabMachine, type LabNetwork, type LabNic } from '../lab/lab.ts';
import { segmentOf } from '../lab/segments.ts';
import { emptyStack } from '../state/empty-stack.ts';
import { type NetworkState } from '../state/network-state.ts';
import { dutiesOf } from './duties.ts';
import { machineKey, segmentKey, type Attachment, type Scene, type SceneMachine, type SceneSegment } from './scene.ts';

const addressesOf = (nic: LabNic): readonly string[] => {
  // Every interface has a link-local address; one that is all there is tells something.
  const wide = nic.addresses.filter(({ address }) => !address.startsWith('fe80:'));
  const told = wide.length === 0 ? nic.addresses : wide;
  const own = told.map(({ address, prefixLength }) => `${address}/${prefixLength}`);
  const { lease } = nic;
  const leased = lease === undefined ? [] : [`${lease.address}/${lease.prefixLength}`];
  const asked = [
    ...(nic.dhcp && lease === undefined ? ['DHCP'] : []),
    ...(nic.slaac ? ['SLAAC'] : []),
    ...(nic.dhcp6 && nic.lease6 === undefined ? ['DHCPv6'] : []),
  ];
  const isV6 = (text: string): number => (text.includes(':') ? 1 : 0);
  return [...new Set([...own, ...leased, ...asked])].sort((a, b) => isV6(a) - isV6(b));
};

/** A bridge without an address is a switch in the machine: the segment itself. */
const isMereSwitch = (nic: LabNic): boolean => nic.attachment === 'bridge' && addressesOf(nic).length === 0;

/** Networks that a machine answers for by proxy: it has no interface of that name, and is the way there all the same. */
const proxied = ({ networks }: Lab, name: string): readonly Attachment[] =>
  Object.values(networks)
    .filter(({ mode, host }) => mode === 'proxied' && host === name)
    .map((network) => ({ segment: network.name, interface: network.name, addresses: [] }));

const attachmentsOf = (lab: Lab, { name, nics }: LabMachine): readonly Attachment[] => {
  const all = nics
    .filter((nic) => !isMereSwitch(nic))
    .map((nic): Attachment => ({
      ...{ segment: segmentOf(lab, nic.network), interface: nic.name, addresses: addressesOf(nic) },
    }));
  const speaking = all.filter(
    (own) =>
      own.addresses.length > 0 ||
      !all.some((other) => other !== own && other.segment === own.segment && other.addresses.length > 0),
  );
  const answered = proxied(lab, name).filter(({ segment }) => !speaking.some((own) => own.segment === segment));
  return [...speaking, ...answered];
};

/** Its one interface is all there is to say of it. */
const isLeaf = ({ attachments }: SceneMachine): boolean => attachments.length === 1;

const aboutOf = (lab: Lab, name: string): string => {
  const bridged = Object.values(lab.networks).filter(
    (network) => network.name !== name && segmentOf(lab, network.name) === name,
  );
  const madeBy = ({ mode, host }: LabNetwork): string => `${mode ?? ''}${host === undefined ? '' : `, by ${host}`}`;
  const own = lab.networks[name];
  return [
    ...(own?.mode === undefined ? [] : [madeBy(own)]),
    ...bridged.map((network) => `${network.name}: ${madeBy(network)}`),
  ].join('; ');
};

const prefixesOf = (lab: Lab, name: string): readonly string[] => {
  const own = Object.values(lab.networks).filter((network) => segmentOf(lab, network.name) === name);
  return [...new Set(own.flatMap(({ ipv4, ipv6 }) => [ipv4, ipv6]))].filter((prefix) => prefix !== undefined);
};

/** Breadth first from the outermost segments: the internet, else what is outside, else the one with most machines. */
const depthsFrom = (
  roots: readonly string[],
  names: readonly string[],
  machines: readonly SceneMachine[],
): ReadonlyMap<string, number> => {
  const depths = new Map<string, number>();
  const walk = (root: string): void => {
    if (depths.has(segmentKey(root))) return;
    depths.set(segmentKey(root), 0);
    const queue = [root];
    for (let segment = queue.shift(); segment !== undefined; segment = queue.shift()) {
      const depth = depths.get(segmentKey(segment)) ?? 0;
      for (const { name, attachments } of machines) {
        if (!attachments.some((own) => own.segment === segment)) continue;
        if (!depths.has(machineKey(name))) depths.set(machineKey(name), depth + 1);
        for (const { segment: next } of attachments) {
          if (depths.has(segmentKey(next))) continue;
          depths.set(segmentKey(next), depth + 2);
          queue.push(next);
        }
      }
    }
  };
  for (const root of [...roots, ...names]) walk(root);
  return depths;
};

export const sceneOf = (lab: Lab, state: NetworkState): Scene => {
  const all = Object.values(lab.machines).map((machine): SceneMachine => ({
    name: machine.name,
    role: machine.role,
    duties: machine.role === 'internet' ? [] : dutiesOf(state.stacks[machine.name] ?? emptyStack),
    attachments: attachmentsOf(lab, machine),
  }));
  const internets = new Set(
    all
      .filter(({ role }) => role === 'internet')
      .flatMap(({ attachments }) => attachments.map(({ segment }) => segment)),
  );
  const isCloud = (name: string): boolean => lab.networks[name]?.kind === 'internet' || internets.has(name);
  const shown = all.filter(({ role }) => role !== 'internet');
  const used = new Set([...shown, ...all].flatMap(({ attachments }) => attachments.map(({ segment }) => segment)));
  const names = Object.keys(lab.networks).filter(
    (name) => segmentOf(lab, name) === name && (used.has(name) || !isCloud(name)),
  );
  const crowd = (name: string): number =>
    shown.filter(({ attachments }) => attachments.some(({ segment }) => segment === name)).length;
  const roots = [
    ...names.filter(isCloud),
    ...names.filter((name) => lab.networks[name]?.kind === 'outside'),
    ...[...names].sort((a, b) => crowd(b) - crowd(a)),
  ];
  const depths = depthsFrom(roots, names, shown);
  const segments = names.map((name): SceneSegment => {
    const isInternet = isCloud(name);
    return {
      name,
      isInternet,
      prefixes: isInternet ? [] : prefixesOf(lab, name),
      about: isInternet ? '' : aboutOf(lab, name),
      leaves: shown.filter((it) => isLeaf(it) && it.attachments[0]?.segment === name).map((it) => it.name),
    };
  });
  const depthOf = (name: string): number => depths.get(segmentKey(name)) ?? 0;
  return {
    title: lab.name,
    segments: segments.sort((a, b) => depthOf(a.name) - depthOf(b.name)),
    machines: new Map(shown.map((machine) => [machine.name, machine])),
    joints: shown.filter((machine) => !isLeaf(machine)).map(({ name }) => name),
    depths,
  };
};
