/** The Ubuntu guide, seen from the LAN's wire: aliases, a second NIC, bridges with and without a physical port. */
import { expect, it } from 'vitest';
import { exampleText, labOf } from './lab-run.ts';
import { internet4, misses, reaches, scenario } from './scenario.ts';

const laptop = '10.10.11.1';
const server = '10.10.11.248';
const alias = '10.10.11.50';
const foreign = '192.168.77.1';

scenario(
  'ubuntu-alias',
  [reaches('laptop', server, laptop), reaches('laptop', alias, laptop), reaches('laptop', foreign, laptop)],
  (lab) => {
    it('labels the aliases as the guide writes them', async () => {
      const { stdout } = await lab().exec('server', 'ip', '-4', 'addr', 'show', 'dev', 'eth0');
      expect(stdout).toMatch(/10\.10\.11\.50\/24 .*eth0:0/);
      expect(stdout).toMatch(/192\.168\.77\.1\/24 .*eth0:1/);
    });
  },
);

scenario('ubuntu-alias-no-route', [
  reaches('laptop', server, laptop),
  reaches('laptop', alias, laptop),
  ...misses('laptop', foreign),
]);

scenario('ubuntu-second-nic', [reaches('laptop', '10.10.11.60', laptop)], () => {
  it('is refused unless the two findings are accepted', async () => {
    const lab = labOf(exampleText('ubuntu-second-nic').replace(/^ *accept:.*\n/m, ''));
    const { stderr } = await lab.run('check', lab.file);
    await lab.dispose();
    expect(stderr).toContain('two-default-routes');
    expect(stderr).toContain('same-subnet-twice');
  });
});

scenario(
  'ubuntu-bridge',
  [
    reaches('host1', '10.10.11.235', '10.10.11.238'),
    reaches('host2', '10.10.11.238', '10.10.11.235'),
    reaches('host1', server, '10.10.11.238'),
    reaches('host1', alias, '10.10.11.238'),
    ...misses('host1', foreign),
    reaches('laptop', '10.10.11.238', laptop),
  ],
  (lab) => {
    it.each(['host1', 'host2'])('%s has its address from the laptop, through the bridge', async (machine) => {
      const { stdout } = await lab().exec(machine, 'ip', '-4', 'addr', 'show', 'dev', 'eth0');
      expect(stdout).toMatch(/inet 10\.10\.11\.\d+\/24/);
    });
  },
);

scenario('ubuntu-isolated-bridge', [reaches('laptop', '192.168.78.1', laptop)], (lab) => {
  it('leaves host1 without an IPv4 address: the network is unreachable', async () => {
    const addresses = await lab().exec('host1', 'ip', '-4', 'addr', 'show', 'dev', 'eth0');
    expect(addresses.stdout).not.toContain('inet ');
    const ping = await lab().exec('host1', 'ping', '-c1', '-W1', laptop);
    expect(ping.status).not.toBe(0);
    expect(`${ping.stdout}${ping.stderr}`).toContain('Network is unreachable');
  });
});

scenario('ubuntu-isolated-bridge-empty', [reaches('laptop', '192.168.78.1', laptop)], (lab) => {
  it('has no carrier', async () => {
    const { stdout } = await lab().exec('server', 'ip', 'link', 'show', 'dev', 'br1');
    expect(stdout).toContain('NO-CARRIER');
  });
});

scenario(
  'ubuntu-isolated-static',
  [
    reaches('host1', '192.168.78.1', '192.168.78.2'),
    ...misses('host1', laptop, server, alias, foreign, internet4),
    ...misses('laptop', '192.168.78.2'),
  ],
  (lab) => {
    it('says that the gateway is outside the subnet', async () => {
      const refused = labOf(
        lab()
          .text()
          .replace(/^ *accept:.*\n/m, ''),
      );
      const { status, stderr } = await refused.run('check', refused.file);
      await refused.dispose();
      expect(status).not.toBe(0);
      expect(stderr).toContain('gateway-outside-subnet');
    });
  },
);
