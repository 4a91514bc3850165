/** What domain files of other people taught (xl.cfg(5), xl-network-configuration(5)). */
import { describe, expect, it } from 'vitest';
import { type Reading } from '../../../src/dialects/dialect.ts';
import { xen } from '../../../src/dialects/xen/dialect.ts';

const read = (text: string): Reading =>
  xen.read([{ path: 'etc/xen/web.cfg', text: `name = "web"\n${text}` }], { stack: 'host' });

const codesOf = ({ remarks }: Reading): readonly string[] => remarks.map(({ code }) => code);

describe('domain files', () => {
  it('have lists in lists where no networks are spoken of', () => {
    const text =
      'vnuma = [ [ "pnode=0", "size=1024", "vcpus=0-3", "vdistances=10,20" ], [ "pnode=1", "size=1024" ] ]\nvif = [ "mac=00:16:3e:00:00:07,bridge=br0", ]\n';
    const reading = read(text);
    expect(reading.remarks.filter(({ kind }) => kind === 'error')).toEqual([]);
    expect(reading.stacks['web']?.interfaces?.['eth0']?.mac).toBe('00:16:3e:00:00:07');
  });

  it('name VLANs behind a bridge of Open vSwitch', () => {
    for (const bridge of ['ovs0.42', 'ovs0:42:43']) {
      const reading = read(`vif = [ 'script=vif-openvswitch,bridge=${bridge}' ]\n`);
      expect(reading.remarks.filter(({ kind }) => kind === 'error')).toEqual([]);
      expect(codesOf(reading)).toContain('no-words-for');
    }
  });
});
