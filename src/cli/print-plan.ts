/**
 * A plan report as text for people: tables of networks and machines, the notes, and the changes, counted or listed.
 */
import { type StepKind } from '../plan/plan.ts';
import { type LabDhcp } from '../lab/lab.ts';
import { type NetworkReport, type PlanReport, type MachineReport, type StepReport } from './plan-report.ts';
import { printTable, type Cell, type Column } from './table.ts';
import { type Paint } from './terminal.ts';

export interface PrintPlanOptions {
  readonly width: number;
  readonly paint: Paint;
  /** List every change. */
  readonly steps: boolean;
  /** Whether the changes are against a running lab. */
  readonly isRunning: boolean;
}

const networkColumns: readonly Column[] = [
  { heading: 'NETWORK' },
  { heading: 'MODE' },
  { heading: 'IPV4' },
  { heading: 'IPV6' },
  { heading: 'GATEWAY' },
  { heading: 'HOST' },
  { heading: 'GIVES' },
];

/** As in `(directory through gate)`. */
const serversOf = ({ servers, relays, isHotStandby }: LabDhcp): string => {
  const through = relays === undefined ? '' : ` through ${relays.join(', ')}`;
  return `(${servers.join(', ')}${through}${isHotStandby === true ? ', hot standby' : ''})`;
};

const networkRow = (network: NetworkReport): readonly Cell[] => [
  network.network,
  network.mode ?? network.kind,
  network.ipv4 ?? '',
  network.ipv6 ?? '',
  [network.gateway4, network.gateway6].filter((gateway) => gateway !== null),
  network.host ?? '',
  [
    ...(network.dhcp === null ? [] : [`dhcp ${network.dhcp.first} to ${network.dhcp.last} ${serversOf(network.dhcp)}`]),
    ...(network.dhcp6 === null
      ? []
      : [`dhcpv6 ${network.dhcp6.first} to ${network.dhcp6.last} ${serversOf(network.dhcp6)}`]),
    ...(network.advertiser === null ? [] : [`router advertisements (${network.advertiser})`]),
  ],
];

const machineColumns: readonly Column[] = [
  { heading: 'MACHINE' },
  { heading: 'NIC' },
  { heading: 'NETWORK' },
  { heading: 'MAC' },
  { heading: 'IPV4' },
  { heading: 'IPV6' },
  { heading: 'NUMBER', align: 'right' },
  { heading: 'CONSOLE', align: 'right' },
];

const machineRows = (machine: MachineReport): readonly (readonly Cell[])[] => {
  const first = [machine.machine, machine.number, machine.role === 'guest' ? machine.consolePort : ''].map(String);
  const [name = '', number = '', port = ''] = first;
  if (machine.nics.length === 0) return [[name, '', '', '', '', '', number, port]];
  return machine.nics.map((nic, index) => [
    index === 0 ? name : '',
    nic.nic,
    nic.network,
    nic.mac,
    nic.ipv4,
    nic.ipv6,
    index === 0 ? number : '',
    index === 0 ? port : '',
  ]);
};

const hardwareColumns: readonly Column[] = [
  { heading: 'VIRTUAL MACHINE' },
  { heading: 'IMAGE' },
  { heading: 'MEMORY', align: 'right' },
  { heading: 'CPUS', align: 'right' },
  { heading: 'DISKS' },
  { heading: 'MONITOR', align: 'right' },
];

const hardwareRows = ({ machine, hardware, monitorPort }: MachineReport): readonly (readonly Cell[])[] =>
  hardware === null
    ? []
    : [
        [
          machine,
          hardware.image,
          `${hardware.memory} MiB`,
          String(hardware.cpus),
          hardware.disks.map(({ role, size }) => (size === null ? role : `${role} ${size} MiB`)),
          String(monitorPort),
        ],
      ];

const printHardware = (report: PlanReport, options: PrintPlanOptions): string => {
  const rows = report.machines.flatMap(hardwareRows);
  return rows.length === 0 ? '' : printTable(hardwareColumns, rows, options);
};

const nouns: Readonly<Record<StepKind, readonly [one: string, many: string]>> = {
  'add-stack': ['add # network stack', 'add # network stacks'],
  'remove-stack': ['remove # network stack', 'remove # network stacks'],
  'set-sysctl': ['set # kernel parameter', 'set # kernel parameters'],
  'add-bridge': ['add # bridge', 'add # bridges'],
  'remove-bridge': ['remove # bridge', 'remove # bridges'],
  'add-link': ['add # link', 'add # links'],
  'remove-link': ['remove # link', 'remove # links'],
  'add-cable': ['add # cable', 'add # cables'],
  'remove-cable': ['remove # cable', 'remove # cables'],
  'set-interface': ['set # interface', 'set # interfaces'],
  'set-wireguard': ['set # end of WireGuard', 'set # ends of WireGuard'],
  'add-address': ['add # address', 'add # addresses'],
  'remove-address': ['remove # address', 'remove # addresses'],
  'add-route': ['add # route', 'add # routes'],
  'remove-route': ['remove # route', 'remove # routes'],
  'add-rule': ['add # routing rule', 'add # routing rules'],
  'remove-rule': ['remove # routing rule', 'remove # routing rules'],
  'add-proxy': ['add # neighbour proxy', 'add # neighbour proxies'],
  'remove-proxy': ['remove # neighbour proxy', 'remove # neighbour proxies'],
  'add-neighbour': ['add # static neighbour', 'add # static neighbours'],
  'remove-neighbour': ['remove # static neighbour', 'remove # static neighbours'],
  'set-filter': ['set # packet filter', 'set # packet filters'],
  'set-resolver': ['set # resolver', 'set # resolvers'],
  'change-service': ['change # service', 'change # services'],
  'start-service': ['start # service', 'start # services'],
  'stop-service': ['stop # service', 'stop # services'],
};

const virtualNouns = {
  'add-stack': ['start # virtual machine', 'start # virtual machines'],
  'remove-stack': ['stop # virtual machine', 'stop # virtual machines'],
} as const;

/** One line a kind of change, in the order they are carried out. */
export const countSteps = (steps: readonly StepReport[]): readonly string[] => {
  const counts = new Map<string, { readonly words: readonly [string, string]; count: number }>();
  for (const { kind, virtual } of steps) {
    const words = virtual ? virtualNouns[kind === 'add-stack' ? 'add-stack' : 'remove-stack'] : nouns[kind];
    const counted = counts.get(words[0]) ?? { words, count: 0 };
    counts.set(words[0], counted);
    counted.count += 1;
  }
  return [...counts.values()].map(({ words, count }) => words[count === 1 ? 0 : 1].replace('#', String(count)));
};

const printSteps = (steps: readonly StepReport[], { steps: isListed, isRunning, paint }: PrintPlanOptions): string => {
  const against = isRunning ? 'the running lab' : 'an empty world';
  if (steps.length === 0) return `${paint('bold', 'Changes')}: none, the running lab is what the file says`;
  const lines = isListed
    ? steps.map(({ text, because }) => (because === null ? text : `${text}  ${paint('dim', because)}`))
    : countSteps(steps);
  return [
    `${paint('bold', 'Changes')} to ${against}, ${steps.length} in all`,
    ...lines.map((line) => `  ${line}`),
  ].join('\n');
};

const printNotes = ({ notes }: PlanReport, paint: Paint): string =>
  [
    paint('bold', 'Notes'),
    ...notes.flatMap((note) => {
      const place = note.file === null ? '' : `${paint('dim', `${note.file}:${note.line}`)} `;
      return [`  ${place}${note.message}`, ...(note.help === null ? [] : [`    ${note.help}`])];
    }),
  ].join('\n');

export const printPlan = (report: PlanReport, options: PrintPlanOptions): string =>
  [
    `${options.paint('bold', 'Lab')} ${report.lab}`,
    printTable(networkColumns, report.networks.map(networkRow), options),
    printTable(machineColumns, report.machines.flatMap(machineRows), options),
    printHardware(report, options),
    report.notes.length === 0 ? '' : printNotes(report, options.paint),
    printSteps(report.steps, options),
  ]
    .filter((part) => part !== '')
    .join('\n\n');
