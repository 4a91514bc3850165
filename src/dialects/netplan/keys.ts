/** The keys of netplan-yaml(5): those that become part of a state, and those that a state has no words for. */

const words = (text: string): readonly string[] => text.trim().split(/\s+/);

const everyDevice = words(`
  renderer dhcp4 dhcp4-overrides addresses gateway4 gateway6 nameservers macaddress mtu accept-ra routes routing-policy
  activation-mode ignore-carrier match set-name optional critical`);

/** By the section of the device. */
export const saidKeys: Readonly<Record<string, readonly string[]>> = {
  ethernets: everyDevice,
  bridges: [...everyDevice, 'interfaces', 'parameters'],
  bonds: [...everyDevice, 'interfaces', 'parameters'],
  vlans: [...everyDevice, 'id', 'link'],
  tunnels: [...everyDevice, ...words('mode local remote ttl keys key port peers id link')],
  vrfs: [...everyDevice, 'interfaces', 'table'],
  'dummy-devices': everyDevice,
};

export const unsaidKeys: readonly string[] = words(`
  dhcp6 dhcp6-overrides dhcp-identifier ipv6-mtu ipv6-privacy link-local optional-addresses
  ipv6-address-generation ipv6-address-token wakeonlan emit-lldp receive-checksum-offload transmit-checksum-offload
  tcp-segmentation-offload tcp6-segmentation-offload generic-segmentation-offload generic-receive-offload
  large-receive-offload openvswitch infiniband-mode link virtual-function-count embedded-switch-mode
  delay-virtual-functions-rebind auth networkmanager neigh-suppress hairpin port-mac-learning ra-overrides mac-learning
  ageing limit type-of-service flow-label do-not-fragment checksums extensions port-range short-circuit notifications
  arp-proxy set-name-permanent mark advertised-mss regulatory-domain`);
