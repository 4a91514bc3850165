/** Prints the version, and with `--json` what else a report of a fault needs. */
import { release } from 'node:os';
import { exitCode } from './exit-code.ts';
import { printJson } from './json.ts';
import { print } from './terminal.ts';
import { version } from './version.ts';

export const showVersion = ({ json }: { readonly json: boolean }): Promise<number> => {
  print(json ? printJson({ lanwright: version, node: process.version, linux: release() }) : `lanwright ${version}`);
  return Promise.resolve(exitCode.asWished);
};
