/** What the DHCP servers of a world have given out, and to which machine of the lab where it is one. */
import { readKeaLeases } from '../services/kea-lease-file.ts';
import { readLeases, type Lease } from '../services/lease-file.ts';
import { type NetworkState } from '../state/network-state.ts';
import { type Service } from '../state/service.ts';
import { interfaceOfService, type Running, type Services } from './services.ts';

/** A lease, who gave it, and who has it. */
export interface GivenLease extends Lease {
  readonly server: string;
  /** The server's interface. */
  readonly interface: string;
  /** Whose MAC the client has; absent: nobody's in this lab as it is now. */
  readonly machine?: string;
  readonly nic?: string;
}

interface Station {
  readonly machine: string;
  readonly nic: string;
}

const stationsOf = ({ stacks }: NetworkState): ReadonlyMap<string, Station> =>
  new Map(
    Object.entries(stacks).flatMap(([machine, { interfaces }]) =>
      Object.entries(interfaces).flatMap(([nic, { mac }]) => (mac === undefined ? [] : [[mac, { machine, nic }]])),
    ),
  );

const fileOf = ({ door, command }: Running): string => {
  if (command?.givenFile === undefined || door.isLost) return '';
  return door.readFiles([command.givenFile])[0]?.toString('utf8') ?? '';
};

const isKea = (service: Service): boolean => 'program' in service;

/** `applied`: what the world was made to be, machines that are stopped included. */
export const givenLeases = ({ running }: Services, applied: NetworkState): readonly GivenLease[] => {
  const stations = stationsOf(applied);
  return running.flatMap((one) =>
    (isKea(one.service) ? readKeaLeases : readLeases)(fileOf(one)).map((lease) => ({
      ...lease,
      server: one.stack,
      interface: interfaceOfService(one.service),
      ...(lease.mac === undefined ? {} : stations.get(lease.mac)),
    })),
  );
};
