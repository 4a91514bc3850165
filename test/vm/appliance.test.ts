/**
 * The IPv6 router, booted from its own image on a network that has only IPv4, behind a router that translates addresses
 * and leads tunnels to it: hosts with nothing but an ordinary stack reach a web server that has only IPv6.
 */
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { labOf } from '../scenarios/lab-run.ts';
import { addressIn, fine, serveWeb, siteOf, web } from './appliance-site.ts';
import { plugIn, type Appliance } from './plugged-appliance.ts';

const longMs = 900_000;

const lab = labOf(
  `lab: appliance
outside:
  networks:
    six: { tunnel: 6to4, gateway6: relay }
    lan: { ipv4: 192.168.1.0/24, gateway: home, dhcp: home }
  machines:
    relay:
      kind: vm
      nics: { wan: { network: internet, address: 20 }, six: { network: six, gateway: none } }
      services: [router]
    home: { nics: { lan: { network: lan, address: 1 }, wan: { network: internet, ipv4: 30, ipv6: none } }, nat: true }
    web: { nics: { wan: { network: internet, ipv4: none, ipv6: 50 } } }
    seat: { nics: { eth0: { network: lan, address: none } } }
    desk: { nics: { eth0: { network: lan, ipv4: dhcp, ipv6: slaac } } }
`,
  longMs,
);

const settings = `mode = 6to4
relay = 203.0.113.20 # nobody is asked who is not named
address-service = http://203.0.113.99/ # there is none
address-service = http://198.51.100.1/
check = 2
`;

const routes = /routes (\S+):\/64; the outside address is (\S+), says (\S+); the relay is (\S+) /;

const { on, pings, page, pageInTime, addressBelow } = siteOf(lab);

describe('the IPv6 router', () => {
  let appliance: Appliance;
  let own = '';

  beforeAll(async () => {
    writeFileSync(join(lab.directory, 'settings'), settings);
    fine(await lab.run('appliance', 'build', 'v6-router', '-o', lab.directory, '--format', 'raw'));
    const disk = join(lab.directory, 'settings.iso');
    fine(await lab.run('appliance', 'settings', 'v6-router', join(lab.directory, 'settings'), '-o', disk));
    fine(await lab.run('up', lab.file));
    await serveWeb(lab);
    appliance = await plugIn(
      lab,
      'seat',
      [
        ...['-drive', `file=${join(lab.directory, 'v6-router.raw')},format=raw,if=ide,snapshot=on`],
        ...['-drive', `file=${disk},media=cdrom,if=ide`],
      ],
      'e1000',
    );
  }, longMs);
  afterAll(async () => lab.dispose(), 120_000);

  it('leases an address and finds out which one the site has outside, though one service is silent', async () => {
    const leased = await appliance.shows(/has (192\.168\.1\.\d+)\/24, its router is 192\.168\.1\.1 /);
    own = leased[1] ?? '';
    const found = await appliance.shows(routes);
    expect(found.slice(1)).toEqual(['2002:cb00:711e:1:', '203.0.113.30', 'http://198.51.100.1/', '203.0.113.20']);
    // As a router is told that leads all tunnels to one host: nobody outside has to have been spoken to first.
    const rules = `table ip lead { chain in { type nat hook prerouting priority dstnat; iifname wan meta l4proto 41 dnat to ${own}; }; }`;
    fine(await lab.exec('home', 'nft', rules));
  }, 300_000);

  it('gives a host of the LAN an address, and a way to a server that has only IPv6', async () => {
    await addressBelow('2002:cb00:711e:1:');
    expect(await pageInTime()).toBe('by IPv6 alone\n');
    expect(await pings('desk', '2001:db8:fffe::1')).toBe(true);
  }, 180_000);

  it('lets nothing begin outside, and answers nothing but tunnels by IPv4', async () => {
    const desk = addressIn(await addressBelow('2002:cb00:711e:1:'));
    expect(await pings('web', desk)).toBe(false);
    expect(await page('web', desk)).toBe('');
    expect(await pings('web', '2002:cb00:711e:1::1')).toBe(false);
    expect(await pings('web', '2002:cb00:711e::1')).toBe(false);
    expect(await pings('desk', own)).toBe(false);
    expect(await pings('home', own)).toBe(false);
  }, 180_000);

  it('forwards no IPv4', async () => {
    expect(await pings('desk', '198.51.100.1')).toBe(true);
    fine(await on('desk', `ip route add 198.51.100.1 via ${own}`));
    expect(await pings('desk', '198.51.100.1')).toBe(false);
    fine(await on('desk', `ip route delete 198.51.100.1 via ${own}`));
  }, 120_000);

  it('goes on with another prefix when the outside address changes', async () => {
    lab.rewrite(lab.text().replace('ipv4: 30,', 'ipv4: 31,'));
    fine(await lab.run('up', lab.file));
    const found = await appliance.shows(routes);
    expect(found.slice(1, 3)).toEqual(['2002:cb00:711f:1:', '203.0.113.31']);
    await addressBelow('2002:cb00:711f:1:');
    expect(await addressBelow('2002:cb00:711e:1:')).toContain('deprecated');
    expect(await pageInTime()).toBe('by IPv6 alone\n');
    const told = await on('desk', `ping -c 1 -W 5 -I ${addressIn(await addressBelow('2002:cb00:711e:1:'))} ${web}`);
    expect(told.status).not.toBe(0);
  }, 240_000);

  it('lets in on the console, where the filter is seen to be what keeps others out', async () => {
    const desk = addressIn(await addressBelow('2002:cb00:711f:1:'));
    expect(await page('web', desk)).toBe('');
    appliance.type('root');
    await appliance.shows(/# /);
    appliance.type('/usr/bin/ip rule; /usr/bin/ip -d link show six');
    await appliance.shows(/ ipproto ipv6 lookup 41\n[^]* sit ip6ip remote any local 192\.168\.1\.\d+ ttl 64 /);
    appliance.type('nft insert rule inet v6-router forward accept; touch /written; echo "status $?"');
    await appliance.shows(/Read-only file system\n[^]*status 1/);
    expect(await page('web', desk)).toBe('by IPv6 alone\n');
  }, 180_000);

  it('goes down when its power button is pressed, and comes up with a fixed address from settings of its own', async () => {
    await appliance.pressPower();
    // At the same address: for ten minutes the router at home leads what the relay sends to that one (conntrack).
    const fixed = `${settings.replace(/^address-service.*\n/gm, '')}outside = 203.0.113.31\naddress = ${own}/24\n`;
    const file = join(lab.directory, 'fixed');
    writeFileSync(file, `${fixed}router = 192.168.1.1\n`);
    const built = ['appliance', 'build', 'v6-router', '-o', lab.directory, '--format', 'qcow2', '--settings', file];
    fine(await lab.run(...built));
    const image = join(lab.directory, 'v6-router.qcow2');
    const again = await plugIn(
      lab,
      'seat',
      ['-drive', `file=${image},format=qcow2,if=virtio,snapshot=on`],
      'virtio-net-pci',
    );
    const has = await again.shows(/has (\S+)\/24, its router is 192\.168\.1\.1 /);
    expect(has[1]).toBe(own);
    const found = await again.shows(routes);
    expect(found.slice(1, 4)).toEqual(['2002:cb00:711f:1:', '203.0.113.31', 'settings']);
    expect(await pageInTime()).toBe('by IPv6 alone\n');
    await again.pressPower();
  }, 400_000);
});
