/** A role as a plan tells it. */
import { type Role } from '../state/role.ts';

const plural = (count: number, word: string): string => `${word}${count === 1 ? '' : 's'}`;

export const printRole = (role: Role): string => {
  switch (role.kind) {
    case 'web-server': {
      const what = role.folder === undefined ? 'a page with its name' : role.folder;
      return `web server on TCP ${plural(role.ports.length, 'port')} ${role.ports.join(', ')}: ${what}`;
    }
    case 'time-server':
      return `time server, ${role.sources.length === 0 ? 'by its own clock' : `as told by ${role.sources.join(', ')}`}`;
    case 'mail-server':
      return `mail server of ${role.domain}${role.relay === undefined ? '' : `, others by ${role.relay}`}`;
    case 'file-server':
      return `file server, ${role.folder} as \`${role.share}\`${role.isReadOnly === true ? ', read only' : ''}`;
  }
};
