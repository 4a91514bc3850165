/** Laws of planning, on labs of every mode: addresses are unique, results repeat, nobody moves for a newcomer. */
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { type Lab } from '../../src/lab/lab.ts';
import { parseLock, printLock, type LockFile } from '../../src/lab/lock-file.ts';
import { built, identityOf, outcomeOf } from './built.ts';

type Entry = readonly [string, Record<string, unknown>];

interface Plan {
  readonly outside: readonly Entry[];
  readonly networks: readonly Entry[];
  readonly machines: readonly Entry[];
}

const modes = ['bridged', 'nat', 'routed', 'proxied', 'host-only', 'private'] as const;

const networkOf = (mode: string, index: number, prefixes: string): Entry => {
  const onOffice = mode === 'bridged' || mode === 'proxied' ? { on: mode === 'bridged' ? 'office' : 'dmz' } : {};
  const given =
    prefixes === 'given' && Object.keys(onOffice).length === 0
      ? { ipv4: `172.20.${index}.0/24`, ...(mode === 'nat' ? { dhcp: true } : {}) }
      : {};
  return [`net${index}`, { mode, ...onOffice, ...given }];
};

/** One bridged network at most: a second one would need an interface of its own. */
const networks = fc
  .array(fc.tuple(fc.constantFrom(...modes), fc.constantFrom('auto', 'given')), { minLength: 1, maxLength: 6 })
  .map((chosen) =>
    chosen.filter(([mode], index) => mode !== 'bridged' || chosen.findIndex(([one]) => one === mode) === index),
  )
  .map((chosen) => chosen.map(([mode, prefixes], index) => networkOf(mode, index, prefixes)));

const address = fc.constantFrom(undefined, undefined, 'auto', 'dhcp', 'slaac', ['auto', '198.18.7.7/32'], 'none');

const machineOn = (names: readonly string[]): fc.Arbitrary<Record<string, unknown>> =>
  fc
    .record({
      picks: fc.uniqueArray(fc.constantFrom(...names, 'office', 'internet'), { minLength: 1, maxLength: 3 }),
      address,
      count: fc.option(fc.integer({ min: 1, max: 4 }), { nil: undefined }),
    })
    .map(({ picks, address: wanted, count }) => ({
      nics: picks.map((network, index) => ({
        network,
        ...(wanted === undefined || Array.isArray(wanted) || index > 0 ? {} : { address: wanted }),
      })),
      ...(count === undefined ? {} : { count }),
    }));

const plans: fc.Arbitrary<Plan> = networks.chain((made) => {
  const names = made.map(([name]) => name);
  return fc
    .record({
      machines: fc.array(machineOn(names), { minLength: 1, maxLength: 8 }),
      outside: fc.array(machineOn(['office', 'dmz']), { maxLength: 3 }),
    })
    .map(({ machines, outside }) => ({
      networks: made,
      machines: machines.map((body, index): Entry => [`vm${index}`, body]),
      outside: outside.map((body, index): Entry => [`out${index}`, body]),
    }));
});

const accepted = ['two-default-routes', 'same-subnet-twice', 'dhcp-without-server'];

const write = (plan: Plan): unknown => ({
  lab: 'law',
  accept: accepted,
  outside: {
    networks: {
      office: { ipv4: '192.168.0.0/24', ipv6: '2001:db8:1::/64', gateway: 'router' },
      dmz: { ipv4: '192.168.1.0/24', ipv6: '2001:db8:2::/64', gateway: 'router' },
    },
    machines: {
      router: {
        nics: {
          a: { network: 'office', address: 1 },
          b: { network: 'dmz', address: 1 },
          wan: 'internet',
        },
      },
      ...Object.fromEntries(plan.outside),
    },
  },
  hosts: { metal: { nics: { eth0: 'office', eth1: { network: 'dmz', gateway: 'none' } } } },
  networks: Object.fromEntries(plan.networks),
  machines: Object.fromEntries(plan.machines),
});

const identities = (lab: Lab): Record<string, unknown> =>
  Object.fromEntries(Object.values(lab.machines).map((one) => [one.name, identityOf(one)]));

const unmoved = (before: Lab, after: Lab): void => expect(identities(after)).toMatchObject(identities(before));

const reread = (lock: LockFile): LockFile | undefined => parseLock('lab.lock.yaml', printLock(lock)).value;

const soak = process.env['LANWRIGHT_SOAK'] === '1' ? 20 : 1;
const runs = { numRuns: 30 * soak };

describe('planning', () => {
  test('gives no address and no MAC twice', () => {
    fc.assert(
      fc.property(plans, (plan) => {
        const { lab } = built(write(plan));
        const nics = Object.values(lab.machines).flatMap((one) => one.nics);
        const all = nics.flatMap((nic) => [...nic.addresses, ...(nic.lease === undefined ? [] : [nic.lease])]);
        const texts = all.map((one) => one.address);
        expect(new Set(texts).size).toBe(texts.length);
        expect(new Set(nics.map((nic) => nic.mac)).size).toBe(nics.length);
        const machines = Object.values(lab.machines);
        expect(new Set(machines.map((one) => one.number)).size).toBe(machines.length);
        expect(new Set(machines.map((one) => one.consolePort)).size).toBe(machines.length);
      }),
      runs,
    );
  });

  test('comes to the same result again, with its lock and without', () => {
    fc.assert(
      fc.property(plans, (plan) => {
        const first = built(write(plan));
        expect(built(write(plan))).toEqual(first);
        const again = built(write(plan), { lock: reread(first.lock) });
        expect(again.lab).toEqual(first.lab);
        expect(printLock(again.lock)).toBe(printLock(first.lock));
      }),
      runs,
    );
  });

  test('moves nobody for a machine or network at the end', () => {
    fc.assert(
      fc.property(plans, machineOn(['net0']), (plan, body) => {
        const before = built(write(plan)).lab;
        unmoved(before, built(write({ ...plan, machines: [...plan.machines, ['newcomer', body]] })).lab);
        unmoved(before, built(write({ ...plan, outside: [...plan.outside, ['newcomer', { nics: ['office'] }]] })).lab);
        unmoved(before, built(write({ ...plan, networks: [...plan.networks, ['newcomer', { mode: 'nat' }]] })).lab);
      }),
      runs,
    );
  });

  test('moves nobody for a machine or network anywhere, once decisions are kept', () => {
    fc.assert(
      fc.property(plans, machineOn(['net0']), fc.nat(20), (plan, body, place) => {
        const { lab: before, lock } = built(write(plan));
        const at = (entries: readonly Entry[], entry: Entry): readonly Entry[] =>
          entries.toSpliced(place % (entries.length + 1), 0, entry);
        const given = { lock: reread(lock) };
        unmoved(before, built(write({ ...plan, machines: at(plan.machines, ['newcomer', body]) }), given).lab);
        unmoved(
          before,
          built(write({ ...plan, outside: at(plan.outside, ['newcomer', { nics: ['dmz'] }]) }), given).lab,
        );
        unmoved(
          before,
          built(write({ ...plan, networks: at(plan.networks, ['newcomer', { mode: 'routed' }]) }), given).lab,
        );
      }),
      runs,
    );
  });

  test('gives a machine that comes back what it had, and nobody else meanwhile', () => {
    fc.assert(
      fc.property(plans, fc.nat(20), (plan, place) => {
        const first = built(write(plan));
        const gone = plan.machines.toSpliced(place % plan.machines.length, 1);
        const other: Entry = ['other', { nics: [plan.networks[0]?.[0]] }];
        const without = built(write({ ...plan, machines: [...gone, other] }), { lock: reread(first.lock) });
        const back = built(write({ ...plan, machines: [...plan.machines, other] }), { lock: reread(without.lock) });
        unmoved(first.lab, back.lab);
      }),
      runs,
    );
  });
});

/** Values that the language takes, whether they make sense or not. */
const wild = fc.record({
  lab: fc.constant('wild'),
  addressing: fc.option(
    fc.record({
      'ipv4-pool': fc.constantFrom('10.0.0.0/8', '10.0.0.0/29', '192.0.2.0/30', '0.0.0.0/0', 'nonsense'),
      'interface-ids': fc.constantFrom('hex', 'shifted', 'words', 'decimal'),
      ports: fc.constantFrom([1, 2], [20000, 20001], [65535, 1]),
    }),
    { nil: undefined },
  ),
  outside: fc.record({
    networks: fc.dictionary(fc.constantFrom('office', 'a', 'internet'), wildNetwork(), { maxKeys: 2 }),
    machines: fc.dictionary(fc.constantFrom('router', 'b', 'a'), wildMachine(), { maxKeys: 2 }),
  }),
  hosts: fc.dictionary(fc.constantFrom('metal', 'metal2'), wildMachine(), { maxKeys: 2 }),
  networks: fc.dictionary(
    fc.constantFrom('lan', 'a', 'a-name-of-more-than-15-letters'),
    fc.record(
      {
        mode: fc.constantFrom(...modes),
        nic: fc.constantFrom('eth0', 'eth9'),
        on: fc.constantFrom('office', 'nowhere', 'lan'),
        host: fc.constantFrom('metal', 'nobody'),
        ipv4: fc.constantFrom('auto', 'none', '10.0.0.0/24', '10.0.0.0/31', '10.0.0.5/32', '0.0.0.0/0', 'x', '::/64'),
        ipv6: fc.constantFrom('auto', 'none', '2001:db8::/64', '2001:db8::/127', 'fe80::/64', '::/0'),
        gateway: fc.constantFrom('none', 'last', 3, 99999, 'router', 'web', '10.0.0.9', 'fe80::1', '??'),
        dhcp: fc.constantFrom(true, false, 'web', 'nobody', { range: [9, 3] }, { range: [2, 9] }),
        ra: fc.constantFrom(true, 'web', 'nobody'),
        publish: fc.constant([{ to: 'web', tcp: 80 }, { to: 'x' }, { to: 'web', address: '10.9.9.9' }]),
        address: fc.constantFrom(1, 'last', '10.0.0.77', 'none', 999),
      },
      { requiredKeys: ['mode'] },
    ),
    { maxKeys: 3 },
  ),
  machines: fc.dictionary(fc.constantFrom('web', 'b', 'lan'), wildMachine(), { maxKeys: 3 }),
  groups: fc.constantFrom({}, { g: ['web', 'g'] }, { g: ['h'], h: ['g', '10.0.0.1'] }),
  policy: fc.constantFrom(
    [],
    [{ allow: 'web', deny: 'b', to: 'any' }],
    [{ deny: 'g', to: ['internet', 'lan', '::1'], tcp: 25 }],
  ),
  expect: fc.constantFrom(
    [],
    [{ from: 'web', to: 'b', source: 'nobody' }],
    [{ from: 'any', to: 'web', family: 6, tcp: 1 }],
  ),
});

function wildNetwork(): fc.Arbitrary<unknown> {
  return fc.record(
    {
      ipv4: fc.constantFrom('192.168.0.0/24', '10.0.0.0/8', 'auto', '224.0.0.0/4'),
      ipv6: fc.constantFrom('2001:db8:1::/64', '2001:db8:1::/48', 'none'),
      gateway: fc.constantFrom('router', 'none', 1, '192.168.0.77', '10.1.1.1', 'fe80::1'),
      dhcp: fc.constantFrom(true, 'router', 'web'),
      ra: fc.constantFrom(true, 'b'),
    },
    { requiredKeys: [] },
  );
}

function wildMachine(): fc.Arbitrary<unknown> {
  const network = fc.constantFrom('office', 'lan', 'a', 'internet', 'nowhere', 'a-name-of-more-than-15-letters');
  const anyAddress = fc.constantFrom(
    'auto',
    'dhcp',
    'slaac',
    'last',
    'none',
    0,
    1,
    5,
    300,
    '10.0.0.1',
    '10.0.0.0/24',
    'fe80::1/64',
    '::1',
    'x/y',
  );
  const nic = fc.record(
    {
      network,
      address: fc.oneof(anyAddress, fc.array(anyAddress, { minLength: 1, maxLength: 3 })),
      ipv4: anyAddress,
      ipv6: anyAddress,
      gateway: fc.constantFrom('none', 'last', 7, 'router', 'nobody', '10.0.0.254', 'fe80::9'),
      mac: fc.constantFrom('52:54:00:00:01:00', '01:00:5e:00:00:01', 'zz'),
      aliases: fc.constantFrom({ 0: '192.0.2.9/24' }, { long: 'x' }),
    },
    { requiredKeys: ['network'] },
  );
  return fc.record(
    {
      number: fc.constantFrom(1, 20, 65534),
      count: fc.constantFrom(1, 3),
      nics: fc.array(fc.oneof(network, nic), { maxLength: 3 }),
      routes: fc.constantFrom(
        [{ to: 'default', via: 'router' }],
        [
          { to: 'lan', via: '10.0.0.1' },
          { to: '10.0.0.0/8', type: 'blackhole' },
        ],
        [{ to: '2001:db8::/32', via: '10.0.0.1' }, { to: 'x' }, { to: 'lan', dev: 'eth7' }],
      ),
      nat: fc.constantFrom(true, ['lan', 'x']),
      services: fc.constantFrom(
        ['router', { firewall: { deny: [{ tcp: 1, from: 'internet' }, 'ping'], allow: [{ from: ['web', 'lan'] }] } }],
        [{ dhcp: { network: 'lan', range: [1, 3] } }],
      ),
    },
    { requiredKeys: [] },
  );
}

test('whatever the file says, there is a lab or an error, never an exception', () => {
  fc.assert(
    fc.property(wild, (file) => {
      const outcome = outcomeOf(JSON.parse(JSON.stringify(file)));
      expect(outcome.value !== undefined || outcome.diagnostics.some((one) => one.severity === 'error')).toBe(true);
      for (const one of outcome.diagnostics) expect(one.message).not.toMatch(/undefined|\[object/);
    }),
    { numRuns: 200 * soak },
  );
});
