/**
 * What the kernel really holds in every machine of a running lab, read with iproute2 and nft and not with Lanwright's
 * own eyes, without what changes by itself (indices, counters, lifetimes): two snapshots of one state are equal.
 */
import { type LabRun } from '../scenarios/lab-run.ts';

/** Machine name to what it holds. */
export type Snapshot = Readonly<Record<string, unknown>>;

const volatile = new Set([
  'expires',
  'ifindex',
  'link_index',
  'link_netnsid',
  'valid_life_time',
  'preferred_life_time',
  'handle',
  'stats64',
]);
const readers = [
  'ip -j addr show',
  'ip -j -4 route show',
  'ip -j -6 route show',
  'ip -j rule show',
  'ip -j neigh show proxy',
  'nft -j list ruleset',
].join('; echo; ');

const isRecord = (value: unknown): value is Readonly<Record<string, unknown>> =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

const settled = (value: unknown): unknown => {
  if (Array.isArray(value))
    return value.map(settled).sort((a, b) => JSON.stringify(a).localeCompare(JSON.stringify(b)));
  if (!isRecord(value)) return value;
  // The kernel draws the MAC of a bridge's port; nobody speaks from there.
  const drawn = typeof value['master'] === 'string' ? 'address' : undefined;
  return Object.fromEntries(
    Object.entries(value)
      .filter(([key]) => !volatile.has(key) && key !== drawn)
      .sort(([a], [b]) => a.localeCompare(b))
      .map(([key, inner]) => [key, settled(inner)]),
  );
};

const machineNames = async (lab: LabRun): Promise<readonly string[]> => {
  const { stacks } = await lab.json<{ readonly stacks: Readonly<Record<string, unknown>> }>('state', lab.file);
  return Object.keys(stacks).filter((stack) => !stack.startsWith('switch-'));
};

const readMachine = async (lab: LabRun, machine: string): Promise<unknown> => {
  const { stdout, stderr, status } = await lab.exec(machine, 'sh', '-c', readers);
  if (status !== 0) throw new Error(`cannot read ${machine}: ${stderr}`);
  return stdout
    .split('\n')
    .filter((line) => line.trim() !== '')
    .map((line) => settled(JSON.parse(line)));
};

/** Everything that the machines of a running lab hold. */
export const takeSnapshot = async (lab: LabRun): Promise<Snapshot> => {
  const taken: Record<string, unknown> = {};
  for (const machine of await machineNames(lab)) taken[machine] = await readMachine(lab, machine);
  return taken;
};

const leaves = (value: unknown, path: string): readonly string[] =>
  typeof value === 'object' && value !== null
    ? Object.entries(value).flatMap(([key, inner]) => leaves(inner, `${path}/${key}`))
    : [`${path} = ${JSON.stringify(value)}`];

/** What one snapshot has and the other has not, one line each; empty where they are equal. */
export const differences = (before: Snapshot, after: Snapshot): readonly string[] => {
  const [was, is] = [new Set(leaves(before, '')), new Set(leaves(after, ''))];
  return [
    ...[...was].filter((line) => !is.has(line)).map((line) => `- ${line}`),
    ...[...is].filter((line) => !was.has(line)).map((line) => `+ ${line}`),
  ];
};
