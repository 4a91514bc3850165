/** The files in which programs say what they made of the network; which of them exist differs from machine to machine. */
import { dnsmasqFolder } from '../inspect/claims-libvirt.ts';
import { netplanFolders } from '../inspect/claims-networkd.ts';
import { switchFolder } from '../inspect/claims-openvswitch.ts';
import { type HostFacts } from '../inspect/host-facts.ts';
import { type Sight } from './sight.ts';

interface Place {
  readonly folder: string;
  readonly files: RegExp;
}

/** What is made while the machine runs. */
const running: readonly Place[] = [
  { folder: '/run/network', files: /^ifstate/ },
  { folder: '/run/systemd/netif/links', files: /^\d+$/ },
  { folder: '/run/systemd/network', files: /\.netdev$/ },
  { folder: '/run/NetworkManager/devices', files: /^\d+$/ },
  { folder: '/run/NetworkManager/system-connections', files: /./ },
  { folder: '/run/netplan', files: /\.yaml$/ },
  { folder: '/run/libvirt/network', files: /\.xml$/ },
  { folder: '/run/libvirt/qemu', files: /\.xml$/ },
  { folder: '/run', files: /^firewalld\.pid$/ },
  { folder: '/proc/net', files: /^ip6?_tables_names$/ },
];

/** What the machine is set up with. In a running lab these are those of the machine around it, and say nothing. */
const lasting: readonly Place[] = [
  { folder: '/etc/network', files: /^interfaces$/ },
  { folder: '/etc/network/interfaces.d', files: /^[\w-]+$/ },
  { folder: '/etc/systemd/network', files: /\.netdev$/ },
  { folder: '/usr/lib/systemd/network', files: /\.netdev$/ },
  { folder: '/etc/NetworkManager/system-connections', files: /./ },
  ...netplanFolders.filter((folder) => !folder.startsWith('/run/')).map((folder) => ({ folder, files: /\.yaml$/ })),
  { folder: '/etc/libvirt/qemu/networks', files: /\.xml$/ },
  { folder: dnsmasqFolder, files: /\.macs$/ },
  { folder: '/etc/ufw', files: /^ufw\.conf$/ },
];

const listed = ['/run/docker', switchFolder];

/** Listed only where they are the machine's own. */
const listedLasting = [dnsmasqFolder];

export const readFiles = (sight: Sight, isInWorld: boolean): Pick<HostFacts, 'texts' | 'listings'> => {
  const texts: Record<string, string> = {};
  for (const { folder, files } of isInWorld ? running : [...running, ...lasting]) {
    for (const name of (sight.names(folder) ?? []).filter((it) => files.test(it))) {
      const text = sight.text(`${folder}/${name}`);
      if (text !== undefined) texts[`${folder}/${name}`] = text;
    }
  }
  const listings: Record<string, readonly string[]> = {};
  for (const folder of isInWorld ? listed : [...listed, ...listedLasting]) {
    const names = sight.names(folder);
    if (names !== undefined) listings[folder] = names;
  }
  return { texts, listings };
};
