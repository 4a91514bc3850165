/** dhclient.conf(5): what it says of a machine whatever its leases say, and what is told. */
import { describe, expect, it } from 'vitest';
import { dhclient } from '../../../src/dialects/dhclient/dialect.ts';
import { type Reading } from '../../../src/dialects/dialect.ts';
import { dialectFor } from '../../../src/dialects/dialects.ts';
import { readMachine } from '../../../src/dialects/read-machine.ts';
import { mergeReadings } from '../../../src/dialects/merge-readings.ts';
import { patienceMs, survivesMutations } from '../mutations.ts';

const path = 'etc/dhcp/dhclient.conf';

const read = (text: string): Reading => dhclient.read([{ path, text }], { stack: 'm' });

const told = ({ remarks }: Reading): readonly string[] =>
  remarks.map(({ kind, code, at }) => `${at.line}:${at.column} ${kind} ${code}`);

/** As Debian's package has it, in few words. */
const usual = `# what dhclient asks for
option rfc3442-classless-static-routes code 121 = array of unsigned integer 8;
send host-name = gethostname();
request subnet-mask, broadcast-address, time-offset, routers,
\tdomain-name, domain-name-servers, domain-search, host-name,
\tdhcp6.name-servers, interface-mtu, rfc3442-classless-static-routes;
#supersede domain-name "fugue.example";
timeout 60;
retry 30;
`;

const office = `interface "eth0" {
  supersede domain-name-servers 192.0.2.53, 192.0.2.54;
  supersede domain-search "office.example", "lan.";
  prepend domain-name-servers 127.0.0.1;
  supersede routers 192.0.2.1;
  supersede host-name "desk";
  send host-name "desk";
  request subnet-mask, domain-name-servers;
  reject 192.0.2.66;
}
alias {
  interface "eth0";
  fixed-address 10.0.0.5;
  option subnet-mask 255.255.255.0;
}
`;

describe('files of dhclient', () => {
  it('that are as they came say nothing', () => {
    expect(read(usual)).toMatchObject({ stacks: {}, remarks: [] });
  });

  it('say whom to ask for names, and addresses beside leases', () => {
    const reading = read(office);
    expect(reading.stacks['m']).toMatchObject({
      resolver: { nameservers: ['192.0.2.53', '192.0.2.54'], search: ['office.example', 'lan'] },
      interfaces: { eth0: { addresses: [{ address: '10.0.0.5', prefixLength: 24, label: 'eth0:0' }] } },
    });
    expect(told(reading)).toEqual([
      '4:3 not-said unsaid-option',
      '5:3 not-said unsaid-option',
      '7:3 not-said unsaid-name',
      '8:3 not-said unasked-option',
      '9:3 not-said unsaid-statement',
    ]);
  });

  it('are told where they are wrong', () => {
    expect(
      told(read('supersede domain-name-servers ns.example;\nsuperseed x y;\nalias { interface "eth0"; }\n')),
    ).toEqual(['1:31 error not-an-address', '2:1 error unknown-statement', '3:1 error not-an-alias']);
    expect(told(read('interface "eth0" {\n'))).toEqual(['1:18 error not-a-statement']);
  });

  it('stand beside what starts the client', () => {
    const { readings } = readMachine(
      [
        { path: 'etc/network/interfaces', text: 'auto eth0\niface eth0 inet dhcp\n  mtu 1400\n' },
        { path, text: office },
      ],
      { stack: 'm' },
    );
    const stack = mergeReadings(readings).state.stacks['m'];
    expect(stack?.interfaces['eth0']).toMatchObject({ mtuBytes: 1400, addresses: [{ address: '10.0.0.5' }] });
    expect(stack?.services).toMatchObject([{ kind: 'dhcp-client', interface: 'eth0' }]);
    expect(stack?.resolver?.nameservers).toEqual(['192.0.2.53', '192.0.2.54']);
  });

  it('are known by their place, and by what they look like', () => {
    for (const own of [path, 'etc/dhclient.conf', 'etc/dhcp3/dhclient.conf', 'etc/dhcp/dhclient-eth0.conf'])
      expect(dialectFor({ path: own, text: '' })?.name).toBe('dhclient');
    for (const text of [office, usual]) expect(dialectFor({ path: 'pasted', text })?.name).toBe('dhclient');
  });

  it('are read however they are broken', { timeout: patienceMs }, () => {
    survivesMutations(dhclient, [[{ path, text: usual }], [{ path, text: office }]]);
  });
});
