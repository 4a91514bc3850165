/** Networks of any size for the bench: hosts with bridges full of machines, routed to each other, each with a filter. */

const empty = { rules: [], neighbourProxies: [], sysctls: {}, filter: [], services: [] };
const lo = { kind: 'loopback', mtuBytes: 65536, up: true, addresses: [] };

/** A MAC address with a number in it. */
const mac = (number) =>
  `02:00:${[24, 16, 8, 0].map((shift) => ((number >>> shift) & 255).toString(16).padStart(2, '0')).join(':')}`;

const ethernet = (number, more = {}) => ({
  kind: 'ethernet',
  mac: mac(number),
  mtuBytes: 1500,
  up: true,
  addresses: [],
  ...more,
});
const address = (text, prefixLength = 24) => ({ family: 4, address: text, prefixLength });
const route = (to, via, dev) => ({ family: 4, to, type: 'unicast', via, dev, metric: 0, table: 254 });

/** `count` rules: answers first, then services of subnets, some machines barred, all else dropped. */
export const filterOf = (count, subnets, salt) => {
  const rules = [{ matches: [{ kind: 'conntrack', states: ['established', 'related'] }], verdict: { kind: 'accept' } }];
  for (let index = 1; index < count; index += 1) {
    const to = subnets[(index * 7 + salt) % subnets.length];
    const from = subnets[(index * 13 + 5) % subnets.length];
    const bar = index % 10 === 0;
    rules.push({
      matches: [
        { kind: 'source', family: 4, prefixes: [bar ? `${from.slice(0, -4)}${2 + (index % 40)}/32` : from] },
        ...(index % 3 === 0 ? [] : [{ kind: 'destination', family: 4, prefixes: [to] }]),
        { kind: 'port', protocol: 'tcp', ports: [[22, 80, 443, 5432][index % 4]] },
      ],
      verdict: { kind: bar ? 'drop' : 'accept' },
    });
  }
  return [
    {
      family: 'ip',
      name: 'filter',
      chains: [{ name: 'forward', type: 'filter', hook: 'forward', priority: 0, policy: 'drop', rules }],
    },
  ];
};

/** `machines` on `hosts` hosts with `bridges` bridges each, and `rules` filter rules a host. */
export const hostsState = ({ machines, hosts, bridges, rules }) => {
  const stacks = {};
  const cables = [];
  let number = 1;
  const subnet = (host, bridge) => `10.${host}.${bridge}.0/24`;
  const subnets = Array.from({ length: hosts * bridges }, (_, index) =>
    subnet(Math.floor(index / bridges), index % bridges),
  );
  const ports = {};
  for (let host = 0; host < hosts; host += 1) {
    const name = `host${host}`;
    ports[`p${host}`] = ethernet(number++, { master: 'br0' });
    cables.push({ a: { stack: name, interface: 'eth0' }, b: { stack: 'switch', interface: `p${host}` } });
    const interfaces = { lo, eth0: ethernet(number++, { addresses: [address(`192.168.0.${host + 1}`)] }) };
    for (let bridge = 0; bridge < bridges; bridge += 1) {
      interfaces[`br${bridge}`] = {
        kind: 'bridge',
        mac: mac(number++),
        mtuBytes: 1500,
        up: true,
        bridge: { stp: false, forwardDelaySeconds: 15 },
        addresses: [address(`10.${host}.${bridge}.1`)],
      };
      const count = Math.floor(machines / (hosts * bridges));
      for (let index = 0; index < count; index += 1) {
        const guest = `vm-${host}-${bridge}-${index}`;
        interfaces[`v${bridge}-${index}`] = ethernet(number++, { master: `br${bridge}` });
        stacks[guest] = {
          ...empty,
          interfaces: { lo, eth0: ethernet(number++, { addresses: [address(`10.${host}.${bridge}.${index + 2}`)] }) },
          routes: [route('0.0.0.0/0', `10.${host}.${bridge}.1`, 'eth0')],
        };
        cables.push({ a: { stack: name, interface: `v${bridge}-${index}` }, b: { stack: guest, interface: 'eth0' } });
      }
    }
    const others = Array.from({ length: hosts }, (_, other) => other).filter((other) => other !== host);
    stacks[name] = {
      ...empty,
      interfaces,
      routes: others.flatMap((other) =>
        Array.from({ length: bridges }, (_, bridge) => route(subnet(other, bridge), `192.168.0.${other + 1}`, 'eth0')),
      ),
      sysctls: { 'net/ipv4/ip_forward': '1' },
      filter: filterOf(rules, subnets, host),
    };
  }
  stacks.switch = {
    ...empty,
    interfaces: {
      lo,
      br0: {
        kind: 'bridge',
        mac: mac(number++),
        mtuBytes: 1500,
        up: true,
        bridge: { stp: false, forwardDelaySeconds: 15 },
        addresses: [],
      },
      ...ports,
    },
    routes: [],
  };
  return { version: 1, stacks, cables };
};

/** A stack with one long IPv6 filter: sources and destinations of all lengths, ports, drops among accepts. */
export const longFilter = (count) => {
  const hex = (number) => (number & 0xffff).toString(16);
  const rules = Array.from({ length: count }, (_, index) => {
    const from = (index * 40503) >>> 3;
    const to = (index * 30011) >>> 5;
    return {
      matches: [
        {
          kind: 'source',
          family: 6,
          prefixes: [
            index % 3 === 0
              ? `2001:db8:${hex(from % 2000)}::/48`
              : `2001:db8:${hex(from % 2000)}::${hex((from % 900) + 1)}/128`,
          ],
        },
        {
          kind: 'destination',
          family: 6,
          prefixes: [
            index % 2 === 0 ? `fd00:${hex(to % 384)}::/32` : `fd00:${hex(to % 384)}::${hex((to % 7) + 1)}/128`,
          ],
        },
        { kind: 'port', protocol: index % 4 === 0 ? 'udp' : 'tcp', ports: [1 + ((index * 7919) % 203)] },
      ],
      verdict: { kind: index % 5 === 0 ? 'drop' : 'accept' },
    };
  });
  const filter = [
    {
      family: 'ip6',
      name: 'filter',
      chains: [{ name: 'forward', type: 'filter', hook: 'forward', priority: 0, policy: 'drop', rules }],
    },
  ];
  return { ...empty, interfaces: { lo, eth0: ethernet(1), eth1: ethernet(2) }, routes: [], filter };
};
