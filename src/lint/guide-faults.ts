/**
 * Faults of five how-to guides that people copy from, in our own words, and the rules that find each: for docs/lint.md.
 * `test/lint/guides` holds the files of each, and proves what comes of it.
 */
export interface GuideFault {
  /** Names it in the tests. */
  readonly id: string;
  readonly text: string;
  /** Codes; none: `why` says why no rule can. */
  readonly rules: readonly string[];
  readonly why?: string;
}

export interface Guide {
  readonly title: string;
  readonly faults: readonly GuideFault[];
}

export const guides: readonly Guide[] = [
  {
    title: 'A guide to Ubuntu’s networking with libvirt',
    faults: [
      {
        id: 'ubuntu-gateways',
        text: 'The second card gets a gateway of its own beside the one that DHCP gives the first.',
        rules: ['two-default-routes'],
      },
      { id: 'ubuntu-same-subnet', text: 'Both cards are in one subnet of one LAN.', rules: ['same-subnet-twice'] },
      {
        id: 'ubuntu-stp',
        text: 'Bridges have `bridge_stp on` and `bridge_fd 0`: the kernel refuses the 0, and guests that ask DHCP wait half a minute.',
        rules: ['refused-setting', 'stp-delays-dhcp'],
      },
      {
        id: 'ubuntu-onlink',
        text: 'The laptop’s routes to networks behind the server name its card and no gateway. The server’s own addresses answer, its guests never; the guide takes that for forwarding that is off.',
        rules: ['onlink-behind-router'],
      },
      {
        id: 'ubuntu-wrong-network',
        text: 'A guest in 192.168.78.0/24 says `network 192.168.77.0`.',
        rules: ['network-mismatch'],
      },
      {
        id: 'ubuntu-wrong-gateway',
        text: 'The same guest has a gateway of 192.168.77.0/24, which its kernel refused.',
        rules: ['gateway-outside-subnet'],
      },
      {
        id: 'ubuntu-no-dhcp',
        text: 'Guests ask DHCP on a bridge without ports, and on a libvirt network without `<dhcp>`: they boot for minutes and have no address.',
        rules: ['dhcp-unanswered'],
      },
      {
        id: 'ubuntu-not-translated',
        text: 'A guest in 192.168.77.0/24 reaches the laptop and not the internet: nobody translates that network.',
        rules: ['not-translated'],
      },
      {
        id: 'ubuntu-ipv6-open',
        text: 'libvirt’s rules are for IPv4; the guide looks at ip6tables, finds it empty, and goes on.',
        rules: ['ipv4-only-firewall'],
      },
      {
        id: 'ubuntu-claims',
        text: 'It concludes that libvirt does not forward, and that an alias needs no route on the other side.',
        rules: [],
        why: 'conclusions are no configuration; `explain` tells the true cause',
      },
    ],
  },
  {
    title: 'A guide to Xen’s bridged, routed and NAT networks',
    faults: [
      {
        id: 'xen-mask',
        text: '`-s 10.0.0.0 -j MASQUERADE` has no mask: it matches one address that nobody has. With the mask, “two-way routed” would be NAT.',
        rules: ['mask-missing'],
      },
      {
        id: 'xen-forwarding',
        text: 'The step “configure dom0 for forwarding” switches on proxy ARP and not forwarding, which works only because a script of Xen does the rest.',
        rules: ['proxy-arp-without-forwarding', 'forwarding-off'],
      },
      { id: 'xen-proxy-all', text: 'It switches proxy ARP on for all interfaces.', rules: ['proxy-arp-everywhere'] },
      {
        id: 'xen-gateway',
        text: 'Guests have the gateway 10.0.0.254, which is nobody’s address: proxy ARP answers for it.',
        rules: ['gateway-nobody-has'],
      },
      {
        id: 'xen-return',
        text: 'Without the route of its fifth step answers are lost at the default gateway; it is the last step, and of another machine.',
        rules: ['missing-return-route'],
      },
      {
        id: 'xen-loop',
        text: 'That route leads all of 10.0.0.0/24 to a host which has routes to single guests: the rest goes round between the two.',
        rules: ['routing-loop'],
      },
      {
        id: 'xen-scripts',
        text: 'Its overview has all three network scripts one after the other: the last one counts.',
        rules: ['overridden-key'],
      },
      {
        id: 'xen-broadcast',
        text: 'The interfaces that it shows have masks and broadcast addresses that do not fit each other, three times.',
        rules: ['network-mismatch'],
      },
      {
        id: 'xen-mac',
        text: 'No `vif` has a MAC address: guests have another one at every start.',
        rules: ['mac-by-chance'],
      },
      {
        id: 'xen-spoofing',
        text: 'The rules of vif-bridge that tie a guest to its address stand in a chain that accepts everything.',
        rules: ['rule-without-effect'],
      },
      {
        id: 'xen-commands',
        text: 'Routes and settings are typed and gone after the next boot; networks are called /24 in one line and /8 in the next; the file that is made is not the one that is started.',
        rules: [],
        why: 'what was typed is not in any file',
      },
    ],
  },
  {
    title: 'A small machine that makes itself the IPv6 router of a LAN',
    faults: [
      {
        id: 'appliance-anycast',
        text: 'Its tunnel leads to the anycast relay of 6to4, which is withdrawn.',
        rules: ['deprecated-6to4'],
      },
      {
        id: 'appliance-prefix',
        text: 'Its prefix is made of the address that the world sees, which is the home router’s: answers by other relays are dropped there.',
        rules: ['foreign-6to4-prefix'],
      },
      { id: 'appliance-anybody', text: 'It takes protocol 41 from any address.', rules: ['tunnel-from-anybody'] },
      {
        id: 'appliance-discovery',
        text: 'Its filter, word by word, drops all IPv6 that comes in on the LAN, neighbour discovery included: nobody would find the router.',
        rules: ['neighbour-discovery-dropped'],
      },
      {
        id: 'appliance-radio',
        text: 'Bridged to a wireless card it works for its host only.',
        rules: ['bridged-wifi'],
      },
      {
        id: 'appliance-advertises',
        text: 'It advertises itself on whatever LAN it is started in, also where there is an IPv6 router.',
        rules: ['two-servers'],
      },
      {
        id: 'appliance-password',
        text: 'Everybody knows its password.',
        rules: [],
        why: 'it is not part of a network’s configuration',
      },
    ],
  },
  {
    title: 'A guide to SUSE’s sysconfig with Xen',
    faults: [
      {
        id: 'suse-vif',
        text: 'A domain has two `vif=` lines: the second makes the first forgotten, and the guest has one card, on the other bridge.',
        rules: ['overridden-key'],
      },
      {
        id: 'suse-bridge',
        text: 'A guest of the first of two host-only networks is put on br0, which this host does not have.',
        rules: ['unconfigured-bridge'],
      },
      {
        id: 'suse-gateway',
        text: 'That guest’s IPv4 gateway is the LAN’s, outside of its subnet.',
        rules: ['gateway-outside-subnet'],
      },
      {
        id: 'suse-gateway6',
        text: 'Its IPv6 gateway is the link-local address of a router on another wire.',
        rules: ['gateway-nobody-has'],
      },
      {
        id: 'suse-ifroute',
        text: 'Routes by eth0 stand in `ifroute-br0`, for an interface that is not there.',
        rules: ['unused-route-file'],
      },
      {
        id: 'suse-return',
        text: 'The IPv6 prefix is routed to the host by the LAN’s router, of the two IPv4 networks nothing is said.',
        rules: ['missing-return-route'],
      },
      {
        id: 'suse-proxy',
        text: 'In the proxied network the host answers for itself and the guest, and not for the router on the guest’s side.',
        rules: ['neighbour-not-proxied'],
      },
      { id: 'suse-proxy-all', text: 'Proxy ARP is switched on for all interfaces.', rules: ['proxy-arp-everywhere'] },
      { id: 'suse-examples', text: 'Its addresses are those for documentation.', rules: ['documentation-prefix'] },
      {
        id: 'suse-no-nat6',
        text: 'It says that IPv6 has no NAT table, which was true until Linux 3.7, and never gives the bridges the IPv6 prefixes that it plans.',
        rules: [],
        why: 'what is in no file cannot be found in one',
      },
    ],
  },
  {
    title: 'A guide to a network of several virtual machines',
    faults: [
      { id: 'guide-default', text: 'The second machine has no default route.', rules: ['no-default-route'] },
      { id: 'guide-forwarding', text: 'The firewall does not forward.', rules: ['forwarding-off'] },
      {
        id: 'guide-return',
        text: 'The host has no route back to the network behind the firewall.',
        rules: ['missing-return-route'],
      },
      { id: 'guide-nat', text: 'Nobody translates the private addresses.', rules: ['not-translated'] },
      {
        id: 'guide-smtp',
        text: 'Mail can be sent by every machine until a rule is written, which should come before there is a way to the internet.',
        rules: ['smtp-open'],
      },
      {
        id: 'guide-two-clients',
        text: 'The firewall asks DHCP on two cards, and each renewal changes name servers and routes.',
        rules: ['two-dhcp-clients'],
      },
      {
        id: 'guide-mac',
        text: 'Machines that are copied keep the MAC address of the first.',
        rules: ['duplicate-mac'],
      },
      {
        id: 'guide-examples',
        text: 'Examples have documentation prefixes, and one is given as 2001:db8::/16.',
        rules: ['documentation-prefix'],
      },
      {
        id: 'guide-scripts',
        text: 'Its scripts wait a number of seconds, have no tests around their variables, and let mail pass TCP wrappers for all.',
        rules: [],
        why: 'scripts and programs are no network configuration',
      },
    ],
  },
];
