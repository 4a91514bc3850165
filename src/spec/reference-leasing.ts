/** The part of the reference that tells who gives out addresses: DHCPv6, and servers on other networks. */
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

`;
