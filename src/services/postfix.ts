/**
 * Turns a mail server into the two files of postfix(1): main.cf (postconf(5)) and master.cf (master(5)). They are for a
 * machine of its own with Debian on it, which has the users that postfix needs. Mail for names of the domain that are no
 * users of the machine comes to root.
 */
import { type MailServer } from '../state/role.ts';

/** postconf(5), `mynetworks`: IPv6 prefixes in brackets. */
const network = (block: string): string => block.replace(/^(.*:.*)\/(\d+)$/, '[$1]/$2');

const itself = ['127.0.0.0/8', '[::1]/128'];

export const postfixMain = ({ host, domain, clients, relay }: MailServer): string =>
  [
    '# Mail',
    'compatibility_level = 3.6',
    'mail_owner = postfix',
    'setgid_group = postdrop',
    'queue_directory = /var/spool/postfix',
    'data_directory = /var/lib/postfix',
    'command_directory = /usr/sbin',
    'daemon_directory = /usr/lib/postfix/sbin',
    // Only a server that stays in the foreground may say this.
    'maillog_file = /dev/stdout',
    `myhostname = ${host}`,
    `mydomain = ${domain}`,
    `myorigin = ${domain}`,
    `mydestination = ${[...new Set([domain, host, 'localhost'])].join(', ')}`,
    `mynetworks = ${[...itself, ...clients.map(network)].join(' ')}`,
    `relayhost = ${relay === undefined ? '' : `[${relay}]`}`,
    'inet_interfaces = all',
    'inet_protocols = all',
    'smtpd_relay_restrictions = permit_mynetworks, reject_unauth_destination',
    'local_recipient_maps =',
    'luser_relay = root',
    'alias_maps =',
    'alias_database =',
    'biff = no',
    'append_dot_mydomain = no',
    '',
  ].join('\n');

/** Service, type, whether it is private, and what runs; none is in a chroot, all with the usual limits. */
const services: readonly (readonly [name: string, type: string, isPrivate: string, wakeup: string, command: string])[] =
  [
    ['smtp', 'inet', 'n', '-', 'smtpd'],
    ['pickup', 'unix', 'n', '60', 'pickup'],
    ['cleanup', 'unix', 'n', '-', 'cleanup'],
    ['qmgr', 'unix', 'n', '300', 'qmgr'],
    ['tlsmgr', 'unix', '-', '1000?', 'tlsmgr'],
    ['rewrite', 'unix', '-', '-', 'trivial-rewrite'],
    ['bounce', 'unix', '-', '-', 'bounce'],
    ['defer', 'unix', '-', '-', 'bounce'],
    ['trace', 'unix', '-', '-', 'bounce'],
    ['verify', 'unix', '-', '-', 'verify'],
    ['flush', 'unix', 'n', '1000?', 'flush'],
    ['proxymap', 'unix', '-', '-', 'proxymap'],
    ['smtp', 'unix', '-', '-', 'smtp'],
    ['relay', 'unix', '-', '-', 'smtp'],
    ['showq', 'unix', 'n', '-', 'showq'],
    ['error', 'unix', '-', '-', 'error'],
    ['retry', 'unix', '-', '-', 'error'],
    ['discard', 'unix', '-', '-', 'discard'],
    ['local', 'unix', '-', '-', 'local'],
    ['anvil', 'unix', '-', '-', 'anvil'],
    ['scache', 'unix', '-', '-', 'scache'],
    ['postlog', 'unix-dgram', 'n', '-', 'postlogd'],
  ];

/** How many of one service may run: one of those that keep something to themselves. */
const single: Readonly<Record<string, string>> = {
  pickup: '1', cleanup: '0', qmgr: '1', tlsmgr: '1', bounce: '0', defer: '0', trace: '0', verify: '1', flush: '0',
  anvil: '1', scache: '1', postlog: '1',
}; // prettier-ignore

/** Those that deliver to the machine's own users do so as root. */
const privileged = new Set(['local']);

export const postfixMaster = (): string =>
  [
    '# service type private unpriv chroot wakeup maxproc command',
    ...services.map(([name, type, isPrivate, wakeup, command]) =>
      [name, type, isPrivate, privileged.has(name) ? 'n' : '-', 'n', wakeup, single[name] ?? '-', command].join(' '),
    ),
    '',
  ].join('\n');
