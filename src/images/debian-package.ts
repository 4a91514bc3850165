/**
 * Packages of Debian, fetched by apt as an ordinary user and unpacked, nothing installed: which version there is, the file,
 * and the tree that it holds. What went wrong is the run of the program that failed.
 */
import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { runProgram, type RunResult } from '../run/run-program.ts';

export interface DebianPackage {
  readonly name: string;
  readonly version: string;
}

export type Fetched<T> = { readonly value: T } | { readonly failed: RunResult };

const fetchTimeoutMs = 300_000;

/** The version that the package lists offer. */
export const candidateOf = async (name: string): Promise<Fetched<DebianPackage>> => {
  const policy = await runProgram(['apt-cache', 'policy', name]);
  const version = /Candidate: (\S+)/.exec(policy.stdout)?.[1];
  return version === undefined || version === '(none)' ? { failed: policy } : { value: { name, version } };
};

/** The kernel package that a meta package stands for at present. */
export const kernelCandidateOf = async (metaPackage: string): Promise<Fetched<DebianPackage>> => {
  const depends = await runProgram(['apt-cache', 'depends', metaPackage]);
  const name = /Depends: (linux-image-\S+)/.exec(depends.stdout)?.[1];
  return name === undefined ? { failed: depends } : candidateOf(name);
};

/** The path of the package's file, in `folder`. */
export const fetchPackage = async ({ name, version }: DebianPackage, folder: string): Promise<Fetched<string>> => {
  const options = { directory: folder, timeoutMs: fetchTimeoutMs };
  const fetched = await runProgram(['apt-get', 'download', '-q', `${name}=${version}`], options);
  const deb = (await readdir(folder)).find((file) => file.startsWith(`${name}_`) && file.endsWith('.deb'));
  return fetched.status !== 0 || deb === undefined ? { failed: fetched } : { value: join(folder, deb) };
};

/** Undefined where all went well. */
export const unpackPackage = async (deb: string, tree: string): Promise<RunResult | undefined> => {
  const unpacked = await runProgram(['dpkg-deb', '--extract', deb, tree], { timeoutMs: fetchTimeoutMs });
  return unpacked.status === 0 ? undefined : unpacked;
};
