/** `inspect` on a host on which programs of all kinds, and a person, made interfaces: the programs are the real ones. */
import { spawnSync } from 'node:child_process';
import { accessSync, constants, existsSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { beforeAll, describe, expect, it } from 'vitest';
import { programTree } from '../../tools/program-tree.mjs';

const program = resolve(import.meta.dirname, '../../dist/lanwright.js');
const script = fileURLToPath(new URL('./mixed-host.sh', import.meta.url));
const bridgedScript = fileURLToPath(new URL('./bridged-host.sh', import.meta.url));
const isRoot = process.getuid?.() === 0;

const has = (path: string): boolean => [programTree, '/'].some((root) => existsSync(join(root, path)));

/** Not everywhere may every user make taps. */
const hasTaps = ((): boolean => {
  try {
    accessSync('/dev/net/tun', constants.R_OK | constants.W_OK);
    return true;
  } catch {
    return false;
  }
})();

/** All but Open vSwitch want to be really root. */
const programs = [
  ...(hasTaps && has('usr/lib/openvswitch-switch/ovs-vswitchd') ? ['openvswitch'] : []),
  ...(isRoot && has('usr/sbin/libvirtd') ? ['libvirt'] : []),
  ...(isRoot && has('lib/systemd/systemd-networkd') ? ['networkd'] : []),
  ...(isRoot && has('usr/sbin/NetworkManager') ? ['networkmanager'] : []),
  ...(isRoot && has('sbin/ifup') ? ['ifupdown'] : []),
];
/** In CI a program that is missing is a failure, but for users who cannot run it. */
const isMissing = (name: string): boolean =>
  !programs.includes(name) && (process.env['CI'] === undefined || !isRoot || !hasTaps);

interface InterfaceJson {
  readonly interface: string;
  readonly madeBy: string;
  readonly runBy: string | null;
  readonly certain: boolean;
  readonly kind: string;
  readonly is: readonly string[];
  readonly altnames: readonly string[];
  readonly evidence: readonly string[];
  readonly outside: readonly {
    address: string;
    whose: string;
    byDefault: string;
    withRoute: string | null;
    why: string;
  }[];
}

interface InspectionJson {
  readonly uplink: string;
  readonly interfaces: readonly InterfaceJson[];
  readonly networking: {
    readonly inCharge: string | null;
    readonly programs: readonly { program: string; state: string; interfaces: readonly string[] }[];
  };
  readonly filter: {
    readonly seen: boolean;
    readonly tables: readonly { table: string; by: string; programs: readonly string[] }[];
  };
  readonly unseen: readonly { readonly what: string; readonly why: string }[];
}

/** A user to whom the kernel shows no more than to anybody; where this is not root, one without capabilities. */
const asNobody = isRoot ? 'setpriv --reuid=65534 --regid=65534 --clear-groups' : 'unshare --user';
const ours = `${process.execPath} ${program} inspect`;
const line = [
  `${ours} --json`,
  `echo ======`,
  `${asNobody} ${ours} --json`,
  `echo ======`,
  `COLUMNS=60 ${ours}`,
  `echo ======`,
  'ip -br link | sed "s/[@ ].*//"',
].join('; ');

const kinds = ['--net', '--mount', '--pid', '--ipc', '--uts', '--fork', '--kill-child', '--mount-proc'];
const user = isRoot ? [] : ['--user', '--map-root-user'];

let root: InspectionJson;
let nobody: InspectionJson;
let narrow: string;
let links: readonly string[];

beforeAll(() => {
  const run = spawnSync(
    'unshare',
    [...user, ...kinds, 'sh', script, programTree, programs.join(' '), 'sh', '-c', line],
    {
      encoding: 'utf8',
      timeout: 110_000,
      env: { ...process.env, HOME: '/nonexistent' },
    },
  );
  const [first = '', second = '', third = '', fourth = ''] = run.stdout.split('======\n');
  if (run.status !== 0 || fourth === '') throw new Error(`status ${run.status}\n${run.stderr}\n${run.stdout}`);
  root = JSON.parse(first) as InspectionJson;
  nobody = JSON.parse(second) as InspectionJson;
  narrow = third;
  links = fourth.trim().split('\n').sort();
});

const named = ({ interfaces }: InspectionJson, name: string): InterfaceJson => {
  const found = interfaces.find((each) => each.interface === name);
  if (found === undefined) throw new Error(`no interface ${name}`);
  return found;
};

const owners = (found: InspectionJson, names: readonly string[]): readonly string[] =>
  names.map((name) => named(found, name).madeBy);

describe('who made what, as root', () => {
  it('tells of every interface', () => {
    expect(root.interfaces.map((each) => each.interface).sort()).toEqual(links);
    expect(root.unseen).toEqual([]);
    expect(root.interfaces.filter(({ certain }) => !certain)).toEqual([]);
  });

  it('knows loopback, what was made by hand, and what is like Docker', () => {
    expect(owners(root, ['lo'])).toEqual(['kernel']);
    const hand = ['eth0', 'br-hand', 'veth0', 'veth1', 'vx7', ...(hasTaps ? ['tap-hand'] : [])];
    expect(owners(root, hand)).toEqual(hand.map(() => 'by hand'));
    const docker = ['docker0', 'br-0123456789ab', 'veth1a2b3c4'];
    expect(owners(root, docker)).toEqual(docker.map(() => 'Docker'));
    expect(named(root, 'veth1a2b3c4').is).toContain('other end in namespace web');
    expect(named(root, 'br-hand').altnames).toEqual(['office-lan']);
  });

  it.skipIf(isMissing('openvswitch'))('knows what is of Open vSwitch, and what is only plugged into it', () => {
    expect(owners(root, ['ovsbr0', 'ovs-netdev'])).toEqual(['Open vSwitch', 'Open vSwitch']);
    expect(named(root, 'ovsbr0').is[0]).toBe('ports ovp0');
    expect(named(root, 'ovp0')).toMatchObject({ madeBy: 'by hand' });
    expect(named(root, 'ovp0').is).toContain('in ovsbr0, VLAN 30');
  });

  it.skipIf(isMissing('libvirt'))('knows the bridge of a network of libvirt, and the tap of its guest', () => {
    expect(owners(root, ['labbr7', 'vnet0'])).toEqual(['libvirt', 'libvirt']);
    expect(named(root, 'vnet0').is[0]).toMatch(/^guest vm1, process \d+$/);
    expect(named(root, 'labbr7').evidence[0]).toBe(
      'made and run by libvirt: network `lab`, by /run/libvirt/network/lab.xml',
    );
  });

  it.skipIf(isMissing('networkd'))('knows what networkd made, and what it made for netplan', () => {
    expect(named(root, 'br-net')).toMatchObject({ madeBy: 'systemd-networkd', runBy: 'systemd-networkd' });
    expect(named(root, 'br-plan')).toMatchObject({ madeBy: 'netplan', runBy: 'netplan' });
    expect(named(root, 'br-plan').evidence.join()).toContain('from /etc/netplan/50-bridge.yaml');
    expect(root.networking.programs.find((each) => each.program === 'systemd-networkd')).toMatchObject({
      state: 'running',
      interfaces: ['br-net'],
    });
  });
});

describe('who made what, by the files that programs leave', () => {
  it.skipIf(isMissing('ifupdown'))('knows what ifup brought up', () => {
    expect(named(root, 'br-up')).toMatchObject({ madeBy: 'ifupdown', runBy: 'ifupdown', certain: true });
    expect(named(root, 'br-up').evidence[0]).toContain('/etc/network/interfaces:3');
  });

  it.skipIf(isMissing('networkmanager'))('knows what NetworkManager owns', () => {
    expect(named(root, 'br-nm')).toMatchObject({ madeBy: 'NetworkManager', runBy: 'NetworkManager', certain: true });
    expect(named(root, 'br-nm').evidence[0]).toContain('/etc/NetworkManager/system-connections/nm.nmconnection');
  });
});

describe('what reaches it from outside', () => {
  const answers = (name: string): readonly string[] =>
    named(root, name).outside.map(({ whose, byDefault, withRoute }) => `${whose}: ${byDefault}, ${withRoute}`);

  it('reaches the address on the uplink, and others only with a route', () => {
    expect(root.uplink).toBe('eth0');
    expect(answers('eth0')).toEqual(['this machine: yes, null']);
    expect(answers('br-hand')).toEqual(['this machine: no, yes', 'a guest: no, no']);
  });

  it('says which rule keeps it from guests', () => {
    expect(named(root, 'docker0').outside[1]?.why).toMatch(/the packet filter drops it \(ip filter FORWARD\)$/);
  });

  it.skipIf(isMissing('libvirt'))("names libvirt's own chain", () => {
    expect(named(root, 'labbr7').outside[1]?.why).toMatch(/the packet filter rejects it \(ip filter LIBVIRT_FWI\)$/);
  });

  it('names the owners of the packet filter', () => {
    const filter = root.filter.tables.find(({ table }) => table === 'ip filter');
    expect(filter).toMatchObject({ by: 'iptables' });
    expect(filter?.programs).toContain('Docker');
  });
});

describe('as a user without privileges', () => {
  it('names the same owners, and says where it does not know for certain', () => {
    const all = links.map((name) => [name, named(root, name).madeBy]);
    expect(links.map((name) => [name, named(nobody, name).madeBy])).toEqual(all);
    expect(nobody.interfaces.filter(({ certain }) => certain).map(({ madeBy }) => madeBy)).not.toContain('by hand');
  });

  it('says what it cannot see, and claims nothing that depends on it', () => {
    expect(nobody.filter.seen).toBe(false);
    expect(nobody.unseen.map(({ what }) => what)).toContain('packet filter');
    expect(named(nobody, 'eth0').outside[0]).toMatchObject({ byDefault: 'unknown' });
  });
});

describe('on a small terminal', () => {
  it('keeps within its columns', () => {
    expect(narrow.split('\n').filter((text) => text.length > 60)).toEqual([]);
    expect(narrow).toContain('INTERFACE     docker0');
  });
});

describe('a host whose uplink is in a bridge', () => {
  let json: string;
  let text: string;

  beforeAll(() => {
    const both = `${ours} --json; echo ======; ${ours}`;
    const bridged = spawnSync('unshare', [...user, ...kinds, 'sh', bridgedScript, 'sh', '-c', both], {
      encoding: 'utf8',
      timeout: 60_000,
    });
    [json = '', text = ''] = bridged.stdout.split('======\n');
  });

  it('has its guests on the network of the uplink, past its own filter', () => {
    const found = JSON.parse(json) as InspectionJson;
    expect(found.uplink).toBe('br0');
    expect(
      named(found, 'br0').outside.map(({ address, whose, byDefault }) => `${whose} ${address}: ${byDefault}`),
    ).toEqual([
      'this machine 192.0.2.2: yes',
      'a guest 192.0.2.253: yes',
      'this machine 2001:db8::2: no',
      'a guest 2001:db8::ffff:ffff:ffff:fffe: yes',
    ]);
    expect(named(found, 'br0').outside[2]?.why).toBe('nobody answers for 2001:db8::2 by ARP or neighbour discovery');
  });

  it('tells the families apart where they differ', () => {
    expect(text).toMatch(/IPv4 yes/);
    expect(text).toMatch(/IPv6 no: nobody answers/);
    expect(text).toMatch(/guests: yes/);
  });
});
