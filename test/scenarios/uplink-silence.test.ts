/**
 * What a lab serves, it serves inside: on the wire that its host and its firewall machine lead out by, a stranger asks for
 * addresses and for routers in every way, listens for longer than advertisements are apart, and is told nothing.
 */
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { labOf } from './lab-run.ts';
import { toldScript } from './told-script.ts';
import { upForAll } from './up-for-all.ts';

const lab = labOf(`lab: uplink-silence
outside:
  networks: { office: { ipv4: 192.168.0.0/24, ipv6: 2001:db8:ff::/64 } }
  machines: { stranger: { nics: { eth0: { network: office, address: 9 } } } }
hosts:
  metal: { nics: { eth0: { network: office, address: 3 } } }
networks:
  hidden: { mode: nat, ipv4: 10.0.1.0/24, ipv6: 2001:db8:1::/64, dhcp: true, dhcp6: true, ra: true }
  routed: { mode: routed, ipv4: 10.0.2.0/24, ipv6: 2001:db8:2::/64, dhcp: true, ra: true }
  bridged: { mode: bridged, nic: eth0 }
  inner: { mode: private, ipv4: 10.0.3.0/24, ipv6: 2001:db8:3::/64, gateway: wall, dhcp: wall, dhcp6: wall }
machines:
  wall: { nics: { wan: { network: bridged, address: 7 }, lan: { network: inner, address: last } }, services: [router] }
  a: { nics: [{ network: hidden, address: dhcp }] }
  b: { nics: [{ network: routed, address: dhcp }] }
  c: { nics: [{ network: inner, address: dhcp }] }
`);
const script = toldScript();

/** By a packet socket (packet(7)): what comes in on eth0 from ports of servers, and router advertisements. */
const listener = `
const koffi = require('module').createRequire(process.argv[1])('koffi');
const libc = koffi.load('libc.so.6');
const socket = libc.func('int socket(int, int, int)');
const recv = libc.func('long recv(int, _Out_ void *, size_t, int)');
const setsockopt = libc.func('int setsockopt(int, int, int, const void *, uint32_t)');
const [AF_PACKET, SOCK_DGRAM, ETH_P_ALL, SOL_SOCKET, SO_RCVTIMEO] = [17, 2, 0x0300, 1, 20];
const raw = socket(AF_PACKET, SOCK_DGRAM, ETH_P_ALL);
const wait = Buffer.alloc(16);
wait.writeBigInt64LE(0n, 0);
wait.writeBigInt64LE(200000n, 8);
setsockopt(raw, SOL_SOCKET, SO_RCVTIMEO, wait, 16);
require('fs').writeFileSync(process.argv[2], '');
const told = { heard: 0, offers: 0, replies: 0, advertisements: 0 };
const packet = Buffer.alloc(2048);
const port = (at) => packet.readUInt16BE(at);
const end = Date.now() + Number(process.argv[3]);
while (Date.now() < end) {
  if (recv(raw, packet, packet.length, 0) <= 0) continue;
  told.heard += 1;
  const version = packet[0] >> 4;
  if (version === 4 && packet[9] === 17 && port((packet[0] & 15) * 4) === 67) told.offers += 1;
  if (version === 6 && packet[6] === 17 && port(40) === 547) told.replies += 1;
  if (version === 6 && packet[6] === 58 && packet[40] === 134) told.advertisements += 1;
}
console.log(JSON.stringify(told));
`;

interface Told {
  readonly heard: number;
  readonly offers: number;
  readonly replies: number;
  readonly advertisements: number;
}

/** What a machine hears by itself, and in answer to all that it asks. */
const heardBy = async (machine: string, nic: string): Promise<Told> => {
  const { folder } = script;
  const ready = join(folder, `${machine}.ready`);
  const asking = [
    `for n in $(seq 200); do [ -e ${ready} ] && break; sleep 0.1; done`,
    `ip link add link ${nic} name s type macvlan mode bridge && ip link set s up`,
    `udhcpc -n -q -f -t 3 -T 1 -s ${script.path} -i s`,
    `rdisc6 -1 -r 2 -w 500 ${nic}`,
    `timeout 4 dhclient -6 -1 -d -D LL -cf /dev/null -lf ${folder}/${machine} -pf ${folder}/${machine}.pid -sf ${script.path} s`,
    'ip link del s',
  ].join('; ');
  const listening = lab.exec(
    machine,
    process.execPath,
    '-e',
    listener,
    '--',
    join(process.cwd(), 'package.json'),
    ready,
    '12000',
  );
  await lab.exec(machine, 'sh', '-c', asking);
  const { stdout, stderr } = await listening;
  if (stdout === '') throw new Error(stderr);
  return JSON.parse(stdout) as Told;
};

upForAll(lab, script.dispose);

describe('a wire that leads out', () => {
  it('carries no offer, no reply and no advertisement of the lab', async () => {
    const told = await heardBy('stranger', 'eth0');
    expect(told).toMatchObject({ offers: 0, replies: 0, advertisements: 0 });
    // It was listened to: what was asked went out by it.
    expect(told.heard).toBeGreaterThan(0);
  }, 60_000);

  it('is silent although inside the same questions are answered', async () => {
    const { offers, replies, advertisements } = await heardBy('c', 'eth0');
    expect(offers).toBeGreaterThan(0);
    expect(replies).toBeGreaterThan(0);
    expect(advertisements).toBeGreaterThan(0);
  }, 60_000);
});
