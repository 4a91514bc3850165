/** How Kea is started: in a folder of its own, where it keeps its lock, its process id, its leases and its socket. */
import { kea6Config, keaConfig, type KeaPlaces } from '../services/kea.ts';
import { type DhcpServing } from '../state/service.ts';
import { type Command } from './command.ts';

/** Debian's folder of libraries, by the processor: Kea finds its own ones by their full paths only. */
const librariesOf: Readonly<Partial<Record<NodeJS.Architecture, string>>> = {
  x64: 'x86_64-linux-gnu',
  arm64: 'aarch64-linux-gnu',
  riscv64: 'riscv64-linux-gnu',
  ppc64: 'powerpc64le-linux-gnu',
  s390x: 's390x-linux-gnu',
};

const hooks = `/usr/lib/${librariesOf[process.arch] ?? 'x86_64-linux-gnu'}/kea/hooks`;

/** `path`: where its files begin. */
export const keaCommand = (service: DhcpServing, path: string): Command => {
  const folder = `${path}.kea`;
  const places: KeaPlaces = { leases: `${folder}/leases.csv`, control: `${folder}/door`, hooks };
  const is6 = service.kind === 'dhcp6-server' || service.kind === 'relayed-dhcp6-server';
  return {
    argv: [is6 ? 'kea-dhcp6' : 'kea-dhcp4', '-c', `${folder}/kea.conf`],
    environment: { KEA_PIDFILE_DIR: folder, KEA_LOCKFILE_DIR: folder },
    files: [{ path: `${folder}/kea.conf`, contents: is6 ? kea6Config(service, places) : keaConfig(service, places) }],
    givenFile: places.leases,
  };
};
