/** The one spelling of roles. */
import { type Role } from './role.ts';
import { canonicalIp, canonicalPrefix, field, flag } from './spelling.ts';

const prefixes = (written: readonly string[]): readonly string[] => [...new Set(written.map(canonicalPrefix))].sort();

export const normalRole = (role: Role): Role => {
  switch (role.kind) {
    case 'web-server':
      return {
        kind: 'web-server',
        ports: [...new Set(role.ports)].sort((a, b) => a - b),
        name: role.name,
        ...field('folder', role.folder),
      };
    case 'time-server':
      return {
        kind: 'time-server',
        clients: prefixes(role.clients),
        sources: [...new Set(role.sources.map(canonicalIp))],
      };
    case 'mail-server':
      return {
        kind: 'mail-server',
        host: role.host,
        domain: role.domain,
        clients: prefixes(role.clients),
        ...field('relay', role.relay === undefined ? undefined : canonicalIp(role.relay)),
      };
    case 'file-server':
      return {
        kind: 'file-server',
        share: role.share,
        folder: role.folder,
        ...flag('isReadOnly', role.isReadOnly, true),
        clients: prefixes(role.clients),
      };
  }
};
