/** The bonds of a machine as written: each interface has one cable, so that it is a member once and nothing else. */
import { type Path, type Spec } from '../spec/spec.ts';
import { type DraftBond, type DraftNetwork } from './draft.ts';
import { type Findings } from './findings.ts';
import { type NicEntry } from './nic-entries.ts';
import { omitAbsent } from './omit-absent.ts';
import { helpForUnknown } from './unknown-name.ts';

/** Names of interfaces that a NIC brings beside its own. */
export const membersOf = ({ body: { bond } }: NicEntry): readonly string[] =>
  bond === undefined ? [] : Array.isArray(bond) ? bond : bond.members;

const membersPath = ({ body: { bond }, path }: NicEntry): Path =>
  Array.isArray(bond) ? [...path, 'bond'] : [...path, 'bond', 'members'];

export const draftBond = (
  spec: Spec,
  entry: NicEntry,
  networks: ReadonlyMap<string, DraftNetwork>,
  findings: Findings,
): DraftBond | undefined => {
  const { bond, network } = entry.body;
  if (bond === undefined) return undefined;
  if (networks.get(network)?.mode === 'proxied')
    findings.error(
      'key-does-not-apply',
      `\`${entry.name}\` is on \`${network}\`, where \`bond\` has no meaning`,
      spec.source.keySpanOf([...entry.path, 'bond']),
      { help: 'on a proxied network each machine has one cable of its own to the host' },
    );
  const members = membersOf(entry);
  const { mode = 'active-backup', primary } = Array.isArray(bond) ? {} : bond;
  if (primary !== undefined && !members.includes(primary))
    findings.error(
      'unknown-nic',
      `\`${entry.name}\` prefers \`${primary}\`, which is none of its members`,
      spec.source.spanOf([...entry.path, 'bond', 'primary']),
      { help: helpForUnknown(primary, members, 'members') },
    );
  if (primary !== undefined && mode !== 'active-backup')
    findings.error(
      'key-does-not-apply',
      `\`${entry.name}\` uses all of its members (${mode}), where \`primary\` has no meaning`,
      spec.source.keySpanOf([...entry.path, 'bond', 'primary']),
      { help: '`primary` is for `mode: active-backup`' },
    );
  return omitAbsent({ members, mode, primary });
};

/** Tells what has one name and is two interfaces. */
export const checkMembers = (spec: Spec, machine: string, entries: readonly NicEntry[], findings: Findings): void => {
  const holders = new Map(entries.map((entry) => [entry.name, entry.path]));
  for (const entry of entries)
    for (const [index, member] of membersOf(entry).entries()) {
      const path = [...membersPath(entry), index];
      const holder = holders.get(member);
      if (holder !== undefined)
        findings.error(
          'nic-used-twice',
          `\`${entry.name}\` takes \`${member}\` as a member, and \`${machine}\` uses it already`,
          spec.source.spanOf(path),
          {
            notes: [{ message: 'it is used here', at: spec.source.spanOf(holder) }],
            help: 'a member has neither a network nor addresses of its own: they are those of the bond',
          },
        );
      else holders.set(member, path);
    }
};
