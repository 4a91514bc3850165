/** The file in which dnsmasq keeps its leases, lines as it writes them. */
import { describe, expect, it } from 'vitest';
import { readLeases } from '../../src/services/lease-file.ts';

describe('readLeases', () => {
  it('reads leases of IPv4', () => {
    expect(readLeases('1795303189 52:54:00:00:04:00 10.0.0.4 web 01:52:54:00:00:04:00\n')).toEqual([
      {
        address: '10.0.0.4',
        client: '52:54:00:00:04:00',
        mac: '52:54:00:00:04:00',
        name: 'web',
        expiresAt: 1795303189,
      },
    ]);
    expect(readLeases('0 52:54:00:00:04:00 10.0.0.4 * *\n')).toEqual([
      { address: '10.0.0.4', client: '52:54:00:00:04:00', mac: '52:54:00:00:04:00' },
    ]);
  });

  it('reads leases of IPv6, and the MAC in a DUID that has one', () => {
    const ofServer = 'duid 00:01:00:01:32:94:d5:82:fa:b0:63:42:86:8b\n';
    const [linkLayer, withTime, random] = readLeases(
      `${ofServer}1795303189 1024 2001:db8::4 web 00:03:00:01:52:54:00:00:04:00
1795303189 1025 2001:db8::5 * 00:01:00:01:32:94:d5:82:52:54:00:00:05:00
1795303189 1026 2001:db8::6 * 00:04:01:02:03:04:05:06:07:08:09:0a:0b:0c:0d:0e:0f:10
`,
    );
    expect(linkLayer).toMatchObject({ address: '2001:db8::4', mac: '52:54:00:00:04:00', name: 'web' });
    expect(withTime?.mac).toBe('52:54:00:00:05:00');
    expect(random).toEqual({
      ...{ address: '2001:db8::6', expiresAt: 1795303189 },
      client: '00:04:01:02:03:04:05:06:07:08:09:0a:0b:0c:0d:0e:0f:10',
    });
  });

  it('passes over what is no lease', () => {
    expect(readLeases('\nduid\n1795303189 x\nx y 10.0.0.1\n')).toEqual([]);
  });
});
