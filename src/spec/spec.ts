/**
 * The language, said once: the zod schema gives the types, the messages, the JSON Schema and `docs/spec.md`.
 * A `Spec` is the file as written, with the place of every value; names are still text here.
 */
import { z } from 'zod';
import { type SourceFile } from '../source/source-file.ts';

const name = z
  .string()
  .regex(
    /^[a-z][a-z0-9-]{0,30}$/,
    'a name is 1 to 31 lower-case letters, digits and hyphens, and begins with a letter',
  );
const interfaceName = z
  .string()
  .regex(/^[a-zA-Z][a-zA-Z0-9_.-]{0,14}$/, 'an interface name is 1 to 15 letters, digits, `.`, `_` and `-`')
  .describe('name of an interface, at most 15 characters');
const hostNumber = z.int().min(0).describe('a host number: the address that many places into the network');
const addressText = z.string().min(1);

const address = z
  .union([z.enum(['auto', 'dhcp', 'slaac', 'last', 'none']), hostNumber, addressText])
  .describe(
    '`auto` (planned and pinned), `dhcp`, `slaac`, `none`, `last`, a host number, or an address such as `192.0.2.5` or `192.0.2.5/24`',
  );
const addresses = z.union([address, z.array(address).min(1)]);
const prefixText = z.string().min(1).describe('a prefix such as `192.0.2.0/24` or `2001:db8::/64`');
const plannedPrefix = z
  .union([z.enum(['auto', 'none']), prefixText])
  .describe('`auto` (planned and pinned), `none`, or a prefix');
const port = z.int().min(1).max(65535);
const ports = z.union([port, z.array(port).min(1)]).describe('a port, or a list of ports');
const mtu = z.int().min(576).max(65535).describe('largest packet in bytes; default 1500');
const accept = z
  .array(z.string())
  .describe('codes of findings that are meant here; they are told by `plan` but stop nothing');

const gateway = z
  .union([z.enum(['none', 'last']), hostNumber, addressText])
  .describe('the default router: a machine, an address, a host number, `last`, or `none`');

const nicBody = z
  .strictObject({
    network: z.string().describe('the network this interface is on; `internet` is built in'),
    address: addresses.optional().describe('one or several addresses, of either family'),
    ipv4: addresses.optional().describe('overrides `address` for IPv4'),
    ipv6: addresses.optional().describe('overrides `address` for IPv6'),
    aliases: z
      .record(z.string().regex(/^[a-zA-Z0-9]{1,8}$/), addressText)
      .optional()
      .describe('labelled further IPv4 addresses: `{ 0: 192.0.2.9/24 }` is `eth0:0`'),
    mac: z.string().optional().describe('default: 52:54:00, the machine number and the interface'),
    gateway: gateway.optional().describe('overrides the default router of the network'),
    gateway6: gateway.optional().describe('the same for IPv6'),
    mtu: mtu.optional().describe('largest packet in bytes; default: that of the network'),
  })
  .describe('one network interface');
const nic = z.union([z.string(), nicBody]).describe('the name of a network, or the interface in full');

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

const firewallItem = z
  .union([
    z.enum(['ping', 'ssh', 'dns', 'http', 'https', 'smtp', 'dhcp']),
    z.strictObject({
      tcp: ports.optional(),
      udp: ports.optional(),
      from: z
        .union([z.string(), z.array(z.string())])
        .optional()
        .describe('only from these machines, networks, addresses or prefixes; default: from everywhere'),
    }),
  ])
  .describe('`ping`, a service by its name, or `{ tcp, udp, from }`');
const firewall = z
  .strictObject({
    incoming: z
      .enum(['allow', 'deny', 'reject'])
      .optional()
      .describe('what happens to connections to this machine; default `deny`'),
    forward: z.enum(['allow', 'deny', 'reject']).optional().describe('and to those through it; default `allow`'),
    allow: z.array(firewallItem).optional().describe('what is let in although `incoming` says otherwise'),
    reject: z.array(firewallItem).optional().describe('what is refused, and the sender is told'),
    deny: z.array(firewallItem).optional().describe('what is dropped without a word'),
  })
  .describe('a packet filter on this machine; exceptions are read in the order deny, reject, allow');
const dhcpService = z.strictObject({
  network: z.string().describe('the network to serve'),
  range: z.tuple([hostNumber, hostNumber]).optional().describe('first and last host number that it gives out'),
});
const service = z
  .union([z.literal('router'), z.strictObject({ firewall }), z.strictObject({ dhcp: dhcpService })])
  .describe('`router` forwards; `{ firewall: … }`; `{ dhcp: … }`');

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
  services: z.array(service).optional().describe('what it does for others'),
  start: z
    .union([z.enum(['first', 'last']), z.int().min(0)])
    .optional()
    .describe('position in the start order'),
  accept: accept.optional(),
});

const dhcp = z
  .union([
    z.boolean(),
    z.string(),
    z.strictObject({
      server: z.string().optional().describe('the machine that serves; default: the gateway, or the host'),
      range: z.tuple([hostNumber, hostNumber]).optional().describe('first and last host number that it gives out'),
    }),
  ])
  .describe(
    'who gives out IPv4 addresses: `true` (the gateway, or the host), the machine that serves, or `{ server, range: [first, last] }` in host numbers',
  );

const outsideNetwork = z.strictObject({
  ipv4: prefixText.optional(),
  ipv6: prefixText.optional(),
  gateway: gateway.optional().describe('the router its members use by default'),
  gateway6: gateway.optional().describe('the same for IPv6, where it differs'),
  dhcp: dhcp.optional(),
  ra: z
    .union([z.boolean(), z.string()])
    .optional()
    .describe('router advertisements: from the gateway, or from the machine named'),
  mtu: mtu.optional(),
  accept: accept.optional(),
});

const publish = z.strictObject({
  to: z.string().describe('the machine that answers'),
  address: addressText.optional().describe('the outer address; default: the first of the host'),
  tcp: port.optional().describe('the outer TCP port; without `tcp` and `udp`: the whole address, both ways'),
  udp: port.optional().describe('the outer UDP port'),
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
  ra: z
    .union([z.boolean(), z.string()])
    .optional()
    .describe('router advertisements: from the host, or from the machine named'),
  publish: z.array(publish).optional().describe('nat: ports, or whole addresses, of the host that lead to machines'),
  stp: z.boolean().optional().describe('spanning tree protocol on the bridge; default `false`'),
  mtu: mtu.optional(),
  accept: accept.optional(),
});

const endpoints = z
  .union([z.string(), z.array(z.string()).min(1)])
  .describe('`any`, `internet`, a machine, host, group, network, address or prefix; or a list of them');
const policy = z
  .strictObject({
    allow: endpoints.optional().describe('who may'),
    deny: endpoints.optional().describe('who may not'),
    to: endpoints,
    except: endpoints.optional().describe('for whom the line does not hold, among those in `allow` or `deny`'),
    tcp: ports.optional(),
    udp: ports.optional(),
    ping: z.literal(true).optional().describe('ping only'),
  })
  .describe('`{ allow | deny: from, to: … }`; without tcp, udp or ping: everything');
const expectation = z
  .strictObject({
    from: endpoints,
    to: endpoints,
    family: z
      .union([z.literal(4), z.literal(6)])
      .optional()
      .describe('4 or 6; default: every family that both ends have'),
    ping: z.boolean().optional().describe('whether a ping is answered'),
    any: z.boolean().optional().describe('whether anything is: ping, TCP and UDP alike'),
    tcp: ports.optional(),
    udp: ports.optional(),
    answer: z
      .union([z.boolean(), z.enum(['refused', 'timeout', 'unreachable'])])
      .optional()
      .describe('for tcp and udp: whether, or how, it is answered; default `true`'),
    source: z.string().optional().describe('the source address (or machine) that the far end sees'),
  })
  .describe('`{ from, to }` and what is measured between them');

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
