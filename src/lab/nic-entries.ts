/** The two ways of writing `nics`, and the short form of one NIC, as one list. */
import { type Path, type SpecMachine, type SpecNic } from '../spec/spec.ts';

export interface NicEntry {
  readonly name: string;
  readonly body: SpecNic;
  readonly path: Path;
  /** The path of the network's name. */
  readonly networkPath: Path;
}

const entryOf = (name: string, written: string | SpecNic, path: Path): NicEntry =>
  typeof written === 'string'
    ? { name, body: { network: written }, path, networkPath: path }
    : { name, body: written, path, networkPath: [...path, 'network'] };

export const nicEntries = (machine: SpecMachine, path: Path): readonly NicEntry[] => {
  const nics = machine.nics ?? [];
  return Array.isArray(nics)
    ? nics.map((written, index) => entryOf(`eth${index}`, written, [...path, 'nics', index]))
    : Object.entries(nics).map(([name, written]) => entryOf(name, written, [...path, 'nics', name]));
};
