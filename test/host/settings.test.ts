/** Which kernel settings say more than what a kernel is born with. */
import { describe, expect, it } from 'vitest';
import { meantSettings, settingKeys } from '../../src/host/settings.ts';

const born = Object.fromEntries(
  settingKeys(['eth0', 'eth0.30']).map((key) => [
    key,
    /\/(?:send_redirects|accept_ra|autoconf)$/.test(key) ? '1' : '0',
  ]),
);

const changed = (changes: Readonly<Record<string, string>>): Readonly<Record<string, string>> =>
  meantSettings({ ...born, ...changes });

const always = { 'net/ipv4/ip_forward': '0', 'net/ipv6/conf/all/forwarding': '0' };

describe('settings that were meant', () => {
  it('are none on a new machine, but for whether it forwards', () => {
    const bridges = Object.fromEntries(Object.entries(born).filter(([key]) => key.startsWith('net/bridge/')));
    expect(changed({})).toEqual({ ...always, ...bridges });
  });

  it('are those of an interface that differ from what it was born with', () => {
    expect(changed({ 'net/ipv4/conf/eth0/rp_filter': '2' })).toMatchObject({ 'net/ipv4/conf/eth0/rp_filter': '2' });
    const strict = changed({
      'net/ipv4/conf/default/rp_filter': '1',
      'net/ipv4/conf/eth0/rp_filter': '1',
      'net/ipv4/conf/eth0.30/rp_filter': '0',
    });
    expect(strict).toMatchObject({ 'net/ipv4/conf/default/rp_filter': '1', 'net/ipv4/conf/eth0.30/rp_filter': '0' });
    expect(strict).not.toHaveProperty('net/ipv4/conf/eth0/rp_filter');
  });

  it('tell an interface apart that forwards not, where all do', () => {
    const forwards = changed({
      'net/ipv4/ip_forward': '1',
      'net/ipv4/conf/all/forwarding': '1',
      'net/ipv4/conf/default/forwarding': '1',
      'net/ipv4/conf/eth0/forwarding': '1',
      'net/ipv4/conf/eth0.30/forwarding': '0',
    });
    expect(forwards).toMatchObject({ 'net/ipv4/ip_forward': '1', 'net/ipv4/conf/eth0.30/forwarding': '0' });
    expect(forwards).not.toHaveProperty('net/ipv4/conf/eth0/forwarding');
  });
});
