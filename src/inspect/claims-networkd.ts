/**
 * systemd-networkd, and netplan where it wrote networkd's files: what runs a link stands in /run/systemd/netif/links, what
 * made it in a .netdev file (systemd.netdev(5)).
 */
import { readIni } from '../dialects/ini/ini-text.ts';
import { linkNamed, textsIn, variablesIn, type Claim, type ClaimsOf } from './claim.ts';
import { type HostFacts } from './host-facts.ts';

export const networkd = 'systemd-networkd';
export const netplan = 'netplan';

const folders = ['/etc/systemd/network', '/run/systemd/network', '/usr/lib/systemd/network'];
export const netplanFolders: readonly string[] = ['/etc/netplan', '/run/netplan', '/usr/lib/netplan'];

const netplanFile = /\/(?:10-)?netplan-[^/]+$/;

/** netplan writes files of these names below /run, and nobody else does (netplan-generate(8)). */
export const writerOf = (path: string, otherwise: string): string => (netplanFile.test(path) ? netplan : otherwise);

/** The file that netplan had an interface from. */
const netplanSource = (host: HostFacts, name: string): string => {
  const found = netplanFolders
    .flatMap((folder) => textsIn(host, folder).map(([file, text]) => [`${folder}/${file}`, text] as const))
    .find(([, text]) => text.split('\n').some((line) => line.trim().replaceAll(/["']/g, '').startsWith(`${name}:`)));
  return found === undefined ? '' : `, from ${found[0]}`;
};

const evidenceOf = (host: HostFacts, path: string, name: string): string =>
  writerOf(path, networkd) === netplan ? `${path}${netplanSource(host, name)}` : path;

const netdevClaims = (host: HostFacts): readonly Claim[] =>
  folders.flatMap((folder) =>
    textsIn(host, folder).flatMap(([file, text]): Claim[] => {
      if (!file.endsWith('.netdev')) return [];
      const path = `${folder}/${file}`;
      const section = readIni(path, text, 'systemd').sections.find(({ name }) => name.text === 'NetDev');
      const name = section?.entries.findLast(({ key }) => key.text === 'Name')?.value.text;
      if (name === undefined || linkNamed(host, name) === undefined) return [];
      return [
        { interface: name, program: writerOf(path, networkd), does: 'made', evidence: evidenceOf(host, path, name) },
      ];
    }),
  );

const linkClaims = (host: HostFacts): readonly Claim[] =>
  textsIn(host, '/run/systemd/netif/links').flatMap(([index, text]): Claim[] => {
    const { ADMIN_STATE: state = 'unmanaged', NETWORK_FILE: path = '' } = variablesIn(text);
    const link = host.links.find((it) => String(it.index) === index);
    if (link === undefined || path === '' || state === 'unmanaged') return [];
    const evidence = `${evidenceOf(host, path, link.name)} (${state})`;
    return [{ interface: link.name, program: writerOf(path, networkd), does: 'runs', evidence }];
  });

export const networkdClaims: ClaimsOf = (host) => [...netdevClaims(host), ...linkClaims(host)];
