/** What files of other people taught of netplan: each was held to `netplan generate`. */
import { describe, expect, it } from 'vitest';
import { type Reading } from '../../../src/dialects/dialect.ts';
import { readNetplan } from '../../../src/dialects/netplan/read.ts';

const read = (...lines: readonly string[]): Reading =>
  readNetplan([{ path: 'etc/netplan/a.yaml', text: ['network:', ...lines, ''].join('\n') }], { stack: 'm' });

const told = ({ remarks }: Reading): readonly unknown[] =>
  remarks.map(({ kind, code, at }) => [kind, code, at.line, at.column]);

describe('files of other people', () => {
  it.each(['no', 'off', 'false', 'False'])('say nothing where something is %s', (word) => {
    expect(told(read('  ethernets:', '    eth0:', `      dhcp6: ${word}`))).toEqual([]);
  });

  it('give routes the metrics of NetworkManager where it is the renderer', () => {
    const { stacks } = read(
      '  renderer: NetworkManager',
      '  ethernets:',
      '    eth0: { addresses: [192.0.2.2/24], routes: [{ to: default, via: 192.0.2.1 }] }',
      '    eth1: { renderer: networkd, addresses: [10.0.0.2/24], routes: [{ to: 10.1.0.0/16, via: 10.0.0.1 }] }',
      '  bridges:',
      '    br0: { dhcp4: true }',
    );
    expect(stacks['m']?.routes?.map(({ to, metric }) => [to, metric])).toEqual([
      ['0.0.0.0/0', 100],
      ['10.1.0.0/16', 0],
    ]);
    expect(stacks['m']?.services).toMatchObject([{ interface: 'br0', metric: 425 }]);
    expect(stacks['m']?.interfaces?.['br0']?.bridge?.stp).toBe(true);
  });

  it('take no routes of a lease with `use-routes: false`', () => {
    const reading = read('  ethernets:', '    eth0: { dhcp4: true, dhcp4-overrides: { use-routes: false } }');
    expect(told(reading)).toEqual([]);
    expect(reading.stacks['m']?.services).toMatchObject([{ interface: 'eth0', ignoresRouter: true }]);
    const [usual] = read('  ethernets:', '    eth0: { dhcp4: true }').stacks['m']?.services ?? [];
    expect(usual).not.toHaveProperty('ignoresRouter');
  });

  it('name a renderer for a whole section', () => {
    const { stacks } = read('  ethernets:', '    renderer: NetworkManager', '    eth0: { dhcp4: true }');
    expect(Object.keys(stacks['m']?.interfaces ?? {})).toEqual(['eth0']);
  });

  it('are refused for keys that rules and made devices do not have', () => {
    const reading = read(
      '  ethernets:',
      '    eth0:',
      '      routing-policy:',
      '        - { from: 192.0.2.0/24, iif: eth1, table: 100 }',
      '  bridges:',
      '    br0:',
      '      match: { name: x }',
    );
    expect(told(reading).filter((remark) => (remark as readonly string[])[0] === 'error')).toEqual([
      ['error', 'unknown-key', 8, 7],
      ['error', 'unknown-key', 5, 33],
    ]);
  });

  it('have rules without a priority each in front of the one before, as the kernel puts them', () => {
    const { stacks } = read(
      '  ethernets:',
      '    eth0:',
      '      routing-policy: [{ from: 192.0.2.0/24, table: 1 }, { from: 198.51.100.0/24, table: 2 }]',
    );
    expect(stacks['m']?.rules?.map(({ priority }) => priority)).toEqual([32765, 32764]);
  });

  it('have switches of Open vSwitch, which are told and no fault', () => {
    const reading = read(
      '  openvswitch: { ports: [[patch0-1, patch1-0]] }',
      '  ethernets: { eth0: {}, eth1: {} }',
      '  bonds:',
      '    bond0: { interfaces: [patch1-0, eth1], openvswitch: { lacp: active }, parameters: { mode: balance-tcp } }',
      '  bridges:',
      '    ovs0: { interfaces: [patch0-1, eth0, bond0], openvswitch: {} }',
    );
    expect(new Set(reading.remarks.map(({ kind }) => kind))).toEqual(new Set(['not-said']));
  });

  it('leave tags to the card where the renderer is sriov', () => {
    const reading = read('  ethernets: { eth0: {} }', '  vlans: { vlan5: { id: 5, link: eth0, renderer: sriov } }');
    expect(reading.stacks['m']?.interfaces?.['vlan5']).toBeUndefined();
    expect(told(reading)).toEqual([['not-said', 'no-words-for', 3, 12]]);
  });
});

describe('what netplan takes', () => {
  it('may say a key twice: both count', () => {
    const reading = read(
      '  ethernets:',
      '    eth0: { addresses: [192.0.2.2/24] }',
      '  bridges:',
      '    br0: { interfaces: [eth1] }',
      '  ethernets:',
      '    eth1: {}',
    );
    expect(told(reading)).toEqual([['assumed', 'key-twice', 6, 3]]);
    expect(Object.keys(reading.stacks['m']?.interfaces ?? {}).sort()).toEqual(['br0', 'eth0', 'eth1']);
  });

  it('are routes without a gateway', () => {
    const reading = read('  ethernets:', '    eth0: { routes: [{ to: 198.51.100.0/24 }] }');
    expect(told(reading)).toEqual([]);
    expect(reading.stacks['m']?.routes).toMatchObject([{ to: '198.51.100.0/24', dev: 'eth0' }]);
  });

  it('and the model has no words for is not said of more than it is for', () => {
    const reading = read(
      '  ethernets:',
      '    eth0:',
      '      routing-policy: [{ from: 192.0.2.0/24, type-of-service: 8, table: 7 }]',
      '      routes: [{ to: 198.51.100.0/24, type: broadcast }]',
    );
    expect(reading.remarks.map(({ kind, code }) => `${kind} ${code}`).sort()).toEqual([
      'not-said other-type',
      'not-said unsaid-rule',
    ]);
    expect(reading.stacks['m']).not.toMatchObject({ rules: [{}] });
    expect(reading.stacks['m']?.routes ?? []).toEqual([]);
  });
});
