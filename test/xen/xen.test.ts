/**
 * Domain files on a real Xen: those that are written for examples, and the lines of two guides to Xen's networks. A
 * hypervisor under emulation starts their guests, and what its scripts do, and who then answers whom, is what was read
 * from the files and predicted. One boot takes half a minute, a guest twenty seconds.
 */
import { existsSync } from 'node:fs';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { xenTree } from '../../tools/program-tree.mjs';
import { type ConfigText } from '../../src/dialects/dialect.ts';
import { stackIn } from '../../src/dialects/reading.ts';
import { xen } from '../../src/dialects/xen/dialect.ts';
import { emptyStack } from '../../src/state/empty-stack.ts';
import { type NetworkState } from '../../src/state/network-state.ts';
import { ask, create, networkList, put, seeVifs } from './domains.ts';
import { openHypervisor, type Hypervisor } from './hypervisor.ts';
import { host, hostBridge, hostNic, officeWith, stateOf, type GuestAddress } from './networks.ts';
import { measured, predicted } from './pings.ts';
import { saidMacs, saidVifs } from './said.ts';
import { clearAway, stackScript, surroundings } from './stack-script.ts';
import { random, saidByReader, saidByXl, written } from './vif-strings.ts';

const isSoak = process.env['LANWRIGHT_SOAK'] === '1';
const longMs = 900_000;

let opened: Hypervisor | undefined;
const hypervisor = (): Hypervisor => {
  if (opened === undefined) throw new Error('the hypervisor is not open yet');
  return opened;
};

/** Lays the network around the guests, starts them from their files, and compares all that can be seen. */
const runAsPredicted = async (state: NetworkState, files: ReadonlyMap<string, ConfigText>): Promise<void> => {
  const guests = [...files.keys()];
  await hypervisor().run(surroundings(state, host, guests));
  for (const [name, file] of files) {
    const { status, output } = await create(hypervisor(), name, file);
    expect(status, output).toBe(0);
  }
  for (const name of guests) {
    await ask(hypervisor(), name, stackScript(stackIn(state, name), new Set()));
    const macs = saidMacs(state, name);
    const listed = await networkList(hypervisor(), name);
    expect(Object.keys(listed)).toEqual(Object.keys(macs));
    expect(listed).toMatchObject(Object.fromEntries(Object.entries(macs).filter(([, mac]) => mac !== undefined)));
  }
  const seen = await seeVifs(hypervisor());
  expect(seen).toEqual(saidVifs(state, guests, seen));
  expect(await measured(hypervisor(), state, host, guests)).toEqual(predicted(state, guests));
};

/** A vif, and what xl.conf says: what works, and what Xen's scripts refuse. */
const attempts: readonly (readonly [vif: string, conf: string])[] = [
  ['bridge=br1,mtu=1400,devid=3', ''],
  ['bridge=xenbr7,vifname=vm01-eth0', ''],
  ['ip=192.168.1.7', 'vif.default.bridge="br1"\n'],
  ['script=vif-nat,ip=10.0.0.1/24,mtu=1400', ''],
  ['script=vif-nat,ip=10.0.0.200', ''],
  ['script=vif-nat,ip=10.0.0.1 10.0.0.2', ''],
  ['script=vif-route,ip=10.0.0.0/28 10.0.1.7', ''],
  ['ip=10.0.0.1', 'vif.default.script="vif-route"\nvif.default.gatewaydev="br1"\n'],
  ['script=vif-route,ip=10.0.0.1/24', ''],
  ['script=vif-route,ip=fd00::1', ''],
  ['vifname=a-very-long-name', 'vif.default.bridge="br1"\n'],
];

// Where tests are counted, a missing tree is a fault.
const isMissing = process.env['CI'] === undefined && !existsSync(xenTree);

describe.skipIf(!isSoak || isMissing)('domain files on a real Xen', { timeout: longMs }, () => {
  beforeAll(async () => {
    opened = await openHypervisor();
    expect(await opened.run('xl info xen_version')).toMatch(/^4\.17\./);
  }, longMs);
  afterEach(async () => {
    await hypervisor().run(`: > /etc/xen/xl.conf\n${clearAway}`);
  }, longMs);
  afterAll(() => opened?.close());

  it.each(['xen-bridge', 'xen-nat', 'xen-routed'])('written for %s', async (example) => {
    const state = stateOf(example);
    const files = xen.write?.(state, host).files ?? [];
    const guests = Object.keys(state.stacks).filter((name) => name.startsWith('vm'));
    expect(files.map(({ path }) => path)).toEqual(guests.map((name) => `etc/xen/${name}.cfg`));
    await runAsPredicted(state, new Map(files.map((file, index) => [guests[index] ?? '', file])));
  });

  const guide: readonly (readonly [string, string, GuestAddress])[] = [
    ['bridge', "vif = [ 'ip=192.168.0.6' ]", { address: '192.168.0.6', gateway: '192.168.0.1' }],
    ['nat', "vif = [ 'ip=10.0.0.1' ]", { address: '10.0.0.1', gateway: '10.0.0.254' }],
    ['route', "vif = [ 'ip=10.0.0.1' ]", { address: '10.0.0.1', gateway: '10.0.0.254' }],
  ];
  it.each(guide)('of a guide, with vif-%s', async (kind, line, guest) => {
    const file = {
      path: 'etc/xen/auto/vm01.cfg',
      text: `${line}\n#thats all that is required for the networking part.\n`,
    };
    // What xend's network script did to the host is part of the state; guests are xl's, which has a file of its own.
    const config = { path: 'etc/xen/xend-config.sxp', text: `(network-script network-${kind})\n` };
    const conf = { path: 'etc/xen/xl.conf', text: `vif.default.script="vif-${kind}"\n` };
    await hypervisor().run(put(conf));
    const reading = xen.read([config, conf, file], { stack: host, interfaces: { eth0: hostNic } });
    await runAsPredicted(officeWith(reading, guest), new Map([['vm01', file]]));
  });

  it('of another guide, whose second list replaces the first', async () => {
    const text = [
      "vif=[ 'mac=00:16:3e:10:10:10,script=vif-bridge,bridge=br0', ]",
      "vif=[ 'mac=00:16:3e:11:11:11,script=vif-bridge,bridge=br1', ]",
      '',
    ].join('\n');
    const file = { path: 'etc/xen/vm/vm01', text };
    const reading = xen.read([file], { stack: host, interfaces: { br1: hostBridge } });
    const guest = { address: '192.168.1.10', gateway: '192.168.1.1' };
    await runAsPredicted(officeWith(reading, guest, 'br1', hostBridge), new Map([['vm01', file]]));
  });

  it.each(attempts)('`%s`: xl starts what is read without an error, and as it is read', async (vif, conf) => {
    const xl = { path: 'etc/xen/xl.conf', text: conf };
    const file = { path: 'etc/xen/vm01.cfg', text: `vif = [ '${vif}' ]\n` };
    const known = { eth0: hostNic, br1: hostBridge, eth7: { ...hostBridge, addresses: [] } };
    await hypervisor().run(
      stackScript(
        { ...emptyStack, interfaces: { eth0: { ...hostNic, kind: 'bridge' }, br1: hostBridge, eth7: known.eth7 } },
        new Set(),
      ),
    );
    await hypervisor().run(put(xl));
    const { stacks, remarks, cables } = xen.read([xl, file], { stack: host, interfaces: known });
    const { status, output } = await create(hypervisor(), 'vm01', file, '-p');
    const errors = remarks.filter(({ kind }) => kind === 'error');
    expect(status === 0, `${output}\n${JSON.stringify(errors)}`).toBe(errors.length === 0);
    if (status !== 0) return;
    const seen = await seeVifs(hypervisor());
    const state = { version: 1, stacks: { [host]: { ...emptyStack, ...stacks[host] } }, cables } as const;
    expect(seen).toEqual(saidVifs(state, ['vm01'], seen));
  });

  it('has xl take strings as they are read', async () => {
    const seed = Date.now() % 1_000_000;
    const strings = [...written, ...random(200, seed)];
    for (let start = 0; start < strings.length; start += 50) {
      const some = strings.slice(start, start + 50);
      const read = saidByReader(some);
      const taken = await saidByXl(hypervisor(), some);
      expect(taken.length).toBe(some.length);
      expect(
        taken.filter((_, index) => read[index] !== undefined),
        `seed ${seed}`,
      ).toEqual(read.filter((said) => said !== undefined));
    }
  });
});
