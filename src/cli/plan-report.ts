/**
 * A design and the changes it needs to what `lanwright plan` tells: every decision, one entry a machine and a network,
 * and every change with the line of the file it comes from. This is the shape of `plan --json`.
 */
import { diagnosticsToJson, type JsonDiagnostic } from '../diagnostics/print-json.ts';
import { positionOf } from '../diagnostics/position.ts';
import { type Span } from '../diagnostics/diagnostic.ts';
import { type Family } from '../net/address.ts';
import { type LabDhcp, type LabMachine, type LabNetwork, type LabNic } from '../lab/lab.ts';
import { type Plan, type Step } from '../plan/plan.ts';
import { type MachineKind, type VirtualMachine } from '../state/virtual-machine.ts';
import { printStep } from '../plan/print-step.ts';
import { type LoadedDesign } from './load-design.ts';

export interface NicReport {
  readonly nic: string;
  readonly network: string;
  readonly mac: string;
  readonly mtu: number;
  /** Addresses with their length, and `dhcp`; a planned lease stands after it. */
  readonly ipv4: readonly string[];
  /** Addresses with their length, and `slaac`. */
  readonly ipv6: readonly string[];
  readonly gateway4: string | null;
  readonly gateway6: string | null;
}

export interface HardwareReport {
  readonly memory: number;
  readonly cpus: number;
  /** `probe`, `debian` with its packages, or a path. */
  readonly image: string;
  readonly disks: readonly { readonly role: string; readonly size: number | null }[];
  readonly stop: number;
}

export interface MachineReport {
  readonly machine: string;
  readonly role: LabMachine['role'];
  readonly number: number;
  readonly router: boolean;
  readonly start: number;
  readonly consolePort: number;
  readonly monitorPort: number;
  readonly kind: MachineKind;
  /** Null for a namespace. */
  readonly hardware: HardwareReport | null;
  readonly nics: readonly NicReport[];
}

export interface NetworkReport {
  readonly network: string;
  readonly kind: LabNetwork['kind'];
  readonly mode: LabNetwork['mode'] | null;
  readonly host: string | null;
  readonly bridge: string;
  readonly ipv4: string | null;
  readonly ipv6: string | null;
  readonly gateway4: string | null;
  readonly gateway6: string | null;
  readonly dhcp: LabDhcp | null;
  /** The same for DHCPv6. */
  readonly dhcp6: NetworkReport['dhcp'];
  readonly advertiser: string | null;
}

export interface StepReport {
  readonly kind: Step['kind'];
  readonly stack: string;
  readonly text: string;
  /** Whether the step makes or ends a virtual machine. */
  readonly virtual: boolean;
  /** `file:line` of what asks for it; null where a running lab has something that the file no longer names. */
  readonly because: string | null;
}

export interface PlanReport {
  readonly lab: string;
  readonly machines: readonly MachineReport[];
  readonly networks: readonly NetworkReport[];
  readonly notes: readonly JsonDiagnostic[];
  readonly steps: readonly StepReport[];
}

const addressesOf = (nic: LabNic, family: Family): readonly string[] => [
  ...(family === 4 && nic.dhcp
    ? [nic.lease === undefined ? 'dhcp' : `dhcp ${nic.lease.address}/${nic.lease.prefixLength}`]
    : []),
  ...(family === 6 && nic.dhcp6
    ? [nic.lease6 === undefined ? 'dhcp' : `dhcp ${nic.lease6.address}/${nic.lease6.prefixLength}`]
    : []),
  ...(family === 6 && nic.slaac ? ['slaac'] : []),
  ...nic.addresses
    .filter((address) => address.family === family)
    .map(({ address, prefixLength }) => `${address}/${prefixLength}`),
];

const reportNic = (nic: LabNic): NicReport => ({
  nic: nic.name,
  network: nic.network,
  mac: nic.mac,
  mtu: nic.mtuBytes,
  ipv4: addressesOf(nic, 4),
  ipv6: addressesOf(nic, 6),
  gateway4: nic.gateway4 ?? null,
  gateway6: nic.gateway6 ?? null,
});

const imageOf = ({ image }: VirtualMachine): string =>
  image.kind === 'file' ? image.path : image.kind === 'probe' ? 'probe' : ['debian', ...image.packages].join(' ');

const reportHardware = (machine: VirtualMachine): HardwareReport => ({
  memory: machine.memoryMebibytes,
  cpus: machine.cpus,
  image: imageOf(machine),
  disks: machine.disks.map(({ role, sizeMebibytes }) => ({ role, size: sizeMebibytes ?? null })),
  stop: machine.stopSeconds,
});

const reportMachine = (machine: LabMachine): MachineReport => ({
  machine: machine.name,
  role: machine.role,
  number: machine.number,
  router: machine.isRouter,
  start: machine.start,
  consolePort: machine.consolePort,
  monitorPort: machine.monitorPort,
  kind: machine.machine === undefined ? 'netns' : 'vm',
  hardware: machine.machine === undefined ? null : reportHardware(machine.machine),
  nics: machine.nics.map(reportNic),
});

const reportNetwork = (network: LabNetwork): NetworkReport => ({
  network: network.name,
  kind: network.kind,
  mode: network.mode ?? null,
  host: network.host ?? null,
  bridge: network.bridge,
  ipv4: network.ipv4 ?? null,
  ipv6: network.ipv6 ?? null,
  gateway4: network.gateway4 ?? null,
  gateway6: network.gateway6 ?? null,
  dhcp: network.dhcp ?? null,
  dhcp6: network.dhcp6 ?? null,
  advertiser: network.advertiser ?? null,
});

const interfaceOf = (step: Step): string | undefined =>
  'name' in step ? step.name : step.kind === 'add-cable' ? step.cable.a.interface : undefined;

const placeOf = (span: Span | undefined, sources: ReadonlyMap<string, string>): string | null => {
  const text = span === undefined ? undefined : sources.get(span.file);
  return span === undefined || text === undefined ? null : `${span.file}:${positionOf(text, span.start).line}`;
};

export const reportSteps = (
  { lowered, sources }: Pick<LoadedDesign, 'lowered' | 'sources'>,
  plan: Plan,
): readonly StepReport[] =>
  plan.steps.map((step) => {
    const name = interfaceOf(step);
    const nearest = name === undefined ? undefined : lowered.because[`${step.stack}/${name}`];
    const because = placeOf(nearest ?? lowered.because[step.stack], sources);
    const virtual = 'machine' in step;
    return { kind: step.kind, stack: step.stack, text: printStep(step), virtual, because };
  });

export const reportPlan = (loaded: LoadedDesign, plan: Plan): PlanReport => ({
  lab: loaded.lab.name,
  machines: Object.values(loaded.lab.machines).map(reportMachine),
  networks: Object.values(loaded.lab.networks).map(reportNetwork),
  notes: diagnosticsToJson(loaded.lab.notes, loaded.sources),
  steps: reportSteps(loaded, plan),
});
