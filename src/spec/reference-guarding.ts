/** Hand-written parts of the reference: what keeps machines from speaking for others, and who watches whether they are there. */

export const guarding = `## Machines that speak for others

\`antispoof: true\` at a network has the host drop, where they come in, the frames that a machine on it sends from a MAC
address that is not its own, ARP for IPv4 addresses that are not its own, and packets of IPv4 and IPv6 from other sources
than its own addresses:

\`\`\`yaml
lab: guarded
networks:
  lan: { mode: nat, ipv4: 10.0.0.0/24, ipv6: 'fd00:1::/64', antispoof: true }
machines:
  web: { nics: [lan] }
  desk: { nics: [lan] }
\`\`\`

- A machine's own addresses are those of all its interfaces: written, planned, leased, made from its MAC (SLAAC, link-local),
  or shared with others. What it gives itself beyond that (temporary addresses, a second address by hand) does not get out.
- A machine that forwards sends what others sent: of it only MACs and ARP are looked at. Of one that gets an address from a
  DHCP server or a router that the lab does not have, the family of that address is left alone.
- Neighbour discovery is looked at by the source of its packets only: who answers for another's IPv6 address from its own
  link-local one is believed.
- The rules are the table \`bridge lanwright\` on the host (\`nft list table bridge lanwright\`). A \`proxied\` network has no
  bridge, and cannot be guarded so.

`;

export const watching = `## Who watches

\`watch\` names a machine that the others check in with: an HTTP request (\`POST /check-in/MACHINE\`) every few seconds over
the networks of the lab. When a machine is silent for longer than \`silence\`, one alert is raised; no second one is while
that is open, and it is over when the machine is heard of again. \`lanwright status\` shows what is open.

\`\`\`yaml
lab: watched
networks:
  lan: { mode: nat, ipv4: 10.0.0.0/24 }
machines:
  monitor: { start: first, nics: [lan], services: [{ firewall: { allow: [ping, { tcp: 8008, from: lan }] } }] }
  web: { nics: [lan] }
  db: { nics: [lan] }
watch:
  by: monitor
  every: 5
  silence: 15
  alert: { command: [logger, --tag, lanwright] }
\`\`\`

- That every check-in arrives is expected as if \`expect\` said it: \`predict\` and \`verify\` tell of a filter or a route that
  stops it. Nothing is opened for check-ins; a firewall of the watching machine has to allow their port.
- Each alert is told twice: when it is raised, and when it is over. A command gets a line of JSON on its standard input, and
  the same in \`LANWRIGHT_EVENT\` (\`opened\` or \`closed\`), \`LANWRIGHT_MACHINE\` and \`LANWRIGHT_SILENT_SINCE\`; it is run once,
  and ended after a minute. A webhook gets the JSON by POST, from the watching machine, and is asked up to five times.
- \`alert: { mail: admin@office.example, via: mail }\` hands a mail to the machine \`mail\` (SMTP, TCP port 25, no more than
  RFC 5321 asks of everybody), which passes it on. Without \`via\` that is the machine that \`dns\` names as \`mail\`, or the
  first one with the service \`mail\`. There is one mail when an alert is raised, none while it is open, and one, as an answer
  to the first, when it is over. A host that does not answer, or says \`4xx\`, is asked up to five times within half a minute;
  one that says \`5xx\` is not asked again. That the mail host is reached is expected, too; who may send mail to the internet
  is not changed by it.
- The command runs on the watching machine and never outside of the lab: in a virtual machine as its administrator, else
  in the machine's network with your own rights to files. It is started as it is written, without a shell.
- Check-ins are believed: any machine that reaches the port can check in for another one.
- A machine that is stopped on purpose is silent, too. What the watching machine does is in \`lanwright logs\`; when its
  program dies it is started again, and open alerts stay what they are.

Both programs are written in Perl, of which Debian's \`perl-base\` is enough.

`;
