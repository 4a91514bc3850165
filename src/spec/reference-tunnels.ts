/** What the reference says of WireGuard. */
export const enciphered = `\`wireguard\` has any number of members, and enciphers what they send. An end with a \`port\` can be found by the others, and is
a peer of them all; the rest know those alone, and reach one another through the first of them, where it forwards. So a
newcomer changes nothing at those that are there. Ends find one another on a network that both are on, else on
\`internet\`, else where a \`nat\` network publishes the UDP port, else at an address that the internet routes, over IPv4 before
IPv6; \`local\` at the end that is found, or \`remote\` at the one that looks for it, say it otherwise. Who has no \`port\` sends
something every 25 seconds (\`keepalive\`), so that translators on the way let it be answered.

\`behind\` names the networks that the others reach through an end. They get a route to it, and prefixes that each peer may
send from and be sent (AllowedIPs of wg(8)) follow from it. The machines behind it need a way back: the end is their
gateway, or their gateway has a route to the tunnel by it. \`gateway\` has no meaning here: nobody is led to the internet through a
tunnel of WireGuard.

Each end has a key of its own, which \`lanwright up\` makes when the end is first brought up, and keeps: in a file of the user's data
(\`~/.local/share/lanwright/keys/LAB.json\`) that nobody else can read, and in the virtual machine as \`/etc/wireguard/NIC.key\`.
It is in no lab file, lock file, plan or state; those show public keys. \`lanwright up --forget MACHINE\` makes new ones. No other
command makes keys: what is planned, drawn, predicted or rendered before has public keys that stand in for them.

\`\`\`yaml
lab: vpn
outside:
  networks:
    vpn: { tunnel: wireguard, ipv4: 10.8.0.0/24 }
  machines:
    laptop: { kind: vm, nics: { eth0: internet, wg0: vpn } }
hosts:
  metal: { nics: { eth0: internet } }
networks:
  wan: { mode: nat, ipv4: 10.0.0.0/29, publish: [{ to: gate, udp: 51820 }] }
  services: { mode: private, ipv4: 10.0.1.0/26, gateway: gate }
machines:
  gate: { kind: vm, nics: { eth0: wan, eth1: services, wg0: { network: vpn, port: 51820, behind: services } } }
  web: { nics: [services] }
\`\`\`
`;
