/** vif strings that people write, and some at random from the same parts; what xl makes of them without starting a guest. */
import * as fc from 'fast-check';
import { readVif } from '../../src/dialects/xen/vif.ts';
import { type Hypervisor } from './hypervisor.ts';

/** As `xl create --dryrun` prints it. */
interface NicJson {
  readonly devid: number;
  readonly mac?: string;
  readonly ip?: string;
  readonly bridge?: string;
  readonly script?: string;
  readonly ifname?: string;
  readonly gatewaydev?: string;
  readonly mtu?: number;
}

/** What both can say of a string, by the names that xl has for it. */
export type Said = Partial<Readonly<Record<keyof NicJson, string | number>>>;

/** The lines of the two guides, then ways to write that are easily got wrong. */
export const written: readonly string[] = [
  'ip=192.168.0.6',
  'ip=10.0.0.1',
  'mac=00:16:3e:10:10:10,script=vif-bridge,bridge=br0',
  'mac=00:16:3e:10:10:10,script=vif-bridge,bridge=br0,',
  'mac=00:16:3e:10:10:10,script=vif-bridge,bridge=br0,vifname=xen1.0',
  'mac=00:16:3e:11:11:11,script=vif-bridge,bridge=br1',
  'mac=00:16:3e:11:11:11,script=vif-bridge,bridge=br1,vifname=xen1.1',
  'mac=00:16:3e:10:10:10,script=vif-route-ifup,vifname=xen1.0',
  '',
  'bridge',
  'bridge = lan',
  'BRIDGE=lan,Ip=10.0.0.1',
  'mac=00:16:3E:10:10:1A, bridge=lan, vifname=two.0, rate=1Mb/s',
  'bridge=lan,bridge=dmz,,mtu=1400,',
  'mac=0:1:2:3:4:5',
  'mac=00-16-3e-10-10-10',
  'mac=junk,bridge=lan',
  'mac=00:16:3e:10:10',
  'ip=10.0.0.1 10.0.0.2,devid=3',
  'ip=10.0.0.0/28,mtu=1400',
  'gatewaydev=eth1,script=/etc/xen/scripts/vif-nat,trusted=1',
  'type=ioemu,model=e1000,bridge=a,accel=none',
];

const pieces: fc.Arbitrary<string> = fc.oneof(
  fc.constantFrom(
    'bridge=lan',
    'bridge=br-1',
    'ip=10.0.0.7',
    'ip=fd00::7',
    'mtu=9000',
    'script=vif-nat',
    'vifname=a.0',
  ),
  fc.constantFrom('mac=00:16:3e:00:00:01', 'mac=1:2:3:4:5:6', 'gatewaydev=eth1', 'model=e1000', 'type=vif', 'odd=1'),
  fc.constantFrom('', ' ', '=', '=x', 'ip', 'IP=10.0.0.8', 'bridge =x', 'ip= 10.0.0.9', ' \tbridge=tab', 'mac=zz'),
);

export const random = (count: number, seed: number): readonly string[] =>
  fc.sample(
    fc.array(pieces, { minLength: 1, maxLength: 5 }).map((parts) => parts.join(',')),
    { numRuns: count, seed },
  );

const defined = (said: Readonly<Record<string, string | number | undefined>>): Said =>
  Object.fromEntries(Object.entries(said).filter(([, value]) => value !== undefined && value !== ''));

const wordsOf = (ip: string | undefined): string | undefined => ip?.trim().replaceAll(/\s+/g, ' ');

/** One string for each NIC of one guest. */
export const saidByXl = async (on: Hypervisor, strings: readonly string[]): Promise<readonly Said[]> => {
  const list = `vif = [ ${strings.map((text) => `"${text}"`).join(', ')} ]\n`;
  const output = await on.run(
    [
      `base64 -d > /tmp/strings.cfg <<< ${Buffer.from(list).toString('base64')}`,
      `xl create --dryrun /tmp/strings.cfg 'name="strings"' 'kernel="/guest/kernel"' 2> /dev/null`,
    ].join('\n'),
  );
  const { nics = [] } = JSON.parse(output.slice(output.indexOf('{'))) as { readonly nics?: readonly NicJson[] };
  return nics.map(({ devid, mac, ip, bridge, script, ifname, gatewaydev, mtu }) =>
    defined({ devid, mac, ip: wordsOf(ip), bridge, script: script?.replace(/^.*\//, ''), ifname, gatewaydev, mtu }),
  );
};

/** Undefined where the reader tells of an error: xl makes something of most values. */
export const saidByReader = (strings: readonly string[]): readonly (Said | undefined)[] =>
  strings.map((text, index) => {
    const errors: string[] = [];
    const vif = readVif(text, { path: 'strings.cfg', line: 1, column: 1 }, (kind, code) => {
      if (kind === 'error') errors.push(code);
    });
    if (errors.length > 0) return undefined;
    const addresses = vif.addresses.map(({ family, address, prefixLength }) =>
      prefixLength === (family === 4 ? 32 : 128) ? address : `${address}/${prefixLength}`,
    );
    return defined({
      ...{ devid: vif.number ?? index, mac: vif.mac, ip: addresses.join(' '), bridge: vif.bridge, script: vif.script },
      ...{ ifname: vif.name, gatewaydev: vif.gatewayDevice, mtu: vif.mtuBytes },
    });
  });
