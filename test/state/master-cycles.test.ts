/** Ports of themselves, which the kernel refuses, are in no state. */
import { describe, expect, it } from 'vitest';
import { portsOfThemselves } from '../../src/state/master-cycles.ts';
import { type Interface } from '../../src/state/network-state.ts';
import { normalize } from '../../src/state/normal-form.ts';
import { readMachine } from '../../src/dialects/read-machine.ts';

const port = (master?: string): Interface => ({
  kind: 'bridge',
  mtuBytes: 1500,
  up: true,
  addresses: [],
  ...(master === undefined ? {} : { master }),
});

describe('ports of themselves', () => {
  it('are found, straight and by others', () => {
    expect(portsOfThemselves({ br0: port('br0'), br1: port() })).toEqual(['br0']);
    expect(portsOfThemselves({ a: port('b'), b: port('c'), c: port('b'), d: port('nobody') })).toEqual(['b', 'c']);
  });

  it('are ports of nobody in a state', () => {
    const stack = { interfaces: { a: port('a'), b: port('a') }, routes: [], rules: [], neighbourProxies: [] };
    const { stacks } = normalize({
      version: 1,
      stacks: { host: { ...stack, sysctls: {}, filter: [], services: [] } },
      cables: [],
    });
    expect(stacks['host']?.interfaces['a']?.master).toBeUndefined();
    expect(stacks['host']?.interfaces['b']?.master).toBe('a');
  });

  it('are told where files say so', () => {
    const text = 'network: { version: 2, bridges: { br0: { interfaces: [br0] } } }\n';
    const { readings } = readMachine([{ path: 'etc/netplan/1.yaml', text }], { stack: 'host' });
    const remarks = readings.flatMap(({ reading }) => reading.remarks);
    expect(remarks.map(({ kind, message }) => `${kind}: ${message}`)).toContain(
      'error: `br0` would be a port of itself: the kernel refuses that',
    );
  });
});
