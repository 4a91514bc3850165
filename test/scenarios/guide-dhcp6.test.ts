/** IPv6 addresses that an address server gives out, with all that DHCPv6 does not say from router advertisements. */
import { describe, expect, it } from 'vitest';
import { internet4, internet6, misses, reaches, scenario } from './scenario.ts';

const web = '2001:db8:0:2::4';
const closed = '2001:db8:0:2::5';
const asks = '2001:db8:0:3::6';
/** Of 52:54:00:00:07:00, by RFC 4291 appendix A. */
const makes = '2001:db8:0:3:5054:ff:fe00:700';

scenario(
  'guide-dhcp6',
  [
    reaches('web', internet4),
    reaches('web', internet6, web),
    reaches('closed', internet6, closed),
    reaches('asks', web, asks),
    reaches('makes', asks, makes),
    reaches('makes', internet6, makes),
    ...misses('web', closed),
    ...misses('router', closed),
  ],
  (lab) => {
    describe('a machine that asks', () => {
      it('has the address of its number alone, and what is on the link by advertisement', async () => {
        const addresses = (await lab().exec('web', 'ip', '-6', '-o', 'addr', 'show', 'dev', 'eth0', 'scope', 'global'))
          .stdout;
        expect(addresses.trim().split('\n')).toHaveLength(1);
        expect(addresses).toContain(`inet6 ${web}/128`);
        const routes = (await lab().exec('web', 'ip', '-6', 'route', 'show', 'dev', 'eth0')).stdout;
        expect(routes).toMatch(/^2001:db8:0:2::\/64 proto kernel .* expires/m);
        expect(routes).toMatch(/^default via fe80::5054:ff:fe00:fe01 proto ra/m);
      });

      it('is told to by the flags of the advertisement', async () => {
        const { stdout } = await lab().exec('web', 'rdisc6', '-1', '-r', '3', '-w', '2000', 'eth0');
        expect(stdout).toMatch(/Stateful address conf\.\s*:\s*Yes/);
        expect(stdout).toMatch(/Autonomous address conf\.:\s*No/);
      });
    });

    it('gives a machine that nobody knows an address of the range', async () => {
      const added =
        'ip link add link eth0 name stranger type macvlan mode bridge && ip link set stranger up && sleep 2';
      const asking =
        'dhclient -6 -1 -d -D LL -cf /dev/null -lf /run/stranger.lease -pf /run/stranger.pid -sf /run/stranger stranger';
      const told =
        'echo "#!/bin/sh" >/run/stranger; echo "echo \\$reason \\$new_ip6_address" >>/run/stranger; chmod +x /run/stranger';
      const { stdout } = await lab().exec(
        'makes',
        'sh',
        '-c',
        `${told}; ${added}; timeout 10 ${asking} & sleep 6; kill $!`,
      );
      expect(stdout).toMatch(/BOUND6 2001:db8:0:3::1[0-9a-f]{3}$/m);
    });
  },
);
