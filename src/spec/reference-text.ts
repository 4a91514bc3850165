/**
 * The hand-written part of `docs/spec.md`: what the tables of keys cannot say. Its examples are read by a test.
 */
import { enciphered } from './reference-tunnels.ts';
import { guarding, watching } from './reference-guarding.ts';
import { serving } from './reference-roles.ts';
import { routing } from './reference-routing.ts';
import { leasing } from './reference-leasing.ts';

/** Before the tables. */
export const introduction = `# The lab file

One YAML file says what a network of machines should be. Everything that it leaves out is planned, and \`lanwright plan\`
shows every value that was chosen. The choices are pinned in \`<name>.lock.yaml\` beside the file, so that adding or
removing a machine never changes the number, MAC or address of another one.

This is a whole lab: two machines on one network, behind address translation.

\`\`\`yaml
lab: quickstart
networks:
  lan: { mode: nat }
machines:
  a: { nics: [lan] }
  b: { nics: [lan] }
\`\`\`

Seven parts say what there is, two say what shall hold:

| Part | What stands in it |
| --- | --- |
| \`outside\` | networks and machines that exist already; they are emulated, never changed |
| \`hosts\` | the machines that carry the networks and the virtual machines |
| \`networks\` | the networks to make |
| \`machines\` | the virtual machines |
| \`groups\` | names for several machines |
| \`dns\` | who answers for the names of the machines, and what others are told |
| \`watch\` | who watches whether the machines are there |
| \`policy\` | what may be sent; it makes filter rules, and is measured |
| \`expect\` | what is only measured |

\`internet\` is a network that is always there. A machine with an interface on it reaches a server on the emulated
internet, over IPv4 and IPv6.

## The modes of a network

| Mode | The machines on it | The outside sees | Needs |
| --- | --- | --- | --- |
| \`bridged\` | are on the outside network, beside the host | the machines themselves | \`nic\`, or \`on\` |
| \`nat\` | have a network of their own, the host is the router | the host's address; it cannot begin a connection, except to what is published | |
| \`routed\` | have a network of their own, the host is the router | the machines' addresses, where the outside routers have a route back | that route; \`plan\` prints the command |
| \`proxied\` | have addresses of the outside network, without a bridge: the host answers ARP and NDP for them | the machines' addresses, behind the host's MAC address | \`on\` |
| \`host-only\` | reach each other and the host | nothing | |
| \`private\` | reach each other only; the host has no address there | nothing | |

\`bridged\` is the mode for machines that anybody on the LAN should reach. \`nat\` works everywhere, since nobody outside
needs to know of the network. \`routed\` is for those who can add a route to the router. \`proxied\` is for a NIC that
cannot be a port of a bridge: a wireless one, or one behind a provider who accepts a single MAC address.

\`\`\`yaml
lab: modes
outside:
  networks:
    office: { ipv4: 192.168.0.0/24, gateway: router }
    yard: { ipv4: 192.168.7.0/24, gateway: router }
  machines:
    router:
      nics: { lan: { network: office, address: 1 }, yard: { network: yard, address: 1 }, wan: internet }
      nat: true
      routes: [{ to: servers, via: metal }]
hosts:
  metal: { nics: { eth0: { network: office, address: 3 }, wlan0: { network: yard, address: 3, gateway: none } } }
networks:
  lan: { mode: bridged, nic: eth0 }
  inner: { mode: nat, ipv4: 10.0.0.0/24, dhcp: true }
  servers: { mode: routed, ipv4: 10.0.1.0/24 }
  shared: { mode: proxied, on: yard }
  dmz: { mode: private }
machines:
  desk: { nics: [lan] }
  client: { nics: [{ network: inner, address: dhcp }] }
  web: { number: 20, nics: [servers, dmz] }
  guest: { nics: [shared] }
\`\`\`

## Addresses

An interface without \`address\` has \`auto\`. The words and numbers are those of the interface's network:

| Written | Means |
| --- | --- |
| \`auto\` | planned: the machine's number where the network has room for it, else the next free one; both families |
| \`20\` | host number 20: \`10.0.0.20\` in 10.0.0.0/24, and the same number in the network's IPv6 prefix |
| \`last\` | the last address that a machine may have |
| \`192.0.2.5\` | this address, with the prefix length of the network, in which it must lie |
| \`192.0.2.5/24\` | this address and length; it may lie outside the network's prefix |
| \`dhcp\` | asked for by DHCP; IPv6 by DHCPv6 where the network has \`dhcp6\`, else by SLAAC where it has \`ra\` |
| \`slaac\` | IPv6 from router advertisements |
| \`none\` | no address |
| \`[dhcp, 192.0.2.9/24]\` | several at once |

Write a host number as \`20\`, not as \`.20\`, which YAML reads as a fraction. Put an IPv6 address that ends in a colon in
quotes: \`'2001:db8::'\`. \`address\` speaks of both families; \`ipv4\` and \`ipv6\` beside it override it for one.

A host number makes an IPv6 address in one of four ways, \`interface-ids\` under \`addressing\`. Number 29 is \`::1d\` (hex),
\`:1d00::1\` (shifted), \`:1d:1\` (words) or \`::29\` (decimal).

A network with neither \`ipv4\` nor \`ipv6\` gets both, planned. With one of them it has only that one; \`auto\` adds the other.

## Bonds and VLANs

\`bond: [eth0, eth1]\` makes an interface of several: each has a cable of its own, and the network and addresses are those
of the bond. \`active-backup\`, the default, uses one of them at a time and asks nothing of the switch; \`802.3ad\`,
\`balance-xor\` and \`balance-rr\` use all, and the switch takes the cables for one, too.

A VLAN is an outside network that is \`on\` another one, with its tag as \`vlan\`. A machine with interfaces on both takes
the tags itself: that on the VLAN stands on the first of those on the other network. A machine that is on the VLAN alone has
an untagged port of the switch. A bridged network may lead over either. Bonds and VLANs need a kernel that has them:
\`kind: vm\` brings one. Switches run on the kernel of this machine, which needs to filter VLANs for untagged ports, and to
bond for modes in which the switch takes part.

\`\`\`yaml
lab: tags
outside:
  networks:
    office: { ipv4: 192.168.0.0/24 }
    staff: { on: office, vlan: 10, ipv4: 192.168.10.0/24 }
  machines:
    router: { kind: vm, nics: { eth0: { network: office, address: 1 }, eth0.10: { network: staff, address: 1 } } }
    desk: { nics: { eth0: { network: staff, address: 5 } } }
hosts:
  metal:
    kind: vm
    nics:
      bond0: { network: office, address: 3, bond: [eth0, eth1] }
      bond0.10: { network: staff, address: none }
networks:
  br10: { mode: bridged, nic: bond0.10 }
machines:
  web: { nics: [br10] }
\`\`\`

## Shared addresses and several servers

\`shared\` on a network lists addresses that several machines share: the first that lives has it, and when it falls silent
the next takes it over within two seconds (VRRP, RFC 9568). A machine that shares addresses on several networks has all of
them or none. As \`gateway\` of a network, and as next hop of a route, such an address makes two routers one.

\`dhcp: [a, b]\` has two machines, or more, give out addresses: each a part of the range, and both what belongs to the
machines of the lab, so that either is enough. Who asks for an address is told the \`mtu\` of the network, where it has one,
and whom to ask for the time: \`ntp\` on the network names machines or addresses.

\`dhcp: { server: [a, b], standby: hot }\` has the first give out the whole range and tell the second of each lease before the
client hears of it; the second answers when the first does not. This is Kea: Debian's packages \`kea-dhcp4-server\` and
\`kea-dhcp6-server\` have it, and \`program: kea\` runs a single server by it. A server that is killed is missed for two or
three seconds; one whose cable is out for four, since on these two machines TCP gives a connection up after 1.4 seconds
without an answer (\`tcp_retries2\`). What the two tell each other is neither signed nor secret: whoever is on their network
can ask either for its leases. Of two that share the range, without \`standby\`, the other one answers at once, with an address
of its own part to whoever the lab does not know.

\`\`\`yaml
lab: pair
networks:
  outer: { mode: host-only, ipv4: 10.0.0.0/29, shared: [{ address: 5, by: [fw1, fw2] }] }
  inner: { mode: private, ipv4: 10.0.1.0/24, gateway: 254, shared: [{ address: 254, by: [fw1, fw2] }] }
machines:
  fw1: { nics: [outer, inner], services: [router] }
  fw2: { nics: [outer, inner], services: [router] }
  web: { nics: [inner] }
\`\`\`

${guarding}${routing}${leasing}## Tunnels

A tunnel is an outside network with \`tunnel\`: it has no cables. Its two members send each other what is on it inside of
packets of IPv4: IPv6 (\`6in4\`), IPv4 (\`ipip\`), or both (\`gre\`). Outer packets go from address to address of the two
machines: those on a network that both are on, else those on \`internet\`, else the first; \`local\` and \`remote\` say it
otherwise. Behind address translation the far end needs \`remote\`, the address that it sees, and the network in between
publishes the tunnel, so that either side may begin.

\`6to4\` and \`6rd\` have any number of members, whose addresses are made of their IPv4 addresses: 192.0.2.1 has
2002:c000:201::/48, or as much of the provider's prefix of 6rd. Packets to such an address go straight to its owner; the
rest goes to the gateway of the network, the relay. It has to be named: the anycast relay of 6to4 is out of use (RFC 7526).
Linux keeps one IPv4 route for all of them, that of the first it sends to. So outer packets of these tunnels all take the
default route of the machine (a rule for IP protocol 41), unless the gateway translates or filters, redirects are not taken,
and what leads to no other machine (the machine's own prefix, broadcast, multicast and loopback addresses) is unreachable.

Tunnels need a kernel that has them: \`kind: vm\` brings one.

\`\`\`yaml
lab: broker
outside:
  networks:
    tunnel: { tunnel: 6in4, ipv6: 2001:db8:1:2::/64, gateway6: broker }
  machines:
    broker:
      kind: vm
      nics:
        wan: { network: internet, address: 20 }
        six: { network: tunnel, address: 1, gateway: none, remote: 203.0.113.30 }
      services: [router]
hosts:
  metal: { nics: { eth0: { network: internet, ipv4: 30, ipv6: none } } }
networks:
  inner: { mode: nat, ipv4: 10.0.0.0/24, publish: [{ to: gate, tunnel: 6in4 }] }
machines:
  gate: { kind: vm, nics: { eth0: inner, tun: { network: tunnel, address: 2 } } }
\`\`\`

${enciphered}
## Names

\`dns\` names the machines that answer for names. Each of them has the zone of the lab with all machines in it, forward
and reverse, IPv4 and IPv6, finds out all other names from the root on, and stands in for the others when they are gone:
nothing is copied between them, so that none has to ask another one first. Where there are several, the next one is asked
after a second of silence.

\`\`\`yaml
lab: named
networks:
  lan: { mode: nat, ipv4: 10.0.0.0/24, dhcp: true, publish: [{ to: ns, udp: 53 }, { to: ns, tcp: 53 }, { to: web, tcp: 80 }] }
machines:
  ns: { start: first, nics: [lan] }
  web: { nics: [lan] }
  desk: { nics: [{ network: lan, address: dhcp }] }
dns:
  zone: office.example
  servers: ns
  names: { www: web, printer: 10.0.0.60 }
  outside: { ns: ns, www: web }
\`\`\`

- A machine is \`web.office.example\`, with the address of each family that the others know it by. One with several
  addresses has a name for each interface, too: \`eth1.web.office.example\`. Every address leads back to one of these.
- Members of a network are told by whoever serves them: DHCP (options 6, 15 and 119), router advertisements (RDNSS and
  DNSSL) for machines without IPv4, else their own configuration. \`dns: false\` at a network tells its members nothing and
  refuses them; a name there tells them of these servers alone. Hosts and outside machines are left as they are, unless an
  outside network has \`dns: true\`.
- Of several interfaces one decides whom the machine asks: the first that brings a default route, or the one with
  \`resolver: true\`. \`gateway: none\` at an interface takes no default route from it, whatever DHCP says.
- Others are refused, unless \`outside\` names what they may know, with the addresses that lead there from outside: what
  is published, or is on an outside network. The emulated internet has a root that leads to the zone, and servers for
  all names below \`example.com\`, \`example.net\` and \`example.org\`.
- A change of the lab reaches a running name server by its own door; it goes on answering meanwhile. One that dies is
  started again.
- Zones have serial numbers that rise with each change; the lock file keeps them.

The machines of \`servers\` are given the zones. Those of \`secondaries\` copy them by zone transfer (AXFR, then IXFR), are told
of each change (NOTIFY), and have it within a second or two; members of networks are told of both:

\`\`\`yaml
lab: copied-names
networks:
  lan: { mode: nat, ipv4: 10.0.0.0/24, dhcp: true }
machines:
  ns1: { start: first, nics: [lan] }
  ns2: { start: first, nics: [lan] }
  desk: { nics: [{ network: lan, address: dhcp }] }
dns:
  servers: ns1
  secondaries: ns2
\`\`\`

- A copy is given to the addresses of the secondaries, and only where the request is signed (TSIG) with a key that is made for
  the world and is in no file of yours; each view has its own. Anybody else is refused.
- That secondaries reach the others by TCP and UDP port 53, and are reached by UDP, is expected as if \`expect\` said it.
- A secondary goes on answering when its primary is gone, also after it was started again itself.
- A serial number never falls while a lab runs, even where its lock file is lost or goes back to an older one.
- A reverse zone that is wider than its networks is answered for as a whole.
- \`lanwright render\` writes no configuration for name servers that copy zones, or have them copied.

Name servers are unbound, or BIND's named where zones are copied, and machines that are told by router advertisements ask with rdisc6: Debian's packages
\`unbound\`, \`bind9\` and \`ndisc6\` have them. The packages \`unbound\` and \`bind9\` also start a name server for the machine
they are installed on; \`systemctl disable --now unbound named\` ends those.

${serving}${watching}## Who talks to whom

The ends of \`policy\` and \`expect\` are \`any\`, \`internet\`, or a machine, a host, a group, a network, an address or a
prefix, or a list of them. A network stands for all machines on it. A machine with \`count\` stands for all its copies;
one of them is \`web-1\`.

Machines that Lanwright makes between others and the internet let no mail (TCP port 25) out, but that of machines with the
service \`mail\`, until a line of \`policy\` speaks of that port: \`{ allow: mail, to: internet, tcp: 25 }\` and \`{ deny: any, to: internet, tcp: 25 }\`.

The lines of \`policy\` are read from the top, and the first that fits decides. A line without \`tcp\`, \`udp\` or \`ping\`
speaks of everything. \`expect\` changes nothing: \`lanwright verify\` measures it and tells the difference.

\`\`\`yaml
lab: rules
networks:
  servers: { mode: routed }
  office: { mode: nat }
machines:
  web: { nics: [servers], count: 2 }
  mail: { nics: [servers], services: [{ firewall: { incoming: deny, allow: [ping, smtp, { tcp: 22, from: office }] } }] }
  desk: { nics: [office] }
groups:
  front: [web, mail]
policy:
  - { allow: desk, to: web, tcp: [80, 443] }
  - { deny: any, to: internet, tcp: 25, except: mail }
expect:
  - { from: desk, to: front, ping: true }
  - { from: desk, to: web-1, tcp: 80, answer: refused, source: desk }
  - { from: internet, to: office, any: false }
\`\`\`

In \`expect\`, \`ping\` and \`any\` say whether there is an answer. A TCP or UDP port is expected to answer unless \`answer\`
says otherwise: \`refused\` (told at once), \`timeout\` (silence), \`unreachable\` (told by a router on the way), or \`false\`
for any of the three.

## How YAML reads it

A lab file is YAML 1.2, of at most 1 MiB. Indentation is by spaces. A key stands once in a map. \`&name\` and \`*name\`
repeat a value; merge keys (\`<<\`) and tags (\`!name\`) are refused. \`yes\`, \`no\`, \`on\` and \`off\` are text; write \`true\` and
\`false\`. A number with a leading zero is decimal, and told: \`010\` is 10.
`;

/** After the tables. */
export const closing = `## Editors

\`lanwright schema\` prints the same language as a JSON Schema, for completion and checking while you write. With the
YAML language server, the first line of a lab file names it:

\`\`\`yaml
# yaml-language-server: $schema=./lab.schema.json
\`\`\`
`;
