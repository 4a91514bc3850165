/**
 * Adds a machine to a lab file that is as another one, but for what is its own: name, number, MAC, addresses, ports, and,
 * where it has disks, copies of those under an identity of its own. `up` then starts it.
 */
import { rename, writeFile } from 'node:fs/promises';
import { hasErrors } from '../diagnostics/diagnostic.ts';
import { parseYaml } from '../source/parse-yaml.ts';
import { suggest } from '../diagnostics/suggest.ts';
import { complain, fault } from './complain.ts';
import { exitCode } from './exit-code.ts';
import { withClone } from './clone-entry.ts';
import { printJson } from './json.ts';
import { examine, loadDesign } from './load-design.ts';
import { defaultFile, type FileOptions } from './options.ts';
import { print } from './terminal.ts';

const namePattern = /^[a-z][a-z0-9-]{0,30}$/;

const copyDisks = async (lab: string, machine: string, clone: string): Promise<readonly string[] | undefined> => {
  const { readRecord } = await import('../images/machine-store.ts');
  const record = await readRecord({ lab, machine });
  if (record === undefined) return [];
  const { cloneDisks } = await import('../images/machine-disks.ts');
  const copied = await cloneDisks({ lab, machine }, { lab, machine: clone });
  if (copied.value === undefined) {
    complain(copied.diagnostics, new Map(), { json: false });
    return undefined;
  }
  return [...(copied.value.system === undefined ? [] : [copied.value.system.file]), ...copied.value.data];
};

export const clone = async (machine: string, name: string, options: FileOptions): Promise<number> => {
  const loaded = await loadDesign(options);
  if (typeof loaded === 'number') return loaded;
  const file = options.file ?? defaultFile;
  const { lab, sources } = loaded;
  const refuse = (code: string, message: string, help: string): number => {
    complain(fault(code, message, help), sources, options);
    return exitCode.wrongInput;
  };
  const known = Object.values(lab.machines).filter(({ role }) => role === 'guest');
  if (!known.some((it) => it.name === machine)) {
    const names = known.map((it) => it.name);
    const near = suggest(machine, names);
    const help = near === undefined ? `the guests are ${names.join(', ')}` : `did you mean \`${near}\`?`;
    return refuse('unknown-machine', `\`${machine}\` is no guest of \`${lab.name}\``, help);
  }
  const isTaken = Object.hasOwn(lab.machines, name) || Object.hasOwn(lab.networks, name);
  if (isTaken) return refuse('name-used-twice', `\`${name}\` is taken in \`${lab.name}\``, 'choose another name');
  if (!namePattern.test(name))
    return refuse('bad-name', `\`${name}\` cannot be a name`, 'lower-case letters, digits and hyphens, at most 31');
  const source = parseYaml(file, sources.get(file) ?? '').value;
  const written = source?.value as { readonly machines?: object } | undefined;
  if (source === undefined || !Object.hasOwn(written?.machines ?? {}, machine))
    return refuse('clone-of-many', `\`${machine}\` is one of several that \`count\` makes`, 'raise `count` instead');
  const text = withClone(source, machine, name);
  const draft = `${file}.${process.pid}.yaml`;
  await writeFile(draft, text);
  const { outcome } = await examine({ ...options, file: draft });
  if (hasErrors(outcome.diagnostics)) {
    const { rm } = await import('node:fs/promises');
    await rm(draft);
    complain(outcome.diagnostics, new Map([[draft, text]]), options);
    return exitCode.no;
  }
  const disks = await copyDisks(lab.name, machine, name);
  if (disks === undefined) return exitCode.environmentCannot;
  await rename(draft, file);
  print(
    options.json
      ? printJson({ lab: lab.name, machine, clone: name, disks })
      : `\`${name}\` is in ${file} as \`${machine}\` is${disks.length === 0 ? '' : `, with copies of ${disks.length} disks`}\n\nnext:\n  lanwright up ${file}`,
  );
  return exitCode.asWished;
};
