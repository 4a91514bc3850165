/** What the reference says of machines that find their routes by themselves. */
export const routing = `## Routes that routers find

A machine with \`routing: ospf\` forwards, and finds its routes together with the others that have it, by OSPF: version 2 for
IPv4 and version 3 for IPv6, one area, with BIRD (Debian's package \`bird2\`). On networks where there are others it speaks to
them, once a second; whoever is silent for four seconds is gone (a way that was cut unseen was replaced within 4.6 s). Of its
other networks it tells, and speaks to nobody there; \`internet\` and tunnels it leaves alone. Each interface has a \`cost\`, 10 by default: of two ways the one counts that costs less
in sum, and of two that cost the same that by the gateway with the lowest address. Whoever has a default route otherwise, from
its network's gateway or by DHCP, tells of it, and the others take the nearest. Routes that a file gives come before those
that are found: they have the metric 2048.

A firewall on such a machine lets OSPF through where it is spoken. What is predicted is the network at rest, with the
routes that the routers come to; \`up\` waits until they have them, half a minute at most, and usually eight seconds, since a
router may speak of itself once in five.

\`\`\`yaml
lab: found
networks:
  left: { mode: private, ipv4: 10.1.0.0/24, gateway: r1 }
  right: { mode: private, ipv4: 10.2.0.0/24, gateway: r2 }
  quick: { mode: private, ipv4: 10.0.0.0/30 }
  slow: { mode: private, ipv4: 10.0.0.4/30 }
machines:
  r1: { nics: { lan: left, a: quick, b: { network: slow, cost: 100 } }, routing: ospf }
  r2: { nics: { lan: right, a: quick, b: { network: slow, cost: 100 } }, routing: ospf }
  anna: { nics: [left] }
  bela: { nics: [right] }
\`\`\`

`;
