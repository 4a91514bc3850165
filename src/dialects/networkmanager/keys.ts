/** Keys of profiles that become part of a state; of sections named here all others are told. */

const words = (text: string): readonly string[] => text.trim().split(/\s+/);

const addressing = words('method gateway dns dns-search route-metric route-table never-default dhcp-hostname');

export const saidKeys: Readonly<Record<string, readonly string[]>> = {
  connection: words(
    'id uuid type interface-name autoconnect master controller slave-type port-type autoconnect-priority timestamp',
  ),
  ethernet: words('mac-address cloned-mac-address mtu'),
  bridge: words('interface-name stp forward-delay vlan-filtering mac-address'),
  'bridge-port': words('hairpin-mode'),
  bond: words('interface-name mode miimon primary lacp_rate xmit_hash_policy'),
  'bond-port': [],
  vlan: words('interface-name id parent flags'),
  vrf: words('table'),
  'ip-tunnel': words('mode local remote ttl parent mtu'),
  vxlan: words('id local remote destination-port parent'),
  macvlan: words('mode parent'),
  wireguard: words(
    'listen-port private-key private-key-flags mtu peer-routes ip4-auto-default-route ip6-auto-default-route',
  ),
  dummy: [],
  proxy: [],
  loopback: words('mtu'),
  ipv4: addressing,
  ipv6: addressing,
};

/** Says nothing of the network, or what NetworkManager does anyhow. */
export const harmless = new Set(words('addr-gen-mode may-fail permissions secondaries zone flags'));

export const numbered = /^(address|addresses|route|routes|routing-rule)\d*(_options)?$/;
