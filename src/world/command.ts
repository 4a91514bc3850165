/** How a program that serves is started. */
import { type FileToWrite } from '../linux/stack-door.ts';

export interface Command {
  readonly argv: readonly string[];
  readonly environment: Readonly<Record<string, string>>;
  readonly files: readonly FileToWrite[];
  /** Written by a client's script when it was given what it asks for. */
  readonly leaseFile?: string;
  /** In which a server keeps what it has given out. */
  readonly givenFile?: string;
  /** It is, or starts, one of the files that all share. */
  readonly usesScripts?: true;
}
