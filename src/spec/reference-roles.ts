/** A hand-written part of the reference: what machines do for others beside their networks. */

export const serving = `## What machines serve

\`services\` also says what a machine does for others, by a word, or by a map that says more. Each is a well-known program,
configured from the lab, started again when it ends, and heard in \`lanwright logs MACHINE\`:

| Word | Program | Port | Serves |
| --- | --- | --- | --- |
| \`web\` | nginx | TCP 80, or those of \`port\` | a page that says the machine's name, or \`folder\` |
| \`time\` | chrony | UDP 123 | the time, by its own clock, or that of those in \`from\` |
| \`mail\` | postfix | TCP 25 | mail for \`domain\`, and mail of the lab's networks for others |
| \`files\` | samba | TCP 445 | \`folder\`, as \`share\`, without a password |

\`\`\`yaml
lab: serving
networks:
  lan: { mode: nat, ipv4: 10.0.0.0/24, publish: [{ to: web, tcp: 80 }] }
machines:
  web: { nics: [lan], services: [web, time] }
  intranet: { nics: [lan], services: [{ web: { port: [80, 8080], folder: /usr/share/doc } }] }
  post: { kind: vm, image: debian, nics: [lan], services: [mail, { files: { share: scans, folder: /srv/scans } }] }
  desk: { nics: [lan] }
expect:
  - { from: post, to: internet, tcp: 25 }
  - { from: desk, to: internet, tcp: 25, answer: refused }
  - { from: desk, to: post, tcp: [25, 445] }
  - { from: desk, to: web, tcp: 80, udp: 123 }
  - { from: internet, to: host, tcp: 80 }
\`\`\`

- \`web\` and \`time\` run anywhere. \`mail\` and \`files\` change to users of their own, which takes \`kind: vm\` and
  \`image: debian\` (or a disk image of yours that has the program). What a Debian guest serves is installed in it; what the
  distribution itself would start of the same programs stays off.
- A folder is the machine's: of a namespace one of this computer, read with your own rights; of a virtual machine one of its own.
- A time server answers the networks of the lab, and leaves the clock of its machine alone. \`ntp\` on a network has DHCP tell of it.
- A mail server takes mail for any name of its domain: what is for no user of the machine comes to root. Mail for others
  it takes from the networks that Lanwright makes, and hands it to \`relay\`, or else finds their servers by \`dns\`. Until a line
  of \`policy\` speaks of TCP port 25, mail servers alone send mail to the internet.
- Whoever reaches a share may use it, all as the same user (\`nobody\`); \`write: false\` lets them only read.
- Nothing is opened in firewalls: \`allow: [http]\`, \`ntp\`, \`smtp\` or \`smb\` does that.

Of Debian's packages \`nginx\` and \`chrony\` have the programs for namespaces and for guests that live in memory. They also start
a server for the machine they are installed on; \`systemctl disable --now nginx chrony\` ends those.

`;
