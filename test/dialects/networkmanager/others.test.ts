/** Profiles as others write them: with sections left out, and with what libnm refuses or clears. */
import { describe, expect, it } from 'vitest';
import { type Remark, type StackPart } from '../../../src/dialects/dialect.ts';
import { networkmanager } from '../../../src/dialects/networkmanager/dialect.ts';

const read = (...profiles: readonly string[]): { readonly part: StackPart; readonly told: readonly string[] } => {
  const { stacks, remarks } = networkmanager.read(
    profiles.map((text, index) => ({
      path: `etc/NetworkManager/system-connections/${index}.nmconnection`,
      text: `[connection]\nid=c${index}\n${text}`,
    })),
    { stack: 'm' },
  );
  const told = remarks.map(({ kind, code, at }: Remark) => `${kind} ${code} ${at.line}`);
  return { part: stacks['m'] ?? {}, told };
};

const ethernet = 'type=ethernet\ninterface-name=eth0\n';

describe('profiles of others', () => {
  it('asks by DHCP and listens to advertisements where sections are missing', () => {
    const { part, told } = read(ethernet);
    expect(told).toEqual([]);
    expect(part.services).toMatchObject([{ kind: 'dhcp-client', interface: 'eth0' }]);
    expect(part.sysctls).toEqual({ 'net/ipv6/conf/eth0/accept_ra': '2' });
  });

  it('asks nothing on devices that are born silent', () => {
    const { part } = read('type=dummy\ninterface-name=d0\n');
    expect(part.services ?? []).toEqual([]);
    expect(part.sysctls ?? {}).toEqual({});
  });

  it('clears the addressing of ports, and says so', () => {
    const port = `${ethernet}master=br0\nslave-type=bridge\n`;
    const { part, told } = read(
      `${port}[ipv4]\nmethod=manual\naddress1=192.0.2.1/24\n[ipv6]\nmethod=auto\n`,
      'type=bridge\ninterface-name=br0\n[ipv4]\nmethod=manual\naddress1=192.0.2.2/24\n[ipv6]\nmethod=ignore\n',
    );
    expect(part.interfaces).toMatchObject({
      eth0: { master: 'br0', addresses: [] },
      br0: { addresses: [{ address: '192.0.2.2' }] },
    });
    expect(part.sysctls ?? {}).toEqual({});
    expect(told).toEqual(['ignored port-addressing 8', 'ignored port-addressing 11']);
    const silent = read(port, 'type=bridge\ninterface-name=br0\n[ipv4]\nmethod=disabled\n[ipv6]\nmethod=ignore\n');
    expect(silent.told).toEqual([]);
    expect(silent.part.services ?? []).toEqual([]);
  });

  it('keeps the addressing of members of a VRF', () => {
    const { part, told } = read(
      `${ethernet}master=red\nslave-type=vrf\n[ipv4]\nmethod=manual\naddress1=192.0.2.1/24\n[ipv6]\nmethod=ignore\n`,
    );
    expect(part.interfaces?.['eth0']?.addresses).toHaveLength(1);
    expect(told).toEqual([]);
  });

  it.each([
    ['[ipv4]\naddress1=192.0.2.1/24\n[ipv6]\nmethod=ignore\n', 'error no-method 6'],
    ['[ipv4]\nmethod=manual\n[ipv6]\nmethod=ignore\n', 'error no-address 6'],
    ['[ipv4]\nmethod=disabled\naddress1=192.0.2.1/24\n[ipv6]\nmethod=ignore\n', 'error address-not-allowed 6'],
    ['[ipv4]\nmethod=disabled\n[ipv6]\nmethod=ignore\naddress1=2001:db8::1/64\n', 'error address-not-allowed 8'],
  ])('tells that NetworkManager refuses %j', (sections, remark) => {
    expect(read(`${ethernet}${sections}`).told).toEqual([remark]);
  });

  it('tells that nothing is read of sharing with an address that NetworkManager chooses', () => {
    const { part, told } = read(`${ethernet}[ipv4]\nmethod=shared\n[ipv6]\nmethod=ignore\n`);
    expect(part.interfaces?.['eth0']?.addresses).toEqual([]);
    expect(told).toEqual(['not-said shared-address 6']);
  });
});
