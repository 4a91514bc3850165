/**
 * The IPv6 router in its other modes, booted from its own image on a network that has only IPv4: a prefix of the provider's
 * (6rd), and a tunnel to a broker who routes a prefix into it (6in4). Hosts reach a web server that has only IPv6; nothing
 * from outside reaches them, and that is the filter's doing.
 */
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { labOf } from '../scenarios/lab-run.ts';
import { addressIn, fine, serveWeb, siteOf } from './appliance-site.ts';
import { plugIn, type Appliance } from './plugged-appliance.ts';

const longMs = 900_000;

const lab = labOf(
  `lab: appliance-modes
outside:
  networks:
    rapid: { tunnel: 6rd, ipv6: '3fff:100::/24', gateway6: relay }
    lan: { ipv4: 192.168.1.0/24, gateway: home, dhcp: home }
  machines:
    relay:
      kind: vm
      nics: { wan: { network: internet, address: 20 }, rapid: { network: rapid, gateway: none } }
      services: [router]
    home: { nics: { lan: { network: lan, address: 1 }, wan: { network: internet, ipv4: 30, ipv6: none } }, nat: true }
    web: { nics: { wan: { network: internet, ipv4: none, ipv6: 50 } } }
    seat: { nics: { eth0: { network: lan, address: none } } }
    desk: { nics: { eth0: { network: lan, ipv4: dhcp, ipv6: slaac } } }
`,
  longMs,
);
const { on, pings, page, pageInTime, addressBelow } = siteOf(lab);

/**
 * Makes a tunnel from one IPv4 address to another (RTM_NEWLINK with IFLA_IPTUN_LOCAL, _REMOTE and _TTL): busybox has no words
 * for one.
 */
const makeTunnel = (name: string, local: string, remote: string): string => `
sub attribute { my ($type, $data) = @_; my $length = 4 + length $data; pack("SS", $length, $type) . $data . "\\0" x (-$length & 3) }
sub address { pack "C4", split /\\./, $_[0] }
my $ends = attribute(2, address("${local}")) . attribute(3, address("${remote}")) . attribute(4, pack "C", 64);
my $info = attribute(1, "sit\\0") . attribute(2, $ends);
my $body = "\\0" x 16 . attribute(3, "${name}\\0") . attribute(18, $info);
socket my $socket, 16, 3, 0 or die $!;
syswrite $socket, pack("LSSLL", 16 + length $body, 16, 0x605, 1, 0) . $body;
sysread $socket, my $answer, 4096;
$! = -unpack "l", substr $answer, 16, 4;
die "$!\\n" if $!;
`;

/** The broker's end, made by hand: the language has no tunnel whose other end is no machine of the lab. */
const beBroker = async (): Promise<void> => {
  fine(await on('relay', 'ip link delete rapid'));
  fine(await lab.exec('relay', 'perl', '-e', makeTunnel('six', '203.0.113.20', '203.0.113.30')));
  fine(await on('relay', 'ip link set six up && ip address add 2001:db8:aced::1/64 dev six'));
  fine(await on('relay', 'ip route add 2001:db8:2468::/48 dev six'));
  fine(await on('internet', 'ip route add 2001:db8:2468::/48 via 2001:db8:ffff::14'));
};

const modes = [
  {
    mode: '6rd',
    settings: `mode = 6rd
relay = 203.0.113.20
prefix = 3fff:100::/24
address-service = http://198.51.100.1/
`,
    says: /routes (\S+); the outside address is 203\.0\.113\.30, says http:\/\/198\.51\.100\.1\/; the relay is 203\.0\.113\.20 /,
    // 203.0.113.30 is cb 00 71 1e, and stands behind the 24 bits of the prefix (RFC 5969, section 4).
    lan: '3fff:1cb:71:1e01:',
    tunnel: /sit ip6ip remote any local 192\.168\.1\.\d+ ttl 64 [^]*6rd-prefix 3fff:100::\/24 /,
    own: '3fff:1cb:71:1e00::1',
  },
  {
    mode: '6in4',
    settings: `mode = 6in4
relay = 203.0.113.20
prefix = 2001:db8:2468::/48
tunnel-address = 2001:db8:aced::2/64
`,
    says: /routes (\S+); the relay is 203\.0\.113\.20 /,
    lan: '2001:db8:2468:1:',
    tunnel: /sit ip6ip remote 203\.0\.113\.20 local 192\.168\.1\.\d+ ttl 64 /,
    own: '2001:db8:aced::2',
  },
] as const;

beforeAll(async () => {
  fine(await lab.run('appliance', 'build', 'v6-router', '-o', lab.directory, '--format', 'qcow2'));
  fine(await lab.run('up', lab.file));
  await serveWeb(lab);
}, longMs);
afterAll(async () => lab.dispose(), 120_000);

describe.each(modes)('the IPv6 router by $mode', ({ mode, settings, says, lan, tunnel, own }) => {
  let appliance: Appliance;

  beforeAll(async () => {
    if (mode === '6in4') await beBroker();
    const file = join(lab.directory, mode);
    writeFileSync(file, settings);
    fine(await lab.run('appliance', 'settings', 'v6-router', file, '-o', `${file}.iso`));
    appliance = await plugIn(
      lab,
      'seat',
      [
        ...['-drive', `file=${join(lab.directory, 'v6-router.qcow2')},format=qcow2,if=virtio,snapshot=on`],
        ...['-drive', `file=${file}.iso,media=cdrom,if=ide`],
      ],
      'virtio-net-pci',
    );
  }, 300_000);
  afterAll(async () => appliance.pressPower(), 120_000);

  it('routes a network of the prefix', async () => {
    expect((await appliance.shows(says))[1]).toBe(`${lan}:/64`);
  }, 300_000);

  it('gives a host of the LAN an address, and a way to a server that has only IPv6', async () => {
    await addressBelow(lan);
    expect(await pageInTime()).toBe('by IPv6 alone\n');
    expect(await pings('desk', '2001:db8:fffe::1')).toBe(true);
  }, 180_000);

  it('lets nothing begin outside', async () => {
    const desk = addressIn(await addressBelow(lan));
    expect(await pings('web', desk)).toBe(false);
    expect(await page('web', desk)).toBe('');
    expect(await pings('web', `${lan}:1`)).toBe(false);
    expect(await pings('web', own)).toBe(false);
    expect(await pings('relay', own)).toBe(false);
  }, 180_000);

  it('does so by its filter: what would come without it, comes', async () => {
    const desk = addressIn(await addressBelow(lan));
    appliance.type('root');
    await appliance.shows(/# /);
    appliance.type('/usr/bin/ip -d link show six');
    await appliance.shows(tunnel);
    appliance.type('nft insert rule inet v6-router forward accept; echo "status $?"');
    await appliance.shows(/status 0/);
    expect(await page('web', desk)).toBe('by IPv6 alone\n');
  }, 180_000);
});
