/** Networks that are written for libvirt, defined and started by it: what the kernel then holds is the state. */
import { afterAll, beforeAll, describe, it } from 'vitest';
import { libvirt } from '../../../src/dialects/libvirt/dialect.ts';
import { mergeReadings } from '../../../src/dialects/merge-readings.ts';
import { stackIn } from '../../../src/dialects/reading.ts';
import { expectAllCarriedOut, expectCarriedOut } from '../programs/carried-out.ts';
import { realLibvirt } from '../programs/libvirt-run.ts';
import { isTreeMissing, openProgramBed, type ProgramBed } from '../programs/program-bed.ts';
import { anyLibrary, plainStyle, textsOf } from './any-library.ts';

const count = process.env['LANWRIGHT_SOAK'] === '1' ? 50 : 4;

const networks: Readonly<Record<string, string>> = {
  'a translated network': `<network><name>virbr0</name><forward mode='nat'/><bridge name='virbr0' stp='on' delay='2'/>
    <ip address='192.168.122.1' netmask='255.255.255.0'><dhcp><range start='192.168.122.2' end='192.168.122.254'/>
    <host mac='52:54:00:00:00:07' name='web' ip='192.168.122.7'/></dhcp></ip></network>`,
  'one of both families': `<network><name>virbr1</name><forward mode='nat'><nat ipv6='yes'/></forward>
    <bridge name='virbr1' stp='off' delay='0'/><mac address='52:54:00:12:34:56'/>
    <ip address='192.168.123.1' prefix='24'/><ip family='ipv6' address='fd00:123::1' prefix='64'/></network>`,
  'a routed network': `<network><name>virbr80</name><forward mode='route'/><bridge name='virbr80' stp='off' delay='0'/>
    <mtu size='1400'/><ip address='192.168.80.1' prefix='24'/><ip family='ipv6' address='2001:db8:80::1' prefix='64'/>
    <route address='10.80.0.0' prefix='16' gateway='192.168.80.9'/></network>`,
  'an open network': `<network><name>virbr81</name><forward mode='open'/><bridge name='virbr81' stp='off' delay='0'/>
    <ip address='192.168.81.1' prefix='24'/></network>`,
  'an isolated network': `<network><name>virbr82</name><bridge name='virbr82' stp='off' delay='0'/>
    <ip address='192.168.82.1' prefix='24'/></network>`,
};

describe.skipIf(isTreeMissing)('the real libvirt', () => {
  let bed: ProgramBed;
  beforeAll(async () => {
    bed = await openProgramBed();
  });
  afterAll(() => bed.close());

  it.each(Object.entries(networks))('makes of %s what was written', { timeout: 120_000 }, async (_, text) => {
    const reading = libvirt.read([{ path: 'etc/libvirt/qemu/networks/one.xml', text }], { stack: 'host' });
    await expectCarriedOut(bed, realLibvirt, mergeReadings([{ dialect: 'libvirt', reading }]).state);
  });

  it('makes of any networks what was written', { timeout: 60_000 + count * 20_000 }, async () => {
    const states = anyLibrary.map((library) => {
      const reading = libvirt.read(textsOf({ ...library, nics: [] }, plainStyle), { stack: 'host' });
      const { state } = mergeReadings([{ dialect: 'libvirt', reading }]);
      return { ...state, stacks: { host: stackIn(state, 'host') } };
    });
    await expectAllCarriedOut(bed, realLibvirt, states, count);
  });
});
