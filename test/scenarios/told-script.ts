/** What udhcpc runs when it is told something: prints it, and changes nothing. */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

export interface ToldScript {
  readonly path: string;
  /** Its own, for what else a client writes. */
  readonly folder: string;
  readonly dispose: () => void;
}

/** `line` is printed for each lease, with the variables of udhcpc in it: `$ip`, `$serverid`, `$mtu`. */
export const toldScript = (line?: string): ToldScript => {
  const folder = mkdtempSync(join(tmpdir(), 'told-'));
  const path = join(folder, 'told');
  const told = line === undefined ? '' : `[ "$1" = bound ] && echo "${line}"\n`;
  writeFileSync(path, `#!/bin/sh\n${told}exit 0\n`, { mode: 0o755 });
  return { path, folder, dispose: () => rmSync(folder, { recursive: true }) };
};
