/**
 * The programs behind names: unbound, or named where zones are copied from server to server. What they read, how they are
 * started, how they try a configuration without serving it, and how they take one over while they serve.
 */
import { type FileToWrite } from '../linux/stack-door.ts';
import { isTransferring, namedFiles, type Secrets } from '../services/named.ts';
import { type NameServerFiles, rootHints, rootServerConfig, rootZoneFile, unboundConfig } from '../services/unbound.ts';
import { type NameServer, type RootServer } from '../state/service.ts';

export interface NameProgram {
  /** The configuration comes last: it names the others. */
  readonly files: readonly FileToWrite[];
  readonly start: readonly string[];
  readonly check: readonly string[];
  readonly takeOver: readonly string[];
}

const unboundFiles = (service: NameServer | RootServer, path: string): readonly FileToWrite[] => {
  const files: NameServerFiles = { door: `${path}.door`, hints: `${path}.hints`, rootZone: `${path}.zone` };
  if (service.kind === 'root-server')
    return [
      { path: files.rootZone, contents: rootZoneFile(service) },
      { path: `${path}.conf`, contents: rootServerConfig(files) },
    ];
  return [
    ...(service.roots === undefined ? [] : [{ path: files.hints, contents: rootHints(service.roots) }]),
    { path: `${path}.conf`, contents: unboundConfig(service, files) },
  ];
};

/** `rndc`, at the door of the named whose files are below `path`. */
export const namedControl = (path: string, ...words: readonly string[]): readonly string[] => [
  ...['rndc', '-c', `${path}/rndc.conf`],
  ...words,
];

/** `path`: where its files are, which no other program's begin with. */
export const nameProgram = (service: NameServer | RootServer, path: string, secrets: Secrets): NameProgram => {
  if (service.kind === 'name-server' && isTransferring(service)) {
    const configuration = `${path}/named.conf`;
    return {
      files: namedFiles(service, path, secrets),
      start: ['named', '-f', '-n', '1', '-c', configuration],
      check: ['named-checkconf', '-z', configuration],
      takeOver: namedControl(path, 'reload'),
    };
  }
  const configuration = `${path}.conf`;
  return {
    files: unboundFiles(service, path),
    start: ['unbound', '-d', '-c', configuration],
    check: ['unbound-checkconf', configuration],
    takeOver: ['unbound-control', '-c', configuration, 'reload'],
  };
};
