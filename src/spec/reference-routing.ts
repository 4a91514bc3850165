/** What the reference says of machines that find their routes by themselves. */
export const routing = `## Routes that routers find

A machine with \`routing: ospf\` forwards, and finds its routes together with the others that have it, by OSPF: version 2 for
IPv4 and version 3 for IPv6, one area, with BIRD (Debian's package \`bird2\`). On networks where there are others it speaks to
them, once a second; whoever is silent for four seconds is gone (a way that was cut unseen was replaced within 4.6 s). Of its
other networks it tells, and speaks to nobody there; \`internet\` and tunnels it leaves alone. Each interface has a \`cost\`, 10 by default: of two ways the one counts that costs less
in sum, and of two that cost the same that by the gateway with the lowest address. Whoever has a default route otherwise, from
its network's gateway or by DHCP, tells of it, and the others take the nearest, of two as near the one with the higher number.
Routes that a file gives come before those that are found: they have the metric 2048.

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

### Routes between ASes

A machine with \`routing: { bgp: { as: 65001 } }\` is a router of this autonomous system (AS) and speaks BGP, with BIRD, too; of
IPv4 and of IPv6 in sessions of their own. Numbers for private use are 64512 to 65534 and 4200000000 to 4294967294; the plan
mentions others, and reserved ones are refused. All routers of one AS speak with each other (iBGP), since nobody passes on
inside an AS what it heard inside: on the links that they share, or over others between, where both find their routes by OSPF.
Routers of different ASes speak (eBGP) where they share a subnet and nothing says otherwise: one with \`neighbours\` speaks only
to the machines that it names, and to the routers of other ASes on the networks that it names. Two that name their neighbours
have to name each other. There is a session for each link that they share; none on \`internet\`.

A router tells of the networks that it is on, \`internet\` left out, or only of what \`announce\` lists: networks, prefixes,
\`default\`. Of these it tells while it has them: on a link that is up, by its \`routes\`, by OSPF, or, of \`default\`, from its
own gateway or DHCP. A prefix that holds one of them, as in \`10.1.0.0/16\`, it tells of always. What it hears it passes on, to
other ASes only without \`transit: false\`. Each is the next hop of what it tells of. Of several ways to one prefix a router
takes the one over the fewest ASes; of those one from another AS before one from its own; then that to whose router OSPF leads
at the lowest cost; then that of the router with the lowest number, then that of its lowest address. What a router has without
BGP comes first.

With \`ospf: true\` beside \`bgp\` it finds the routes inside its AS by OSPF, which is not spoken on networks where ASes meet.
What it hears from other ASes it tells inside, and of what OSPF finds it tells other ASes, or of what \`announce\` lists of it.
Who hears of a prefix by both goes by BGP.

A neighbour that is silent for four seconds is gone (a line that was cut unseen was replaced within 3.7 s); one whose link goes
down at once. A firewall on a router lets its neighbours in at TCP port 179. The settled routes are predicted like those of
OSPF, and \`explain\` says over which ASes a way leads.

\`\`\`yaml
lab: systems
networks:
  home: { mode: private, ipv4: 10.1.0.0/24, gateway: r1 }
  shop: { mode: private, ipv4: 10.2.0.0/24, gateway: r3 }
  line: { mode: private, ipv4: 10.0.0.0/30 }
  exchange: { mode: private, ipv4: 10.0.1.0/24 }
machines:
  r1: { nics: [home, line], routing: { bgp: { as: 65001, announce: [home] } } }
  r2: { nics: [line, exchange], routing: { bgp: { as: 65002 } } }
  r3: { nics: [shop, exchange], routing: { bgp: { as: 65003, neighbours: [r2], announce: [shop] } } }
  anna: { nics: [home] }
  bela: { nics: [shop] }
\`\`\`

`;
