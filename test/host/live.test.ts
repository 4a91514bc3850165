/** `state --live` and `draw --live`: this machine as the kernel has it, the same for everybody but for the packet filter. */
import { spawnSync } from 'node:child_process';
import { resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { beforeAll, describe, expect, it } from 'vitest';
import { type NetworkState, type Stack } from '../../src/state/network-state.ts';

const program = resolve(import.meta.dirname, '../../dist/lanwright.js');
const script = fileURLToPath(new URL('./bridged-host.sh', import.meta.url));
const isRoot = process.getuid?.() === 0;
const user = isRoot ? [] : ['--user', '--map-root-user'];
const kinds = ['--net', '--mount', '--pid', '--ipc', '--uts', '--fork', '--kill-child', '--mount-proc'];
const asNobody = isRoot ? 'setpriv --reuid=65534 --regid=65534 --clear-groups' : 'unshare --user';
const ours = `${process.execPath} ${program}`;

let root: Stack;
let nobody: Stack;
let drawn: string;
let told: string;

const stackIn = (json: string): Stack => {
  const [stack] = Object.values((JSON.parse(json) as NetworkState).stacks);
  if (stack === undefined) throw new Error('no stack');
  return stack;
};

beforeAll(() => {
  const line = `${ours} state --live; echo ======; ${asNobody} ${ours} state --live; echo ======; ${ours} draw --live`;
  const run = spawnSync('unshare', [...user, ...kinds, 'sh', script, 'sh', '-c', line], {
    encoding: 'utf8',
    timeout: 60_000,
  });
  const [first = '', second = '', third = ''] = run.stdout.split('======\n');
  [root, nobody, drawn, told] = [stackIn(first), stackIn(second), third, run.stderr];
});

describe('this machine, live', () => {
  it('is what its kernel holds', () => {
    expect(Object.keys(root.interfaces)).toEqual(['br0', 'eth0', 'lo', 'vm-port']);
    expect(root.interfaces['eth0']).toMatchObject({ kind: 'ethernet', master: 'br0' });
    expect(root.routes).toMatchObject([{ to: '0.0.0.0/0', via: '192.0.2.1', dev: 'br0' }]);
    expect(root.filter.map(({ name }) => name)).toEqual(['filter']);
  });

  it('is the same to a user without privileges, who is told that the filter is missing', () => {
    expect(nobody).toEqual({ ...root, filter: [] });
    expect(told).toContain('packet filter: only root may read it');
  });

  it('can be drawn', () => {
    expect(drawn).toContain('br0  192.0.2.0/24  2001:db8::/64');
  });
});
