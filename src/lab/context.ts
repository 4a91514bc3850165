/** What the steps of building a lab share: the file, the draft, the decisions of earlier runs, and what was found. */
import { type Diagnostic, type Span } from '../diagnostics/diagnostic.ts';
import { type Prefix } from '../net/prefix.ts';
import { type Spec } from '../spec/spec.ts';
import { type MachineKind } from '../state/virtual-machine.ts';
import { type Draft, type DraftNetwork, type DraftNic } from './draft.ts';
import { type Findings } from './findings.ts';
import { type InterfaceIds } from './interface-ids.ts';
import { type LockFile, type LockMachine, type LockNetwork, type LockNic } from './lock-file.ts';

/** An interface that is an end of WireGuard. */
export interface KeyEnd {
  readonly machine: string;
  readonly name: string;
}

/** The public key of an end, in base64: a private key lies elsewhere, and is known to no lab. */
export type PublicKeyOf = (end: KeyEnd) => string;

export interface Context {
  readonly spec: Spec;
  readonly draft: Draft;
  readonly lock: LockFile | undefined;
  readonly findings: Findings;
  /** What guests run as that do not say it themselves. */
  readonly guestKind: MachineKind;
  readonly publicKeyOf: PublicKeyOf;
}

/** The prefixes of one network. */
export interface NetworkPrefixes {
  readonly 4?: Prefix | undefined;
  readonly 6?: Prefix | undefined;
}
export type Prefixes = ReadonlyMap<string, NetworkPrefixes>;

export const interfaceIdsOf = (spec: Spec): InterfaceIds => spec.data.addressing?.['interface-ids'] ?? 'hex';

export const networkOfNic = (draft: Draft, nic: DraftNic): DraftNetwork | undefined => draft.networks.get(nic.network);

/** Codes accepted for a NIC: by the lab, its machine, its network. */
export const acceptedAt = (draft: Draft, nic: DraftNic): readonly string[] => [
  ...(draft.machines.get(nic.machine)?.accept ?? []),
  ...(draft.networks.get(nic.network)?.accept ?? []),
];

const own = <T>(record: Readonly<Record<string, T>> | undefined, key: string): T | undefined =>
  record !== undefined && Object.hasOwn(record, key) ? record[key] : undefined;

export const lockedMachine = (lock: LockFile | undefined, name: string): LockMachine | undefined =>
  own(lock?.machines, name);
export const lockedNetwork = (lock: LockFile | undefined, name: string): LockNetwork | undefined =>
  own(lock?.networks, name);

/** What is kept for a NIC, unless it has moved to another network since. */
export const lockedNic = (lock: LockFile | undefined, nic: DraftNic): LockNic | undefined => {
  const kept = own(lockedMachine(lock, nic.machine)?.nics, nic.name);
  return kept?.network === nic.network ? kept : undefined;
};

/** The place in the lock file where a machine or network stands. */
const lockSpan = (lock: LockFile, name: string): Span | undefined => {
  if (lock.origin === undefined) return undefined;
  const { file, text } = lock.origin;
  const key = `\n  ${name}:`;
  const found = text.indexOf(key);
  return found < 0 ? { file, start: 0, end: 0 } : { file, start: found + 3, end: found + key.length - 1 };
};

/** The file says one thing, the lock another: never settled silently. */
export const contradicts = (context: Context, name: string, message: string, at: Span): void => {
  const place = context.lock === undefined ? undefined : lockSpan(context.lock, name);
  const notes: Diagnostic['notes'] = place === undefined ? [] : [{ message: `\`${name}\` is kept here`, at: place }];
  context.findings.error('lock-contradicts', message, at, {
    notes,
    help: `\`lanwright plan --forget ${name}\` plans \`${name}\` anew; or take the kept value over into the file`,
  });
};
