/**
 * Where programs are looked for: Debian leaves the sbin folders out of the path of ordinary users, and the programs
 * of networks live there.
 */
const systemFolders: readonly string[] = ['/usr/local/sbin', '/usr/sbin', '/sbin', '/usr/bin', '/bin'];

/** The caller's PATH, then what it lacks. */
export const searchPath = (path: string = process.env['PATH'] ?? ''): string =>
  [...new Set([...path.split(':').filter((folder) => folder !== ''), ...systemFolders])].join(':');
