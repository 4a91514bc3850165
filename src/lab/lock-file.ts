/**
 * The decisions that are kept beside the lab file, as data and as YAML. Numbers and host numbers rather than addresses:
 * a network whose prefix is changed in the file keeps its machines' places in it.
 */
import { parse } from 'yaml';
import * as z from 'zod';
import { type Diagnostic, type Outcome } from '../diagnostics/diagnostic.ts';
import { parseMac } from '../net/mac.ts';
import { parsePrefix } from '../net/prefix.ts';
import { readPrintedLock } from './read-printed-lock.ts';

const prefixText = z.string().refine((text) => parsePrefix(text) !== undefined, 'not a prefix');
const nicSchema = z.strictObject({
  network: z.string(),
  /** Absent where the file gives it. */
  mac: z
    .string()
    .refine((text) => parseMac(text) === text, 'not a MAC address in lower case')
    .optional(),
  /** Host numbers; absent where the file gives the address, or there is none. */
  host4: z.int().min(0).optional(),
  host6: z.int().min(0).optional(),
});
const machineSchema = z.strictObject({
  number: z.int().min(1).max(65535),
  /** The number is the file's: a change of it there is no contradiction. */
  written: z.literal(true).optional(),
  /** The monitor has the next port. */
  console: z.int().min(1).max(65534),
  nics: z.record(z.string(), nicSchema).default({}),
});
/** As in `KeptZone` (zone-serials.ts). */
const zoneSchema = z.strictObject({
  serial: z.int().min(1).max(0xffffffff),
  digest: z.string().regex(/^[0-9a-f]{16}$/, 'not 16 hexadecimal digits'),
});
const lockSchema = z.strictObject({
  version: z.literal(1),
  lab: z.string(),
  ula: prefixText.optional(),
  networks: z
    .record(z.string(), z.strictObject({ ipv4: prefixText.optional(), ipv6: prefixText.optional() }))
    .default({}),
  machines: z.record(z.string(), machineSchema).default({}),
  zones: z.record(z.string(), zoneSchema).default({}),
});

type LockData = z.infer<typeof lockSchema>;
export type LockNic = Readonly<z.infer<typeof nicSchema>>;
export type LockMachine = Readonly<z.infer<typeof machineSchema>>;
export type LockNetwork = LockData['networks'][string];

export interface LockFile extends Readonly<LockData> {
  /** Where it was read, for messages; absent in a new one. */
  readonly origin?: { readonly file: string; readonly text: string };
}

const header = `# What Lanwright planned for this lab and keeps: numbers, MAC addresses, prefixes, places in them, ports.
# Keep it with the lab file. \`lanwright plan --forget NAME\` plans one machine or network anew.
`;

const sorted = <T>(record: Readonly<Record<string, T>>): Record<string, T> =>
  Object.fromEntries(Object.entries(record).sort(([a], [b]) => (a < b ? -1 : a > b ? 1 : 0)));

/** Names that YAML would take for something else. */
const keyText = (key: string): string =>
  /^(null|true|false)$/i.test(key) || key.includes('/') ? JSON.stringify(key) : key;

/** JSON is YAML: values are quoted as there, so that no version of YAML reads a MAC address as a number. */
const flow = (value: string | number | boolean | object): string => {
  if (typeof value !== 'object') return JSON.stringify(value);
  const parts = Object.entries(value).map(
    ([key, part]: [string, string | number | object]) => `${keyText(key)}: ${flow(part)}`,
  );
  return parts.length === 0 ? '{}' : `{ ${parts.join(', ')} }`;
};

const section = (name: string, record: Readonly<Record<string, object>>): string => {
  const lines = Object.entries(sorted(record)).map(([key, value]) => `  ${keyText(key)}: ${flow(value)}\n`);
  return lines.length === 0 ? `${name}: {}\n` : `${name}:\n${lines.join('')}`;
};

/** One line for each network and machine, so that a change of one is a change of one line. */
export const printLock = (lock: LockFile): string => {
  const machines = Object.entries(lock.machines).map(([name, { number, written, console, nics }]) => {
    const head = { number, ...(written === undefined ? {} : { written }), console };
    return [name, { ...head, nics: sorted(nics) }] as const;
  });
  const ula = lock.ula === undefined ? '' : `ula: ${flow(lock.ula)}\n`;
  const parts = [
    section('networks', lock.networks),
    section('machines', Object.fromEntries(machines)),
    ...(Object.keys(lock.zones).length === 0 ? [] : [section('zones', lock.zones)]),
  ];
  return `${header}version: ${lock.version}\nlab: ${flow(lock.lab)}\n${ula}${parts.join('')}`;
};

/** A lock file just as `printLock` writes it, without a YAML parser, which takes longest of all that reads a large lab. */
const readPrinted = (text: string): LockData | undefined => {
  if (!text.startsWith(header)) return undefined;
  const { success, data } = lockSchema.safeParse(readPrintedLock(text.slice(header.length)));
  return success && printLock(data) === text ? data : undefined;
};

const largestLock = 16 * 1024 * 1024;

export const parseLock = (file: string, text: string): Outcome<LockFile> => {
  const span = { file, start: 0, end: 0 };
  const broken = (code: string, message: string): Outcome<LockFile> => ({
    diagnostics: [
      {
        code,
        severity: 'error',
        message,
        at: span,
        help: `restore \`${file}\` from version control, or delete it to plan everything anew`,
      } satisfies Diagnostic,
    ],
  });
  if (text.length > largestLock) return broken('lock-unreadable', `\`${file}\` is larger than 16 MiB`);
  const printed = readPrinted(text);
  if (printed !== undefined) return { value: { ...printed, origin: { file, text } }, diagnostics: [] };
  let value: unknown;
  try {
    value = parse(text, { maxAliasCount: 0 });
  } catch (error) {
    return broken('lock-unreadable', `\`${file}\` is not the YAML that Lanwright writes: ${firstLine(error)}`);
  }
  const parsed = lockSchema.safeParse(value);
  if (parsed.success) return { value: { ...parsed.data, origin: { file, text } }, diagnostics: [] };
  const issue = parsed.error.issues[0];
  const where = issue === undefined || issue.path.length === 0 ? 'its top' : `\`${issue.path.join('.')}\``;
  return broken(
    'lock-unreadable',
    `\`${file}\` is not a lock file of this version: ${issue?.message.replace(/^Invalid input: /, '') ?? 'wrong shape'} at ${where}`,
  );
};

const firstLine = (error: unknown): string =>
  (error instanceof Error ? error.message : String(error)).split('\n')[0]?.replace(/:$/, '') ?? '';

/** The lock without what is kept for these names; `web` also stands for its clones `web-1`, `web-2`, …. */
export const forget = (lock: LockFile, names: readonly string[]): LockFile => {
  const isForgotten = (name: string): boolean => names.some((one) => name === one || isCloneOf(name, one));
  const kept = <T>(record: Readonly<Record<string, T>>): Record<string, T> =>
    Object.fromEntries(Object.entries(record).filter(([name]) => !isForgotten(name)));
  const machines = Object.entries(kept(lock.machines)).map(([name, machine]) => [
    name,
    {
      ...machine,
      nics: Object.fromEntries(Object.entries(machine.nics).filter(([, nic]) => !names.includes(nic.network))),
    },
  ]);
  return { ...lock, networks: kept(lock.networks), machines: Object.fromEntries(machines) as LockData['machines'] };
};

/** What `--forget` may name: whatever the lock keeps, and the base names of clones. */
export const forgettable = (lock: LockFile): readonly string[] => [
  ...Object.keys(lock.networks),
  ...Object.keys(lock.machines),
];

export const isKept = (lock: LockFile, name: string): boolean =>
  forgettable(lock).some((known) => known === name || isCloneOf(known, name)) ||
  Object.values(lock.machines).some((machine) => Object.values(machine.nics).some((nic) => nic.network === name));

const isCloneOf = (name: string, base: string): boolean =>
  name.startsWith(`${base}-`) && /^\d+$/.test(name.slice(base.length + 1));
