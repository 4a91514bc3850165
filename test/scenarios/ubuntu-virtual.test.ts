/** The Ubuntu guide, libvirt's networks: NAT, routed, `forward mode='bridge'`; and the server's firewall. */
import { expect, it } from 'vitest';
import { internet4, misses, reaches, scenario, tcp } from './scenario.ts';

const laptop = '10.10.11.1';
const server = '10.10.11.248';
const alias = '10.10.11.50';
const otherNetworks = ['192.168.77.1', '192.168.78.1', '192.168.80.1', '192.168.122.1'] as const;

scenario('ubuntu-nat', [
  reaches('host1', '192.168.122.36', '192.168.122.184'),
  reaches('host2', '192.168.122.184', '192.168.122.36'),
  reaches('host1', '192.168.122.1', '192.168.122.184'),
  reaches('host1', laptop, server),
  reaches('host1', internet4),
  reaches('host2', internet4),
  reaches('laptop', '192.168.122.1', laptop),
  ...misses('laptop', '192.168.122.184', '192.168.122.36'),
]);

const ofTheServer = [...otherNetworks, alias].map((address) => reaches('host1', address, '192.168.80.2'));

scenario('ubuntu-routed', [
  ...ofTheServer,
  reaches('host1', laptop, '192.168.80.2'),
  reaches('host1', internet4),
  reaches('laptop', '192.168.80.2', laptop),
]);

scenario('ubuntu-routed-onlink', [...ofTheServer, ...misses('host1', laptop, internet4)], (lab, report) => {
  it('is no matter of forwarding: the requests arrive', () => {
    const pair = report().pairs.find(
      ({ from, address, protocol }) => from === 'host1' && address === laptop && protocol === 'icmp',
    );
    expect(pair?.detail).toBe('request-arrived');
  });

  it('is explained as the route on the laptop, whose question for the machine nobody answers', async () => {
    const explained = await lab().run('explain', '-f', lab().file, 'host1', 'laptop', '--json');
    const { cause, confirm } = JSON.parse(explained.stdout) as { cause: { text: string }; confirm: string };
    expect(cause.text).toContain('takes 192.168.80.2 to be on its link br0');
    // The kernel forgets failed neighbours every few seconds: the question is asked again until it is seen.
    const seen: string[] = [];
    for (let turn = 0; turn < 3 && !/FAILED|INCOMPLETE/.test(seen.at(-1) ?? ''); turn += 1) {
      await lab().exec('laptop', 'ping', '-c', '1', '-W', '1', '192.168.80.2');
      seen.push((await lab().run(...confirm.split(' ').slice(1))).stdout);
    }
    expect(seen.at(-1)).toMatch(/192\.168\.80\.2 .*(?:FAILED|INCOMPLETE)/);
  });
});

scenario('ubuntu-bridge-forward', [
  reaches('host1', '192.168.77.1', '192.168.77.2'),
  reaches('host1', laptop, '192.168.77.2'),
  ...misses('host1', internet4),
]);

scenario('ubuntu-bridge-forward-lan', [
  reaches('host1', internet4),
  reaches('laptop', '10.10.11.51', laptop),
  ...misses('host1', ...otherNetworks),
]);

const server6 = '2001:db8:1011::248';
const sshAnswers = [
  ['ubuntu-firewall', 'timeout'],
  ['ubuntu-firewall-reject', 'refused'],
  ['ubuntu-firewall-allow', 'yes'],
] as const;
for (const [example, answer] of sshAnswers) {
  scenario(example, [
    reaches('laptop', server, laptop),
    reaches('laptop', server6),
    tcp('laptop', server, 22, answer),
    tcp('laptop', server6, 22, answer),
    tcp('laptop', server, 80, 'timeout'),
    tcp('laptop', server6, 80, 'timeout'),
  ]);
}
