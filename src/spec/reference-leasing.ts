/** The part of the reference that tells who gives out addresses, and what is told beside them. */
export const leasing = `## DHCPv6

\`dhcp6\` on a network says who gives out IPv6 addresses, in the words of \`dhcp\`. A machine with \`ipv6: dhcp\`, or
\`address: dhcp\`, has the address of its number kept for it, and asks for it by the identifier that its MAC makes (DUID-LL,
RFC 8415). DHCPv6 tells neither the router nor what is on the link, so the router of the network, or the server where there
is none, advertises both, and says that addresses are given out (the M flag). Without \`ra\` that is all that it advertises;
\`ra: true\` beside \`dhcp6\` lets machines make addresses of their own, too.

\`\`\`yaml
lab: given
networks:
  lan: { mode: routed, ipv4: 10.0.0.0/24, ipv6: 2001:db8:1::/64, dhcp6: true }
machines:
  web: { number: 20, nics: [{ network: lan, ipv6: dhcp }] }
\`\`\`

Who is not known gets an address from \`range\`, by default from 65536 of them beyond those that mirror host numbers. Machines
ask with dhclient: Debian's package \`isc-dhcp-client\` has it.

## Servers on other networks

A DHCP server may stand on another network. \`relay\` names the machine on the network that passes on what is asked, and the
answers back, \`true\` the router; the same for \`dhcp6\`. A relay needs a fixed address there, which tells the server the
network, and a way to the server and back.

\`\`\`yaml
lab: relayed
networks:
  services: { mode: private, ipv4: 10.0.1.0/24, ipv6: 2001:db8:1::/64, gateway: gate }
  desks:
    mode: private
    ipv4: 10.0.2.0/24
    ipv6: 2001:db8:2::/64
    gateway: gate
    dhcp: { server: directory, relay: true }
    dhcp6: { server: directory, relay: true }
machines:
  gate: { nics: [{ network: services, address: 1 }, { network: desks, address: 1 }], services: [router] }
  directory: { nics: [services] }
  desk: { nics: [{ network: desks, address: dhcp }] }
\`\`\`

## What members are told beside addresses

\`routes\` on a network are ways to elsewhere by another router than its gateway. Who asks by DHCP is told of them (option 121,
with the default route among them, since who takes these takes no other router: RFC 3442), who listens to router
advertisements hears of them from the router itself (RFC 4191), and on all others they are configured. Members have those of
both families. \`search\` names the domains that they look names up in, in place of \`zone\`. \`ra\` may name up to three routers:
hosts prefer the first, and take another one when it is gone.

\`\`\`yaml
lab: told
networks:
  desks:
    mode: private
    ipv4: 10.0.1.0/24
    ipv6: 'fd00:1::/64'
    gateway: gate
    dhcp: gate
    ra: [gate, spare]
    routes: [{ to: branch, via: side }]
    search: [desks.office.example, office.example]
  branch: { mode: private, ipv4: 10.0.2.0/24, ipv6: 'fd00:2::/64', gateway: side }
machines:
  gate: { nics: [desks], services: [router] }
  spare: { nics: [desks], services: [router] }
  side: { nics: [desks, branch], services: [router] }
  names: { start: first, nics: [desks] }
  desk: { nics: [{ network: desks, ipv4: dhcp, ipv6: slaac }] }
  far: { nics: [branch] }
dns: { zone: office.example, servers: names }
\`\`\`

- A machine's own links come before what it is told (metric 50 more than that of its default route by DHCP), and its own
  \`routes\` to the same place in place of those of its networks.
- Linux takes routes of advertisements only where \`accept_ra_rt_info_max_plen\` says so; the machines of the lab have it set.
- Members of a network with an \`mtu\` of its own are told it, by DHCP (option 26) and by advertisements.
- A router that is stopped takes back the ways that it advertised. How soon hosts find that a default router is gone
  without a word is theirs to know: Linux takes the next one once it gets no answer from the first.

`;
