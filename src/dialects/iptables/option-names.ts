/** The options of matches and targets of iptables-extensions(8) that are read, by the name of the module. */

const words = (text: string): readonly string[] => text.trim().split(/\s+/);

const ports = '--source-port --sport --destination-port --dport';
const icmp6 = words('--icmpv6-type');
const marks = '--set-xmark --set-mark --and-mark --or-mark --xor-mark';

const names: Readonly<Record<string, readonly string[]>> = {
  tcp: words(`${ports} --tcp-flags --syn --tcp-option`),
  udp: words(ports),
  udplite: words(ports),
  dccp: words(`${ports} --dccp-types --dccp-option`),
  sctp: words(`${ports} --chunk-types`),
  icmp: words('--icmp-type'),
  icmp6,
  icmpv6: icmp6,
  'ipv6-icmp': icmp6,
  multiport: words('--source-ports --sports --destination-ports --dports --ports'),
  state: words('--state'),
  conntrack: words(`--ctstate --ctproto --ctorigsrc --ctorigdst --ctreplsrc --ctrepldst --ctorigsrcport --ctorigdstport
    --ctreplsrcport --ctrepldstport --ctstatus --ctexpire --ctdir`),
  comment: words('--comment'),
  limit: words('--limit --limit-burst'),
  mac: words('--mac-source'),
  mark: words('--mark'),
  connmark: words('--mark'),
  iprange: words('--src-range --dst-range'),
  length: words('--length'),
  pkttype: words('--pkt-type'),
  physdev: words('--physdev-in --physdev-out --physdev-is-in --physdev-is-out --physdev-is-bridged'),
  addrtype: words('--src-type --dst-type --limit-iface-in --limit-iface-out'),
  owner: words('--uid-owner --gid-owner --socket-exists --suppl-groups'),
  recent: words(`--set --rcheck --update --remove --seconds --reap --hitcount --rttl --name --rsource --rdest --mask`),
  ACCEPT: [],
  DROP: [],
  RETURN: [],
  REJECT: words('--reject-with'),
  SNAT: words('--to-source --random --random-fully --persistent'),
  DNAT: words('--to-destination --random --persistent'),
  MASQUERADE: words('--to-ports --random --random-fully'),
  REDIRECT: words('--to-ports --random'),
  MARK: words(marks),
  CONNMARK: words(`${marks} --save-mark --restore-mark --mask --nfmask --ctmask`),
};

export const optionNamesOf = (module: string): readonly string[] =>
  Object.hasOwn(names, module) ? (names[module] ?? []) : [];
