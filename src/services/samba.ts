/**
 * Turns a file server into the configuration of smbd(8), smb.conf(5): one share, which everybody whom it answers may use
 * as the same user, `nobody`. It is for a machine of its own with Debian on it.
 */
import { type FileServer } from '../state/role.ts';

export const sambaConfig = ({ share, folder, isReadOnly, clients }: FileServer): string =>
  [
    '# Files',
    '[global]',
    '  server role = standalone server',
    '  disable netbios = yes',
    '  smb ports = 445',
    '  map to guest = bad user',
    '  guest account = nobody',
    '  load printers = no',
    '  disable spoolss = yes',
    '  logging = file',
    '  log level = 1',
    `  hosts allow = 127.0.0.1 ::1 ${clients.join(' ')}`.trimEnd(),
    `[${share}]`,
    `  path = ${folder}`,
    '  guest only = yes',
    '  guest ok = yes',
    `  read only = ${isReadOnly === true ? 'yes' : 'no'}`,
    '',
  ].join('\n');
