/**
 * Profiles of applications (ufw(8), APPLICATION INTEGRATION): what `ufw status` calls by name where `user.rules` has
 * ports. The files of `applications.d` say them; those that many machines have are known without.
 */
import { type ConfigText } from '../dialect.ts';
import { readIni } from '../ini/ini-text.ts';

/** By name: each part is ports and perhaps a protocol, as in `80,443/tcp`. */
export type Profiles = ReadonlyMap<string, readonly string[]>;

const partsOf = (ports: string): readonly string[] => ports.split('|').map((part) => part.trim());

/** What ufw brings, and the packages of servers that are told about most. */
const usual: Readonly<Record<string, string>> = {
  ...{ OpenSSH: '22/tcp', 'Nginx HTTP': '80/tcp', 'Nginx HTTPS': '443/tcp', 'Nginx Full': '80,443/tcp' },
  ...{ Apache: '80/tcp', 'Apache Secure': '443/tcp', 'Apache Full': '80,443/tcp', CUPS: '631' },
  ...{
    Postfix: '25/tcp',
    'Postfix SMTPS': '465/tcp',
    'Postfix Submission': '587/tcp',
    Samba: '137,138/udp|139,445/tcp',
  },
  ...{ SSH: '22/tcp', Telnet: '23/tcp', VNC: '5900/tcp', DNS: '53', svnserve: '3690/tcp' },
  ...{ WWW: '80/tcp', 'WWW Secure': '443/tcp', 'WWW Full': '80,443/tcp', 'WWW Cache': '8080/tcp' },
  ...{
    SMTP: '25/tcp',
    'Mail submission': '587/tcp',
    POP3: '110/tcp',
    POP3S: '995/tcp',
    IMAP: '143/tcp',
    IMAPS: '993/tcp',
  },
  ...{ LDAP: '389/tcp', LDAPS: '636/tcp', CIFS: '137,138/udp|139,445/tcp', NFS: '2049,111/tcp|2049,111/udp' },
  ...{ 'Kerberos KDC': '88', 'Kerberos Admin': '749/tcp', 'Kerberos Password': '464/udp' },
  ...{ 'Kerberos Full': '88,749/tcp|464/udp', IPP: '631', LPD: '515/tcp', Socks: '1080/tcp' },
  ...{ 'Transparent Proxy': '8081/tcp', Bonjour: '5353/udp|5298', XMPP: '5222/tcp|5269/tcp' },
  ...{ Transmission: '51413', Deluge: '6881:6891/tcp', KTorrent: '6881/tcp|4444/udp', qBittorrent: '6881/tcp' },
};

export const isProfilePath = (path: string): boolean => /^etc\/ufw\/applications\.d\/[^/.][^/]*$/.test(path);

/** `texts`: files of `applications.d`, whose word is before what is usual. */
export const profilesIn = (texts: readonly ConfigText[]): Profiles => {
  const said = texts.flatMap(({ path, text }) =>
    readIni(path, text, 'glib').sections.flatMap(({ name, entries }) => {
      const ports = entries.find(({ key }) => key.text === 'ports');
      return ports === undefined ? [] : [[name.text, partsOf(ports.value.text)] as const];
    }),
  );
  return new Map([...Object.entries(usual).map(([name, ports]) => [name, partsOf(ports)] as const), ...said]);
};
