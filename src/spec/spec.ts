/**
 * The language, said once: the zod schema gives the types, the messages, the JSON Schema and `docs/spec.md`.
 * A `Spec` is the file as written, with the place of every value; names are still text here.
 */
import * as z from 'zod';
import { type SourceFile } from '../source/source-file.ts';
import { dhcp, dhcp6, timeServers } from './dhcp.ts';
import { disks, image } from './hardware.ts';
import { dns, networkDns } from './names.ts';
import { type bond, nic, type nicBody } from './nics.ts';
import { roleMaps, roleWords } from './roles.ts';
import { routing } from './routing.ts';
import { expectation, firewall, type firewallItem, policy } from './rules.ts';
import {
  accept,
  type address,
  addressText,
  addresses,
  gateway,
  hostNumber,
  interfaceName,
  mtu,
  name,
  plannedPrefix,
  port,
  prefixText,
} from './values.ts';
import { advertisers, networkRoutes, searchDomains } from './told.ts';
import { watch } from './watch.ts';

const route = z.strictObject({
  to: z.string().describe('`default`, a prefix, an address, or a network'),
  via: z.string().optional().describe('a machine or an address; left out: the destination is on the link'),
  dev: interfaceName.optional().describe('the interface it leaves by; needed only where `via` does not say it'),
  metric: z.int().min(0).max(4294967295).optional().describe('of two routes to one place the lower wins; default 0'),
  type: z
    .enum(['unicast', 'unreachable', 'blackhole', 'prohibit'])
    .optional()
    .describe('default `unicast`; the others refuse the packet: told to the sender, silently, or as forbidden'),
});

const dhcpService = z
  .strictObject({
    network: z.string().describe('the network to serve'),
    range: z.tuple([hostNumber, hostNumber]).optional().describe('first and last host number that it gives out'),
  })
  .describe('a DHCP server for a network that this machine is on');
const service = z
  .union([
    z.enum(['router', ...roleWords]),
    z.strictObject({ firewall }),
    z.strictObject({ dhcp: dhcpService }),
    ...roleMaps,
  ])
  .describe('`router` forwards; `web`, `time`, `mail`, `files`; `{ firewall: … }`, `{ dhcp: … }`, …');

const machine = z.strictObject({
  number: z
    .int()
    .min(1)
    .max(65534)
    .optional()
    .describe('MAC, addresses, ports and names derive from it; default: planned and pinned'),
  count: z
    .int()
    .min(1)
    .max(2000)
    .optional()
    .describe('makes this many: `web-1`, `web-2`, …; the name stands for all of them'),
  nics: z
    .union([z.array(nic), z.record(interfaceName, nic)])
    .optional()
    .describe('its interfaces: a list makes eth0, eth1, … in its order; a map gives the names'),
  routes: z.array(route).optional().describe('routes beyond those that its interfaces and gateways make'),
  nat: z
    .union([z.boolean(), z.array(z.string())])
    .optional()
    .describe(
      'masquerades what leaves towards `internet`: everything, or only these networks and prefixes; implies `router`',
    ),
  routing: routing.optional(),
  services: z.array(service).optional().describe('what it does for others'),
  start: z
    .union([z.enum(['first', 'last']), z.int().min(0)])
    .optional()
    .describe('position in the start order'),
  kind: z
    .enum(['vm', 'netns'])
    .optional()
    .describe('runs as a virtual machine or as a network namespace; default: what `up --machines` says, or `netns`'),
  image: image.optional(),
  memory: z
    .int()
    .min(96)
    .max(1048576)
    .optional()
    .describe(
      'of a virtual machine, in MiB; default 128 with the probe image (256 for a name server, or who shares addresses, or has `routing`; 384 where zones are copied), else 512',
    ),
  cpus: z.int().min(1).max(64).optional().describe('of a virtual machine; default 1'),
  disks: disks.optional(),
  stop: z
    .int()
    .min(1)
    .max(3600)
    .optional()
    .describe('seconds a virtual machine may take to power down before it is stopped by force; default 30'),
  accept: accept.optional(),
});

const shared = z.strictObject({
  address: z
    .union([z.enum(['last']), hostNumber, addressText])
    .describe('a host number, `last`, or an address of the network; a number means both families'),
  by: z.array(z.string()).min(1).describe('the machines, the one that has it by default first'),
  id: z
    .int()
    .min(1)
    .max(255)
    .optional()
    .describe('of the virtual router (VRRP); default: the first that is free on the wire'),
});
const sharedList = z
  .array(shared)
  .optional()
  .describe(
    'addresses that several machines share: when the one that has it falls silent, the next takes it over (VRRP)',
  );

const outsideNetwork = z.strictObject({
  on: z.string().optional().describe('with `vlan`: the outside network whose cables carry this one, too'),
  vlan: z
    .int()
    .min(2)
    .max(4094)
    .optional()
    .describe(
      'its frames carry this 802.1Q tag; a machine that is on both networks has a VLAN interface, any other an untagged port of the switch',
    ),
  tunnel: z
    .enum(['6in4', 'ipip', 'gre', '6to4', '6rd', 'wireguard'])
    .optional()
    .describe(
      'it has no cables: its members send each other what is on it inside packets of IPv4; `6in4` carries IPv6, `ipip` IPv4, `gre` both, between two; `6to4` and `6rd` IPv6 between any number; `wireguard` both, enciphered, between any number and over either family',
    ),
  ipv4: prefixText.optional(),
  ipv6: prefixText.optional(),
  gateway: gateway.optional().describe('the router its members use by default'),
  gateway6: gateway.optional().describe('the same for IPv6, where it differs'),
  dhcp: dhcp.optional(),
  dhcp6: dhcp6.optional(),
  ntp: timeServers.optional(),
  ra: advertisers
    .optional()
    .describe('router advertisements: from the gateway, or from the machines named, the one to prefer first'),
  routes: networkRoutes.optional(),
  dns: networkDns.optional(),
  search: searchDomains.optional(),
  shared: sharedList,
  mtu: mtu.optional(),
  accept: accept.optional(),
});

const publish = z.strictObject({
  to: z.string().describe('the machine that answers'),
  address: addressText.optional().describe('the outer address; default: the first of the host'),
  tcp: port.optional().describe('the outer TCP port; without `tcp`, `udp` and `tunnel`: the whole address, both ways'),
  udp: port.optional().describe('the outer UDP port'),
  tunnel: z
    .enum(['6in4', 'ipip', 'gre'])
    .optional()
    .describe('the outer packets of tunnels of this kind, whose end is the machine'),
  port: port.optional().describe('the port on the machine; default: the same'),
});

const network = z.strictObject({
  mode: z.enum(['bridged', 'nat', 'routed', 'proxied', 'host-only', 'private']).describe('how it meets the outside'),
  host: z.string().optional().describe('the host it is made on; needed only where there are several'),
  nic: z.string().optional().describe('bridged: the interface of the host that becomes a port'),
  on: z.string().optional().describe('bridged, proxied: the outside network (instead of `nic`)'),
  ipv4: plannedPrefix.optional(),
  ipv6: plannedPrefix.optional(),
  address: addresses
    .optional()
    .describe('what the host has on it; default: the last host number (IPv4) and ::1 (IPv6); private: none'),
  gateway: gateway
    .optional()
    .describe('the router its members use by default; default: the host, or that of the outside network'),
  gateway6: gateway.optional().describe('the same for IPv6, where it differs'),
  dhcp: dhcp.optional(),
  dhcp6: dhcp6.optional(),
  ntp: timeServers.optional(),
  ra: advertisers
    .optional()
    .describe('router advertisements: from the host, or from the machines named, the one to prefer first'),
  routes: networkRoutes.optional(),
  dns: networkDns.optional(),
  search: searchDomains.optional(),
  shared: sharedList,
  publish: z.array(publish).optional().describe('nat: ports, or whole addresses, of the host that lead to machines'),
  stp: z.boolean().optional().describe('spanning tree protocol on the bridge; default `false`'),
  antispoof: z
    .boolean()
    .optional()
    .describe(
      'whether the host drops what machines on it send from addresses or MAC addresses that are not theirs; default `false`',
    ),
  mtu: mtu.optional(),
  accept: accept.optional(),
});

export const specSchema = z.strictObject({
  lab: name.describe('the name of the lab'),
  addressing: z
    .strictObject({
      'ipv4-pool': prefixText.optional().describe('where `ipv4: auto` comes from; default 10.64.0.0/12'),
      'ipv6-pool': z.string().optional().describe('a prefix, or `ula` (default): an RFC 4193 prefix drawn once'),
      'interface-ids': z
        .enum(['hex', 'shifted', 'words', 'decimal'])
        .optional()
        .describe(
          'how IPv6 mirrors host number 29: `::1d` (hex, default), `:1d00::1` (shifted), `:1d:1` (words), `::29` (decimal)',
        ),
      ports: z.tuple([port, port]).optional().describe('free ports for consoles and monitors; default 20000 to 29999'),
    })
    .optional()
    .describe('where planned addresses and ports come from'),
  outside: z
    .strictObject({
      networks: z.record(name, outsideNetwork).optional().describe('the networks that are there'),
      machines: z.record(name, machine).optional().describe('routers, servers and desktops on them'),
    })
    .optional()
    .describe('what exists already: emulated in a world, never changed'),
  hosts: z.record(name, machine).optional().describe('the machines that carry the networks below'),
  networks: z.record(name, network).optional().describe('what Lanwright makes'),
  machines: z.record(name, machine).optional().describe('the virtual machines'),
  dns: dns.optional(),
  watch: watch.optional(),
  groups: z.record(name, z.array(z.string()).min(1)).optional().describe('names for several machines'),
  policy: z.array(policy).optional().describe('makes filter rules, first match wins, and is measured'),
  expect: z.array(expectation).optional().describe('only measured'),
  accept: accept.optional(),
});

export type SpecData = z.infer<typeof specSchema>;
export type SpecMachine = z.infer<typeof machine>;
export type SpecNic = z.infer<typeof nicBody>;
export type SpecNetwork = z.infer<typeof network>;
export type SpecOutsideNetwork = z.infer<typeof outsideNetwork>;
export type SpecRoute = z.infer<typeof route>;
export type SpecBond = z.infer<typeof bond>;
export type SpecService = z.infer<typeof service>;
export type SpecFirewall = z.infer<typeof firewall>;
export type SpecFirewallItem = z.infer<typeof firewallItem>;
export type SpecPolicy = z.infer<typeof policy>;
export type SpecExpectation = z.infer<typeof expectation>;
export type SpecAddress = z.infer<typeof address>;

/** A key path into the file, as in `['machines', 'web', 'nics', 0]`. */
export type Path = readonly (string | number)[];

/** The file as written. `source.spanOf(path)` is the place of a value, `source.keySpanOf(path)` that of its key. */
export interface Spec {
  readonly data: SpecData;
  readonly source: SourceFile;
}
