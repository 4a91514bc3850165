/** Networks that are run on a real Xen: those of examples, and hosts of documents on the office LAN of an example. */
import { readFileSync } from 'node:fs';
import { plainNic } from '../../src/dialects/reading.ts';
import { design } from '../../src/pipeline.ts';
import { emptyStack } from '../../src/state/empty-stack.ts';
import { type Cable, type Interface, type NetworkState, type Route } from '../../src/state/network-state.ts';
import { type Reading } from '../../src/dialects/dialect.ts';

export const host = 'dom0';

export const stateOf = (example: string): NetworkState => {
  const file = `examples/${example}.yaml`;
  const random = (bytes: number): Uint8Array => new Uint8Array(bytes).fill(7);
  const { value, diagnostics } = design({ file, text: readFileSync(file, 'utf8') }, undefined, { random });
  if (value === undefined) throw new Error(JSON.stringify(diagnostics));
  return value.lowered.state;
};

/** dom0's NIC as its own files configure it. */
export const hostNic: Interface = {
  ...plainNic,
  addresses: [{ family: 4, address: '192.168.0.3', prefixLength: 24 }],
};

/** A bridge without a NIC: a network of the host and its guests. */
export const hostBridge: Interface = {
  ...{ kind: 'bridge', mtuBytes: 1500, up: true, bridge: { stp: false, forwardDelaySeconds: 0 } },
  addresses: [{ family: 4, address: '192.168.1.1', prefixLength: 24 }],
};

export interface GuestAddress {
  readonly address: string;
  readonly gateway: string;
}

const defaultRoute = (via: string): Route => ({
  ...{ family: 4, to: '0.0.0.0/0', type: 'unicast', via, dev: 'eth0', metric: 0, table: 254 },
});

const isGuest = (name: string): boolean => name.startsWith('vm');

/**
 * The office of the documents with its router, its desktop and an internet; what files of Xen say of dom0, with the
 * host's own address and gateway; and the guest vm01, whose own files say its address. `more`: another interface of dom0.
 */
export const officeWith = (
  reading: Reading,
  guest: GuestAddress,
  more?: string,
  interfaceOfMore?: Interface,
): NetworkState => {
  const office = stateOf('xen-routed');
  const outside = Object.entries(office.stacks).filter(([name]) => name !== host && !isGuest(name));
  const dom0 = { ...emptyStack, ...reading.stacks[host] };
  const guestNic = reading.stacks['vm01']?.interfaces?.['eth0'];
  if (guestNic === undefined) throw new Error('the files say nothing of a NIC of vm01');
  // network-bridge gives the NIC another name, and its name and addresses to a bridge.
  const uplink = dom0.interfaces['peth0'] === undefined ? 'eth0' : 'peth0';
  const cables = office.cables.flatMap(({ a, b }): readonly Cable[] => {
    if (isGuest(a.stack) || isGuest(b.stack)) return [];
    const far = a.stack === host ? b : b.stack === host ? a : undefined;
    return [far === undefined ? { a, b } : { a: { stack: host, interface: uplink }, b: far }];
  });
  return {
    version: 1,
    stacks: {
      ...Object.fromEntries(outside),
      [host]: {
        ...dom0,
        interfaces: {
          ...dom0.interfaces,
          lo: { kind: 'loopback', mtuBytes: 65536, up: true, addresses: [] },
          eth0: { ...(dom0.interfaces['eth0'] ?? hostNic), addresses: hostNic.addresses },
          ...(more === undefined || interfaceOfMore === undefined ? {} : { [more]: interfaceOfMore }),
        },
        routes: [...dom0.routes, defaultRoute('192.168.0.1')],
      },
      vm01: {
        ...emptyStack,
        interfaces: { eth0: { ...guestNic, addresses: [{ family: 4, address: guest.address, prefixLength: 24 }] } },
        routes: [defaultRoute(guest.gateway)],
      },
    },
    cables: [...cables, ...reading.cables],
  };
};
