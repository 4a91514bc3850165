/** Configuration files on the command line: imported, converted, rendered, asked about. */
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { lanwright, scratchDirectory } from './lanwright.ts';

const directory = scratchDirectory();
const run = (...args: readonly string[]): ReturnType<typeof lanwright> => lanwright({ directory }, ...args);

const put = (path: string, text: string): string => {
  mkdirSync(dirname(join(directory, path)), { recursive: true });
  writeFileSync(join(directory, path), text);
  return path;
};

const interfaces = (address: string, more = ''): string =>
  `auto eth0\niface eth0 inet static\n  address ${address}/24\n${more}`;

put(
  'office/router/etc/network/interfaces',
  `${interfaces('192.168.0.1')}\nauto eth1\niface eth1 inet static\n  address 203.0.113.9/24\n  gateway 203.0.113.1\n`,
);
put('office/router/etc/sysctl.conf', 'net.ipv4.ip_forward = 1\n');
put(
  'office/router/etc/iptables/rules.v4',
  '*nat\n:POSTROUTING ACCEPT [0:0]\n-A POSTROUTING -o eth1 -j MASQUERADE\nCOMMIT\n',
);
put('office/desk/etc/network/interfaces', interfaces('192.168.0.5', '  gateway 192.168.0.1\n'));
put('office/server/etc/network/interfaces', interfaces('192.168.0.7', '  gateway 192.168.0.1\n'));
put(
  'office/server/etc/nftables.conf',
  'table inet f {\n  chain input {\n    type filter hook input priority 0; policy drop;\n    icmp type echo-request accept\n    tcp dport 22 ip saddr 192.168.0.0/24 accept\n  }\n}\n',
);
put('office/wiring.yaml', 'lan: [router:eth0, desk:eth0, server:eth0]\ninternet: [router:eth1]\n');

describe('the files of an office', () => {
  it('are one network state', async () => {
    const { status, stdout, stderr } = await run('import', 'office');
    expect([status, stderr]).toEqual([0, '']);
    const state = JSON.parse(stdout) as { stacks: Record<string, unknown>; cables: unknown[] };
    expect(Object.keys(state.stacks)).toEqual(['desk', 'internet', 'router', 'server', 'switch-lan']);
    expect(state.cables).toHaveLength(4);
  });

  it('are a lab file that can be checked', async () => {
    const { status, stdout } = await run('import', 'office', '--as', 'lab');
    expect(status).toBe(0);
    expect(stdout).toContain('lan: { ipv4: 192.168.0.0/24, gateway: router }');
    put('imported.yaml', stdout);
    expect((await run('check', 'imported.yaml')).status).toBe(0);
  });

  it('say who reaches whom', async () => {
    const { status, stdout } = await run('predict', '--files', 'office', '--json');
    expect(status).toBe(0);
    const { pairs } = JSON.parse(stdout) as { pairs: { from: string; to: string; predicted: string }[] };
    const between = (from: string, to: string): string | undefined =>
      pairs.find((pair) => pair.from === from && pair.to === to)?.predicted;
    expect([between('desk', 'server'), between('server', 'desk'), between('desk', 'internet')]).toEqual([
      'yes',
      'no',
      'yes',
    ]);
  });

  it('say why not, with the line of the file', async () => {
    const { status, stdout } = await run('explain', '--files', 'office', '--tcp', '80', 'desk', 'server');
    expect(status).toBe(1);
    expect(stdout).toContain('`server` drops it');
    const there = await run('explain', '--files', 'office', '--json', '--tcp', '22', 'desk', 'server');
    expect(there.stdout).toContain('office/server/etc/nftables.conf:5');
  });

  it('are printed as their state', async () => {
    const { stdout } = await run('state', '--files', 'office');
    expect(JSON.parse(stdout)).toEqual(JSON.parse((await run('import', 'office')).stdout));
  });
});

describe('where machines are', () => {
  const machinesIn = async (...args: readonly string[]): Promise<readonly string[]> => {
    const { stdout } = await run('import', ...args);
    const { stacks } = JSON.parse(stdout) as { stacks: Record<string, unknown> };
    return Object.keys(stacks).filter((name) => !name.startsWith('switch'));
  };

  it('is told by several roots as by the directory that holds them', async () => {
    expect(await machinesIn('office/desk', 'office/server')).toEqual(['desk', 'server']);
    expect(await machinesIn('office/desk')).toEqual(['host']);
    expect(await machinesIn('--host', 'both', 'office/desk', 'office/server')).toEqual(['both']);
  });

  it('is told by an etc alone, and by what is in one', async () => {
    expect(await machinesIn('office/desk/etc')).toEqual(['host']);
    expect(await machinesIn('office/router/etc/network')).toEqual(['host']);
  });
});

describe('files that say nothing of a network', () => {
  put('empty', ' \n');
  put('letter', 'Dear reader,\n');
  put('a-lab.yaml', 'lab: a\nnetworks: {}\n');

  it.each([
    ['empty', 'error[unknown-dialect]: `empty` says nothing\n  help: say with --from-dialect'],
    ['letter', 'error[unknown-dialect]: `letter` is in no dialect that is known here'],
    ['a-lab.yaml', 'help: `a-lab.yaml` is a lab file: lanwright check a-lab.yaml'],
    ['gone', 'help: name files, or a directory that holds etc/'],
  ])('are told, and are no empty network: %s', async (file, said) => {
    for (const args of [
      ['import', file],
      ['convert', '--to', 'netplan', file],
    ]) {
      const { status, stdout, stderr } = await run(...args);
      expect([args, status, stdout]).toEqual([args, 2, '']);
      expect(stderr).toContain(said);
    }
    expect((await run('lint', 'empty')).status).toBe(2);
    const { stderr } = await run('import', 'empty', 'letter');
    expect(stderr).toContain('none of these 2 files is in a dialect that is known here');
  });
});

describe('what is assumed', () => {
  it('is told: one subnet is one segment', async () => {
    put('two/a/etc/network/interfaces', interfaces('10.0.0.1'));
    put('two/b/etc/network/interfaces', interfaces('10.0.0.2'));
    const { status, stderr } = await run('import', 'two');
    expect(status).toBe(0);
    expect(stderr).toContain(
      'note[assumed-segment]: `a:eth0`, `b:eth0` are taken to be on one segment, since they are in 10.0.0.0/24',
    );
  });
});

describe('faults', () => {
  it('are shown with their lines', async () => {
    const path = put('bad/etc/sysctl.conf', 'net.ipv4.ip_forward = 1\nforward please\n');
    const { status, stderr } = await run('import', 'bad');
    expect(status).toBe(2);
    expect(stderr).toBe(
      `${path}:2:1: error[not-a-setting]: \`forward please\` is not \`key = value\`\n    2 | forward please\n      | ^^^^^^^\n`,
    );
  });

  it.each([
    [['import', 'nowhere'], 'error[no-file]'],
    [['convert', '--to', 'netplam', 'office'], 'did you mean `netplan`?'],
    [
      ['convert', '--to', 'terminal', 'office'],
      '`terminal` is only read, not written\n  help: written are sysctl, nft',
    ],
    [['import', '--from-dialect', 'x', 'office'], '`x` is no dialect'],
    [['predict', '--files', 'nowhere'], 'error[no-file]'],
  ])('of the command line: %j', async (args, words) => {
    const { status, stderr } = await run(...args);
    expect([status, stderr.includes(words)], stderr).toEqual([2, true]);
  });

  it('of a wiring name what there is', async () => {
    put('wired/a/etc/network/interfaces', interfaces('10.0.0.1'));
    put('wired/wiring.yaml', 'lan: [a:eth0, c:eth0]\n');
    const { status, stderr } = await run('import', 'wired');
    expect(status).toBe(2);
    expect(stderr).toContain(
      'wired/wiring.yaml:1:15: error[unknown-machine]: `c` is none of the machines that were read',
    );
  });
});

describe('files that are written', () => {
  it('are printed, or put below a directory that has none of them', async () => {
    const source = put('resolv.conf', 'nameserver 192.0.2.53\n');
    put('etc/resolv.conf', 'nameserver 192.0.2.53\nsearch lan\n');
    expect((await run('convert', '--to', 'resolv.conf', source)).stdout).toBe('nameserver 192.0.2.53\n');
    const first = await run('convert', '--to', 'resolv.conf', source, '-o', 'out');
    expect([first.status, first.stdout]).toEqual([0, 'out/etc/resolv.conf\n']);
    const again = await run('convert', '--to', 'resolv.conf', 'etc/resolv.conf', '-o', 'out');
    expect([again.status, again.stderr.includes('`out/etc/resolv.conf` exists, nothing was written')]).toEqual([
      1,
      true,
    ]);
    expect((await run('convert', '--to', 'resolv.conf', 'etc/resolv.conf', '-o', 'out', '--force')).status).toBe(0);
    expect(readFileSync(join(directory, 'out/etc/resolv.conf'), 'utf8')).toBe('nameserver 192.0.2.53\nsearch lan\n');
  });

  it('are those of one machine of a lab', async () => {
    put(
      'lab.yaml',
      'lab: x\nhosts: { metal: { nics: {} } }\nnetworks: { lan: { mode: nat, dhcp: true } }\nmachines: { a: { nics: [lan] } }\n',
    );
    const { status, stdout } = await run('render', '--to', 'nft', '--host', 'metal', '-o', 'rendered');
    expect(status).toBe(0);
    expect(stdout.split('\n')).toEqual(
      expect.arrayContaining([
        'rendered/etc/nftables.conf',
        'rendered/etc/sysctl.d/90-lanwright.conf',
        'rendered/etc/dnsmasq.d/lanwright.conf',
      ]),
    );
    expect(existsSync(join(directory, 'rendered/etc/nftables.conf'))).toBe(true);
    const unknown = await run('render', '--to', 'nft', '--host', 'metl');
    expect([unknown.status, unknown.stderr.includes('did you mean `metal`?')]).toEqual([2, true]);
  });

  it('are files of ufw, with its parameters and nothing beside that says the same', async () => {
    const rendered = await run('render', '--to', 'ufw', '--host', 'metal', '-o', 'guarded');
    expect([rendered.status, rendered.stderr]).toEqual([0, '']);
    const paths = rendered.stdout.split('\n');
    expect(paths).toEqual(
      expect.arrayContaining([
        'guarded/etc/default/ufw',
        'guarded/etc/ufw/sysctl.conf',
        'guarded/etc/ufw/before.rules',
      ]),
    );
    expect(paths.filter((path) => /nftables|sysctl\.d/.test(path))).toEqual([]);
    const before = readFileSync(join(directory, 'guarded/etc/ufw/before.rules'), 'utf8');
    expect(before).toMatch(/^\*nat\n(?:.*\n)*-A POSTROUTING .*-j MASQUERADE$/m);
    const converted = await run('convert', '--to', 'ufw', 'office/server/etc/nftables.conf', '-o', 'closed');
    expect([converted.status, converted.stderr]).toEqual([0, '']);
    expect(readFileSync(join(directory, 'closed/etc/default/ufw'), 'utf8')).toContain('DEFAULT_INPUT_POLICY="DROP"');
    expect(readFileSync(join(directory, 'closed/etc/ufw/user.rules'), 'utf8')).toContain(
      '### tuple ### allow tcp 22 0.0.0.0/0 any 192.168.0.0/24 in\n-A ufw-user-input -p tcp --dport 22 -s 192.168.0.0/24 -j ACCEPT\n',
    );
  });
});
