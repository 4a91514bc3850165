/** A program's claim on an interface, with what shows it. Every source of claims is one file beside this one. */
import { type HostFacts, type LinkFacts, type ProcessFacts } from './host-facts.ts';

export interface Claim {
  readonly interface: string;
  readonly program: string;
  /** `made`: the interface is there because of it. `runs`: it gives the interface its addresses. `plugs`: it holds it. */
  readonly does: 'made' | 'runs' | 'plugs';
  /** A file, a process or an object of the kernel, in words for a person. */
  readonly evidence: string;
  /** Nothing but the name tells. */
  readonly isByNameOnly?: true;
}

export type ClaimsOf = (host: HostFacts) => readonly Claim[];

/** Below a folder, by name within it. */
export const textsIn = ({ texts }: HostFacts, folder: string): readonly (readonly [name: string, text: string])[] =>
  Object.entries(texts).flatMap(([path, text]): [string, string][] =>
    path.startsWith(`${folder}/`) ? [[path.slice(folder.length + 1), text]] : [],
  );

/** Those that are in this network namespace, or may be. */
export const processesNamed = ({ processes }: HostFacts, ...names: readonly string[]): readonly ProcessFacts[] =>
  processes.filter(({ name, isHere }) => names.includes(name) && isHere !== false);

export const linkNamed = ({ links }: HostFacts, name: string): LinkFacts | undefined =>
  links.find((link) => link.name === name);

/** `KEY=value` lines, as of shell variables; quotes around a value are cut. */
export const variablesIn = (text: string): Readonly<Record<string, string>> =>
  Object.fromEntries(
    text.split('\n').flatMap((line): [string, string][] => {
      const [, key, value] = /^\s*([\w-]+)\s*=\s*(.*?)\s*$/.exec(line) ?? [];
      return key === undefined || value === undefined ? [] : [[key, value.replace(/^(["'])(.*)\1$/, '$2')]];
    }),
  );
