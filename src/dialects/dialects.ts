/**
 * All dialects, in the order in which their programs run when a machine starts: kernel parameters, packet filters, what
 * configures interfaces, then what serves, and commands. Of two that say the same thing, the later one is the one that counts.
 */
import { type ConfigText, type Dialect } from './dialect.ts';
import { commands } from './commands/dialect.ts';
import { nft } from './nft/dialect.ts';
import { dhclient } from './dhclient/dialect.ts';
import { dhcpd } from './dhcpd/dialect.ts';
import { dnsmasq } from './dnsmasq/dialect.ts';
import { radvd } from './radvd/dialect.ts';
import { ifupdown } from './ifupdown/dialect.ts';
import { terminal } from './terminal/dialect.ts';
import { iptables } from './iptables/dialect.ts';
import { libvirt } from './libvirt/dialect.ts';
import { openbsd } from './openbsd/dialect.ts';
import { netplan } from './netplan/dialect.ts';
import { networkmanager } from './networkmanager/dialect.ts';
import { networkd } from './networkd/dialect.ts';
import { resolvConf } from './resolv-conf/dialect.ts';
import { ufw } from './ufw/dialect.ts';
import { redHat } from './sysconfig/red-hat.ts';
import { sysconfig } from './sysconfig/dialect.ts';
import { sysctl } from './sysctl/dialect.ts';
import { xen } from './xen/dialect.ts';

export const dialects: readonly Dialect[] = [
  sysctl,
  nft,
  iptables,
  ufw,
  ifupdown,
  sysconfig,
  redHat,
  netplan,
  networkd,
  networkmanager,
  openbsd,
  libvirt,
  xen,
  resolvConf,
  dhclient,
  dnsmasq,
  dhcpd,
  radvd,
  commands,
  terminal,
];

export const dialectNamed = (name: string): Dialect | undefined => dialects.find((dialect) => dialect.name === name);

/** Less is no resemblance. */
const leastResemblance = 0.5;

/** Whose a text is: by its path on a real system, else by what it looks like. */
export const dialectFor = ({ path, text }: ConfigText): Dialect | undefined => {
  const owner = dialects.find((dialect) => dialect.owns(path));
  if (owner !== undefined) return owner;
  let best: Dialect | undefined;
  let most = leastResemblance;
  for (const dialect of dialects) {
    const resemblance = dialect.resembles(text);
    if (resemblance < most || (best !== undefined && resemblance === most)) continue;
    best = dialect;
    most = resemblance;
  }
  return best;
};
