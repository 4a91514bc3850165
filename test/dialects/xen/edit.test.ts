/** Xen's files that are edited say what is wanted, and keep what it was not about, byte by byte. */
import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { type ConfigText, type Writing } from '../../../src/dialects/dialect.ts';
import { mergeReadings } from '../../../src/dialects/merge-readings.ts';
import { xen } from '../../../src/dialects/xen/dialect.ts';
import { type NetworkState } from '../../../src/state/network-state.ts';
import { mutatedFiles, mutations, patienceMs } from '../mutations.ts';

const stateOf = (texts: readonly ConfigText[]): NetworkState =>
  mergeReadings([{ dialect: 'xen', reading: xen.read(texts, { stack: 'dom0' }) }]).state;

const edited = (texts: readonly ConfigText[], state: NetworkState): Writing => {
  if (xen.edit === undefined) throw new Error('Xen is not edited');
  return xen.edit(texts, state, 'dom0');
};

const xend = (text: string): ConfigText => ({ path: 'etc/xen/xend-config.sxp', text });
const domain = (name: string, text: string): ConfigText => ({ path: `etc/xen/${name}.cfg`, text });

const host = xend(`# -*- sh -*-
(logfile /var/log/xen/xend.log)
#(network-script network-nat)
(network-script 'network-bridge netdev=eth1 antispoof=no')   # the lab's
(vif-script vif-bridge)
(dom0-min-mem 196)
`);
const web = domain(
  'web',
  `# the web server
kernel = "/boot/vmlinuz"
name = "web"   # as it is called
vif = [ 'mac=00:16:3e:00:00:01, bridge=eth1',   # outside
        "mac=00:16:3e:00:00:02,rate=1Mb/s,script=/etc/xen/scripts/vif-bridge,bridge=dmz",
      ]
disk = [ 'phy:vg/web,xvda,w' ]
`,
);
const mail = domain('mail', `name='mail'\nvif=['ip=10.0.0.7,script=vif-route,vifname=mail0']\nextra="vif = [ ]"\n`);
const all = [host, web, mail];

const replaced = (texts: readonly ConfigText[], from: string, to: string): readonly ConfigText[] =>
  texts.map(({ path, text }) => ({ path, text: text.replace(from, to) }));

describe('editing Xen', () => {
  it.each([
    ['a MAC', '00:16:3e:00:00:01', '00:16:3e:00:00:0a'],
    ['a bridge, in the quotes that it stands in', 'bridge=dmz', 'bridge=lan'],
    ['an address', 'ip=10.0.0.7', 'ip=10.0.0.9'],
    ['a name of an interface', 'vifname=mail0', 'vifname=mail1'],
    ['an MTU that was not said', 'bridge=eth1\'', 'bridge=eth1,mtu=1400\''],
    ['a script, in the folder that it stands in', 'scripts/vif-bridge,bridge=dmz', 'scripts/vif-route,ip=10.0.0.8'],
    ['a further interface', `bridge=dmz",\n      ]`, `bridge=dmz",\n        "mac=00:16:3e:00:00:03,script=vif-bridge,bridge=dmz",\n      ]`],
    ['an interface that goes with its line', `        "mac=00:16:3e:00:00:02,rate=1Mb/s,script=/etc/xen/scripts/vif-bridge,bridge=dmz",\n`, ''],
    ['an interface on the same line', `['ip=10.0.0.7,script=vif-route,vifname=mail0']`, `['ip=10.0.0.7,script=vif-route,vifname=mail0', 'script=vif-bridge,bridge=dmz,vifname=mail1']`],
    ['the bridge of the host', 'netdev=eth1 antispoof=no', 'netdev=eth1 antispoof=no bridge=br0'],
    ['the script of the host', `'network-bridge netdev=eth1 antispoof=no'`, `'network-nat netdev=eth1'`],
    ['a host whose network nothing makes', `(network-script 'network-bridge netdev=eth1 antispoof=no')   # the lab's\n`, ''],
  ])('changes %s alone', (_, from, to) => {
    const after = replaced(all, from, to);
    expect(after).not.toEqual(all);
    const { files, omissions } = edited(all, stateOf(after));
    expect(omissions).toEqual([]);
    expect(stateOf(files)).toEqual(stateOf(after));
    expect(files).toEqual(after);
  }); // prettier-ignore

  it('gives new guests files of their own, and takes those of guests that are gone', () => {
    const one = domain('db', `name = 'db'\nvif = [ 'mac=00:16:3e:00:00:05,bridge=dmz,vifname=db0' ]\n`);
    const { files, omissions } = edited(all, stateOf([...all, one]));
    expect(files.slice(0, 3)).toEqual(all);
    expect([files[3]?.path, omissions]).toEqual(['etc/xen/db.cfg', []]);
    expect(edited(all, stateOf([host, web])).files).toEqual([host, web]);
  });
});

interface VifChoice {
  readonly mac: number | undefined;
  readonly mtu: number | undefined;
  readonly bridge: string | undefined;
  readonly tap: number;
  readonly script: 'vif-bridge' | 'vif-route' | 'vif-nat';
}

const vif: fc.Arbitrary<VifChoice> = fc.record({
  mac: fc.option(fc.integer({ min: 1, max: 99 }), { nil: undefined }),
  mtu: fc.option(fc.constantFrom(1280, 1400), { nil: undefined }),
  bridge: fc.option(fc.constantFrom('dmz', 'lan'), { nil: undefined }),
  tap: fc.integer({ min: 0, max: 120 }),
  script: fc.constantFrom('vif-bridge', 'vif-route', 'vif-nat'),
});

type Guests = readonly (readonly VifChoice[])[];

const guests: fc.Arbitrary<Guests> = fc
  .tuple(fc.uniqueArray(vif, { maxLength: 6, selector: ({ tap }) => tap }), fc.integer({ min: 0, max: 6 }))
  .map(([vifs, at]) => [vifs.slice(0, at), vifs.slice(at)]);

const wordsOf = ({ mac, mtu, bridge, tap, script }: VifChoice): readonly string[] => [
  ...(mac === undefined ? [] : [`mac=00:16:3e:00:00:${String(mac).padStart(2, '0')}`]),
  ...(script === 'vif-bridge' ? [] : [`ip=10.0.0.${tap}`, `script=${script}`]),
  ...(script !== 'vif-bridge' || bridge === undefined ? [] : [`bridge=${bridge}`]),
  `vifname=tap${tap}`,
  ...(mtu === undefined ? [] : [`mtu=${mtu}`]),
  'rate=1Mb/s',
];

type Layout = (vifs: readonly (readonly string[])[]) => string;

/** As people write lists. */
const layouts: readonly Layout[] = [
  (vifs) => `vif = [ ${vifs.map((words) => `'${words.join(',')}'`).join(', ')} ]`,
  (vifs) => `vif=[${vifs.map((words) => `"${words.join(', ')}",`).join(' ')}]  # one line`,
  (vifs) => `vif = [\n${vifs.map((words) => `\t'${words.join(',')}',  # a link\n`).join('')}]`,
  (vifs) => `vif = [ ${vifs.map((words) => `"${words.join(',')}"`).join(',\n        ')}\n      ]`,
];

const hosts = [
  '',
  "(network-script 'network-bridge bridge=lan')\n",
  '(network-script network-nat)\n',
  '(network-script network-route)\n',
];

const textsOf = (choice: Guests, own: string, layout: Layout): readonly ConfigText[] => [
  xend(`# the host\n${own}(vif-script vif-bridge)\n(vif-antispoof no)\n`),
  ...choice.map((vifs, index) =>
    domain(`g${index}`, `# guest ${index}\nname = 'g${index}'\n${layout(vifs.map(wordsOf))}\nmemory = 512 # enough\n`),
  ),
];

describe('writing any guests for Xen', () => {
  it('says every state it has words for, and reads it back as the same', () => {
    fc.assert(
      fc.property(guests, (choice) => {
        // Who has no interface is on no link with the host, and nobody's guest.
        const plugged = choice.filter((vifs) => vifs.length > 0);
        // Of domain files alone: with a file of xend beside them its scripts lay other routes.
        const domains = textsOf(plugged, '', layouts[0] ?? ((): string => '')).filter(({ path }) =>
          path.endsWith('.cfg'),
        );
        const wanted = stateOf(domains);
        const { files = [], omissions } = xen.write?.(wanted, 'dom0') ?? {};
        const shown = files.map(({ path, text }) => `--- ${path}\n${text}`).join('\n');
        expect(omissions, shown).toEqual([]);
        expect(stateOf(files), shown).toEqual(wanted);
      }),
      { numRuns: 200, includeErrorInReport: true },
    );
  });
});

describe('editing any files of Xen', () => {
  const anyHost = fc.constantFrom(...hosts);
  const anyLayout = fc.constantFrom(...layouts);
  const plain = layouts[0] ?? ((): string => '');

  it('gives back the very bytes where nothing changes', () => {
    fc.assert(
      fc.property(guests, anyHost, anyLayout, (choice, own, layout) => {
        const texts = textsOf(choice, own, layout);
        expect(edited(texts, stateOf(texts))).toEqual({ files: texts, omissions: [] });
      }),
      { numRuns: 100 },
    );
  });

  it('makes any files say any others, and keeps comments and lines that it was not about', { timeout: patienceMs }, () => {
    fc.assert(
      fc.property(guests, guests, anyHost, anyHost, anyLayout, (one, other, before, after, layout) => {
        const texts = textsOf(one, before, layout);
        const wanted = stateOf(textsOf(other, after, plain));
        const { files, omissions } = edited(texts, wanted);
        const shown = [...texts, ...files].map(({ path, text }) => `--- ${path}\n${text}`).join('\n');
        expect(omissions, shown).toEqual([]);
        expect(stateOf(files), shown).toEqual(wanted);
        expect(edited(files, wanted).files).toEqual(files);
        const strange = /# the host|\(vif-.*\)|# guest \d|name = .*|memory = .*|# one line/g;
        const told = (them: readonly ConfigText[]): unknown => them.map(({ text }) => text.match(strange));
        expect(told(files), shown).toEqual(told(texts));
      }),
      { numRuns: mutations / 5, includeErrorInReport: true },
    );
  });

  it('takes broken files, and leaves them as they are', { timeout: patienceMs }, () => {
    fc.assert(
      fc.property(mutatedFiles([all]), (texts) => {
        expect(edited(texts, stateOf(texts)).files).toEqual(texts);
        edited(texts, stateOf(all));
      }),
      { numRuns: mutations / 5, includeErrorInReport: true },
    );
  });
}); // prettier-ignore
