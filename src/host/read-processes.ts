/** Processes that have to do with the network, with the taps they hold, from /proc (proc(5)). */
import { type ProcessFacts } from '../inspect/host-facts.ts';
import { type Sight } from './sight.ts';

/** Those of whom something is known by their name alone; whoever holds a tap is told besides. */
const telling =
  /^(?:systemd-network|NetworkManager|wickedd|connmand|dhcpcd|dhclient|udhcpc|ovs-vswitchd|ovsdb-server|libvirtd|virtnetworkd|dockerd|containerd|firewalld|dnsmasq|kvm$|qemu-system)/;

const tapDevice = /^\/dev\/(?:net\/tun|tap\d+)$/;

/** Names of the taps behind a process's descriptors: `iff:` in fdinfo. */
const tapsOf = (sight: Sight, folder: string): readonly string[] => {
  const descriptors = quietNames(sight, `${folder}/fd`);
  return descriptors.flatMap((fd) => {
    if (!tapDevice.test(sight.link(`${folder}/fd/${fd}`) ?? '')) return [];
    return /^iff:\s+(\S+)/m.exec(sight.text(`${folder}/fdinfo/${fd}`) ?? '')?.[1] ?? [];
  });
};

/** Descriptors of other users' processes are hidden almost always; that is told once, not for each. */
const quietNames = (sight: Sight, folder: string): readonly string[] => {
  if (sight.link(`${folder.replace(/\/fd$/, '')}/ns/net`) === undefined) return [];
  return sight.names(folder) ?? [];
};

const argvOf = (sight: Sight, folder: string): readonly string[] =>
  (sight.text(`${folder}/cmdline`) ?? '').split('\0').filter((word, index) => index === 0 || word !== '');

/** `seeksTaps`: there are taps whose holders are not known yet. */
export const readProcesses = (sight: Sight, seeksTaps: boolean): readonly ProcessFacts[] => {
  const own = sight.link('/proc/self/ns/net');
  let hidden = 0;
  const found = (sight.names('/proc') ?? [])
    .filter((name) => /^\d+$/.test(name))
    .flatMap((pid): ProcessFacts[] => {
      const folder = `/proc/${pid}`;
      const name = sight.text(`${folder}/comm`)?.trim();
      if (name === undefined) return [];
      const namespace = sight.link(`${folder}/ns/net`);
      if (namespace === undefined) hidden += 1;
      const isElsewhere = namespace !== undefined && namespace !== own;
      const taps = seeksTaps && !isElsewhere ? tapsOf(sight, folder) : [];
      if (taps.length === 0 && !telling.test(name)) return [];
      const isHere = namespace === undefined ? {} : { isHere: !isElsewhere };
      return [{ pid: Number(pid), name, argv: argvOf(sight, folder), ...isHere, taps }];
    });
  if (seeksTaps && hidden > 0)
    sight.miss('/proc/*/fd', `which process holds which tap: ${hidden} processes of other users`);
  return found;
};
