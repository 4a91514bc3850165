/**
 * What stands under the keys of the language, in words for messages and documentation: "a list of networks" says more
 * than "a list". Every entry follows the word "expected".
 */

const names = 'a machine, network, address or prefix, or a list of them';
export const addressWords = '`auto`, `dhcp`, `slaac`, `none`, `last`, a host number, an address, or a list of them';
const router = 'a machine, an address, a host number, `last` or `none`';
const range = 'two host numbers, as in `[100, 199]`';
const exceptions = 'a list of exceptions: `ping`, a service by its name, or a map with `tcp`, `udp` or `from`';
const ports = 'a port, or a list of ports';
const prefix = 'a prefix such as `192.0.2.0/24`';

/**
 * One key says one thing everywhere, so most are named once; a key that is not here is named after
 * its shape. Where a key means something of its own in one kind of item, it is named with the kind.
 */
export const wordsOfKey: Readonly<Record<string, string>> = {
  nics: 'a list of networks, or a map of interfaces',
  networks: 'a map of networks',
  machines: 'a map of machines',
  hosts: 'a map of hosts',
  groups: 'a map of lists of machines',
  services: 'a list of services',
  routes: 'a list of routes',
  policy: 'a list of rules',
  expect: 'a list of expectations',
  publish: 'a list of what is published',
  accept: 'a list of codes',
  aliases: 'a map of labels and addresses, as in `{ 0: 192.0.2.9/24 }`',
  nat: '`true`, `false`, or a list of networks and prefixes',
  dhcp: '`true`, `false`, the machine that serves, or a map with `server` and `range`',
  dhcp6: '`true`, `false`, the machine that serves, or a map with `server` and `range`',
  ra: '`true`, `false`, the machine that advertises, or a list of up to three',
  mac: 'a MAC address such as `52:54:00:12:34:56`',
  address: addressWords,
  bond: 'a list of interfaces, or a map with `members`',
  behind: 'a network or a prefix, or a list of them',
  members: 'a list of interfaces',
  primary: 'one of the members',
  gateway: router,
  gateway6: router,
  range,
  'dhcp.relay': '`true`, the machine that passes on, or a list of them',
  'dhcp6.relay': '`true`, the machine that passes on, or a list of them',
  ntp: 'a machine, an address, or a list of them',
  tcp: ports,
  udp: ports,
  from: names,
  to: names,
  'routes.to': '`default`, a prefix, an address, or a network',
  'publish.to': 'the machine that answers',
  'publish.address': 'an address of the host',
  'publish.tcp': 'a port',
  'publish.udp': 'a port',
  web: 'a map with `port` or `folder`',
  'web.port': ports,
  folder: 'a folder such as `/srv/www`',
  time: 'a map with `from`',
  'time.from': 'a machine or an address, or a list of them',
  'services.mail': 'a map with `domain` or `relay`',
  domain: 'a domain name such as `lan.example`',
  relay: 'a machine or an address',
  files: 'a map with `share`, `folder` or `write`',
  share: 'a name',
  'policy.allow': names,
  'policy.deny': names,
  'firewall.allow': exceptions,
  'firewall.reject': exceptions,
  'firewall.deny': exceptions,
  dns: '`true`, `false`, or the machines that answer',
  zone: 'a domain name such as `lan.example`',
  servers: 'a machine, or a list of machines',
  'dns.secondaries': 'a machine, or a list of machines',
  'dns.names': 'a map of names, each with a machine or an address',
  'dns.outside': 'a list of machines, or a map of names and machines',
  mail: 'the name of a machine',
  watch: 'a map with `by`',
  'watch.by': 'the name of a machine',
  'watch.machines': 'machines or groups',
  alert: 'a map with `command` or `webhook`',
  command: 'a list of a program and its arguments',
  webhook: 'a URL such as `http://pager:8080/alerts`',
  forward: 'an address, or a list of addresses',
  lab: 'a name',
  dev: 'the name of an interface',
  via: 'a machine or an address',
  network: 'the name of a network',
  host: 'the name of a host',
  server: 'the name of a machine',
  nic: 'an interface of the host',
  on: 'the name of an outside network',
  except: names,
  source: 'an address or a machine',
  'ipv4-pool': prefix,
  'ipv6-pool': 'a prefix, or `ula`',
  ports: 'two ports, as in `[20000, 29999]`',
  image: '`probe`, `debian`, the path of a disk image, or a map with `debian`',
  disks: '`standard`, `three`, `two`, or a list of disks',
  debian: 'a list of packages',
};

/** The item of a list, named after the list's key. */
export const wordsOfItem: Readonly<Record<string, string>> = {
  nics: 'a network, or a map with `network`',
  services: '`router`, `web`, `time`, `mail`, `files`, or a map with one of these, `firewall` or `dhcp`',
  routes: 'a map with `to`',
  policy: 'a map with `allow` or `deny`, and `to`',
  expect: 'a map with `from` and `to`',
  publish: 'a map with `to`',
  disks: '`system`, `settings`, `data`, `scratch`, or a map with `role`',
  bond: 'the name of an interface',
  members: 'the name of an interface',
  address: 'an address, `dhcp`, `slaac`, or a host number',
  ipv4: 'an address, `dhcp`, or a host number',
  ipv6: 'an address, `dhcp`, `slaac`, or a host number',
};
