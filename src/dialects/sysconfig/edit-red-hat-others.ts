/** What stands in further files of Red Hat: aliases, whom to ask for names, and what is the whole machine's. */
import { type InterfaceAddress, type Stack } from '../../state/network-state.ts';
import { type VariableFile } from '../shell-commands/variables.ts';
import { changes4 } from './edit-red-hat-addresses.ts';
import { baseName, redHatFolder } from './files.ts';
import { fileAt, type FileIndex, type Files, indexOf } from './red-hat-files.ts';
import { joined, withVariables } from './text-edits.ts';
import { assignmentText } from './write.ts';
import { aliasVariables, homeOf, labelsOf } from './write-red-hat.ts';

const aliasesOf = (stack: Stack): ReadonlyMap<string, readonly InterfaceAddress[]> => {
  const aliases = new Map<string, InterfaceAddress[]>();
  for (const name of Object.keys(stack.interfaces))
    for (const address of labelsOf(name, stack)) {
      const label = address.label ?? '';
      aliases.set(label, [...(aliases.get(label) ?? []), address]);
    }
  return aliases;
};

export const editAliases = (files: Files, { ifcfgs }: FileIndex, [before, wanted]: readonly [Stack, Stack]): void => {
  const [old, fresh] = [aliasesOf(before), aliasesOf(wanted)];
  for (const label of new Set([...old.keys(), ...fresh.keys()])) {
    const [had, has] = [old.get(label) ?? [], fresh.get(label) ?? []];
    if (JSON.stringify(had) === JSON.stringify(has)) continue;
    const path = ifcfgs.get(label) ?? `${redHatFolder}/ifcfg-${label}`;
    const [first] = has;
    if (first === undefined) files.delete(path);
    else {
      const text = files.get(path) ?? joined(aliasVariables(first).map(assignmentText));
      files.set(path, text);
      files.set(path, withVariables({ path, text }, changes4(fileAt(files, path), has)));
    }
  }
};

const namesIn = ({ assignments }: VariableFile): readonly string[] => [
  ...new Set(assignments.flatMap(({ name, value }) => (/^DNS\d+$/.test(name) && value.trim() !== '' ? [name] : []))),
];

const valueOf = ({ assignments }: VariableFile, name: string): string =>
  assignments.findLast((assignment) => assignment.name === name)?.value.trim() ?? '';

const resolverChanges = (file: VariableFile, { resolver }: Stack): ReadonlyMap<string, string | undefined> => {
  const servers = resolver?.nameservers ?? [];
  const names = namesIn(file);
  const free = Array.from({ length: servers.length + names.length }, (_, index) => `DNS${index + 1}`);
  const all = [...names, ...free.filter((name) => !names.includes(name))];
  const changes = new Map<string, string | undefined>();
  for (const [index, name] of all.entries())
    if (valueOf(file, name) !== (servers[index] ?? '')) changes.set(name, servers[index]);
  const search = resolver?.search.join(' ') ?? '';
  const said = valueOf(file, 'DOMAIN')
    .split(/[\s,]+/)
    .join(' ');
  if (said !== search) changes.set('DOMAIN', search === '' ? undefined : search);
  return changes;
};

/** In the file that has it, or the first one that ifup comes to the end of; others that have a part of it lose theirs. */
export const editResolver = (files: Files, wanted: Stack): void => {
  const { ifcfgs, isRead } = indexOf([...files].map(([path, text]) => ({ path, text })));
  const holders = [...ifcfgs].flatMap(([device, path]) => {
    const file = fileAt(files, path);
    const holds = namesIn(file).length > 0 || valueOf(file, 'DOMAIN') !== '';
    return holds && !device.includes(':') && isRead(path, wanted) ? [path] : [];
  });
  const servers = new Set(
    holders.flatMap((path) => namesIn(fileAt(files, path)).map((name) => valueOf(fileAt(files, path), name))),
  );
  const search = new Set(
    holders.flatMap((path) =>
      valueOf(fileAt(files, path), 'DOMAIN')
        .split(/[\s,]+/)
        .filter(Boolean),
    ),
  );
  const { nameservers = [], search: domains = [] } = wanted.resolver ?? {};
  if ([...servers].join(' ') === nameservers.join(' ') && [...search].join(' ') === domains.join(' ')) return;
  const home = ifcfgs.get(homeOf(wanted) ?? '');
  const target = holders[0] ?? home;
  for (const path of new Set([...holders, ...(target === undefined ? [] : [target])])) {
    const { resolver: _, ...without } = wanted;
    const changes = resolverChanges(fileAt(files, path), path === target ? wanted : without);
    files.set(path, withVariables({ path, text: files.get(path) ?? '' }, changes));
  }
};

const forwarding = 'net/ipv6/conf/all/forwarding';

export const editGeneral = (files: Files, [before, wanted]: readonly [Stack, Stack]): void => {
  const value = wanted.sysctls[forwarding];
  if (before.sysctls[forwarding] === value || (value !== undefined && !/^[01]$/.test(value))) return;
  const path = [...files.keys()].find((one) => baseName(one) === 'network') ?? 'etc/sysconfig/network';
  const text = files.get(path) ?? 'NETWORKING=yes\n';
  const said = value === undefined ? undefined : value === '1' ? 'yes' : 'no';
  files.set(path, withVariables({ path, text }, new Map([['IPV6FORWARDING', said]])));
};
