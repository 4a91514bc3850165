/** How the programs of roles are started: their arguments, and the files that they read. */
import { type StackDoor } from '../linux/stack-door.ts';
import { chronyConfig } from '../services/chrony.ts';
import { nginxConfig } from '../services/nginx.ts';
import { postfixMain, postfixMaster } from '../services/postfix.ts';
import { sambaConfig } from '../services/samba.ts';
import { type Role, roleUnits } from '../state/role.ts';
import { type Command } from './command.ts';

const postfixFolder = '/etc/postfix';

/**
 * Of a guest with systemd: what the distribution started goes, and does not come back while the guest runs. A guest that
 * was started with its roles knows of them by its kernel's command line (systemd-debug-generator(8)), at no cost.
 */
const makeWay = ({ kind }: Role): string =>
  `[ ! -d /run/systemd/system ] || grep -q systemd.mask=${roleUnits[kind][0]} /proc/cmdline || ` +
  `systemctl --quiet --runtime mask --now ${roleUnits[kind].join(' ')}`;

/**
 * nginx opens its log by name, and what it is given to print to cannot be opened again: `cat` passes on what it says. It
 * ends when nginx does.
 */
const startNginx = 'rm -f "$0.access"; mkfifo -m 600 "$0.access"; cat "$0.access" & exec nginx -c "$0.conf"';

/**
 * As `postfix start-fg` does. The server makes a session of its own, which none that leads a group of processes may: it is
 * a child of the shell, and ends with it.
 */
const startPostfix = 'postfix check && setpriv --pdeathsig KILL /usr/lib/postfix/sbin/master -s; exit $?';

/** `$1`: the folder. Whoever makes it gives it to those who use it. */
const startSamba =
  '[ -d "$1" ] || { mkdir -p "$1" && chown nobody "$1"; }; mkdir -p /run/samba; ' +
  'exec smbd --foreground --no-process-group --debug-stdout --configfile="$0.conf"';

const scriptOf = (role: Role): string => {
  switch (role.kind) {
    case 'web-server':
      return startNginx;
    case 'time-server':
      return 'exec chronyd -x -d -u root -f "$0.conf"';
    case 'mail-server':
      return startPostfix;
    case 'file-server':
      return startSamba;
  }
};

/** `path`: of its files, without an ending. */
const filesOf = (role: Role, path: string): Command['files'] => {
  switch (role.kind) {
    case 'web-server':
      return [{ path: `${path}.conf`, contents: nginxConfig(role, path) }];
    case 'time-server':
      return [{ path: `${path}.conf`, contents: chronyConfig(role, `${path}.pid`) }];
    case 'mail-server':
      // Where programs that send mail look for them.
      return [
        { path: `${postfixFolder}/main.cf`, contents: postfixMain(role) },
        { path: `${postfixFolder}/master.cf`, contents: postfixMaster() },
      ];
    case 'file-server':
      return [{ path: `${path}.conf`, contents: sambaConfig(role) }];
  }
};

export const roleCommand = (door: StackDoor, role: Role, path: string): Command => {
  // The units of the machine that a namespace is on are none of its business.
  const script = door.kind === 'guest' ? `${makeWay(role)}; ${scriptOf(role)}` : scriptOf(role);
  const folder = role.kind === 'file-server' ? [role.folder] : [];
  return { argv: ['sh', '-c', script, path, ...folder], environment: {}, files: filesOf(role, path) };
};
