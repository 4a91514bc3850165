/** A lab of ten machines that has every kind of child process: DHCP server, DHCP clients, router advertisements. */
export const tenMachines = `lab: ten
outside:
  networks:
    office: { ipv4: 192.168.0.0/24, gateway: router }
  machines:
    router: { nics: { lan: { network: office, address: 1 }, wan: internet }, nat: true }
hosts:
  metal: { nics: { eth0: { network: office, address: 3 } } }
networks:
  private: { mode: nat, ipv4: 10.0.0.0/24, ipv6: 'fd5a:1b2c:3d4e:1::/64', dhcp: true, ra: true }
  servers: { mode: routed, ipv4: 10.0.1.0/24 }
machines:
  client: { count: 4, nics: { eth0: { network: private, ipv4: dhcp, ipv6: slaac } } }
  server: { count: 3, nics: [servers] }
policy:
  - { deny: any, to: internet, tcp: 25 }
expect:
  - { from: client-1, to: client-2, ping: true }
  - { from: client-1, to: server-1, ping: true }
  - { from: client-1, to: internet, family: 4, ping: true }
`;
