/** libvirt's files that are edited say what is wanted, and keep what it was not about, byte by byte. */
import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { type ConfigText, type Writing } from '../../../src/dialects/dialect.ts';
import { libvirt } from '../../../src/dialects/libvirt/dialect.ts';
import { mergeReadings } from '../../../src/dialects/merge-readings.ts';
import { type NetworkState } from '../../../src/state/network-state.ts';
import { mutatedFiles, mutations, patienceMs } from '../mutations.ts';
import { anyLibrary, anyStyle, plainStyle, textsOf } from './any-library.ts';

const stateOf = (texts: readonly ConfigText[]): NetworkState =>
  mergeReadings([{ dialect: 'libvirt', reading: libvirt.read(texts, { stack: 'host' }) }]).state;

const edited = (texts: readonly ConfigText[], state: NetworkState): Writing => {
  if (libvirt.edit === undefined) throw new Error('libvirt is not edited');
  return libvirt.edit(texts, state, 'host');
};

const network = (text: string): ConfigText => ({ path: 'etc/libvirt/qemu/networks/default.xml', text });
const domain = (text: string): ConfigText => ({ path: 'etc/libvirt/qemu/web.xml', text });

const office = network(`<!--
WARNING: edit with virsh net-edit
-->

<network xmlns:dnsmasq='http://libvirt.org/schemas/network/dnsmasq/1.0'>
  <name>default</name>
  <uuid>d4f8a7f5-0c5c-4f5c-8f6c-3c1b2f0e7a11</uuid>
  <forward mode='nat'>
    <nat><port start='1024' end='65535'/></nat>
  </forward>
  <bridge name="virbr0" stp='on' delay="0"   />   <!-- as it came -->
  <mac address='52:54:00:12:34:56'/>
  <dns><host ip='192.168.122.7'><hostname>web</hostname></host></dns>
  <ip address='192.168.122.1'
      netmask='255.255.255.0'>
    <dhcp>
      <range start='192.168.122.2' end='192.168.122.254'/>
      <!-- the server -->
      <host mac='52:54:00:00:00:07' name='web' ip='192.168.122.7'/>
      <host mac='52:54:00:00:00:08' name="mail" ip='192.168.122.8'/> <!-- soon gone -->
    </dhcp>
  </ip>
  <dnsmasq:options><dnsmasq:option value='cname=www,web'/></dnsmasq:options>
</network>
`);
const web = domain(`<domain type='kvm'>
  <name>web</name>
  <devices>
    <interface type='network'>
      <mac address="52:54:00:00:00:07"/>
      <source network='default' portgroup='a'/>
      <model type='e1000'/>
    </interface>
    <interface type='direct'><source dev='eno1' mode='bridge'/></interface>
    <!-- towards the lab -->
    <interface type='bridge'>
      <source bridge='br-lab'/><target dev='web-lab'/>
    </interface>
    <memballoon model='virtio'/>
  </devices>
</domain>
`);
const both = [office, web];

/** A state that is another in the words of its JSON. */
const withWords = (state: NetworkState, ...changes: readonly (readonly [from: string, to: string])[]): NetworkState =>
  JSON.parse(changes.reduce((text, [from, to]) => text.replaceAll(from, to), JSON.stringify(state))) as NetworkState;

const replaced = (texts: readonly ConfigText[], from: string, to: string): readonly ConfigText[] =>
  texts.map(({ path, text }) => ({ path, text: text.replace(from, to) }));

describe('editing libvirt', () => {
  it.each([
    ['the end of a pool', [`"192.168.122.254"`, `"192.168.122.200"`], `end='192.168.122.254'`, `end='192.168.122.200'`],
    ['a reserved address', [`"192.168.122.7"`, `"192.168.122.9"`], `name='web' ip='192.168.122.7'`, `name='web' ip='192.168.122.9'`],
    ['the name in a reservation', [`"name":"mail"`, `"name":"post"`], `name="mail"`, `name="post"`],
    ['the MAC of a bridge', ['52:54:00:12:34:56', '52:54:00:12:34:57'], '52:54:00:12:34:56', '52:54:00:12:34:57'],
    ['the spanning tree', [`"stp":true,"forwardDelaySeconds":2`, `"stp":false,"forwardDelaySeconds":0`], `stp='on' delay="0"   />`, `stp='off' delay="0"   />`],
    ['the MTU of a network', [`"mtuBytes":1500,"up":true,"addresses":[],"master":"virbr0"`, `"mtuBytes":1400,"up":true,"addresses":[],"master":"virbr0"`, `"mac":"52:54:00:12:34:56","mtuBytes":1500`, `"mac":"52:54:00:12:34:56","mtuBytes":1400`], `  <mac address='52:54:00:12:34:56'/>`, `  <mtu size='1400'/>\n  <mac address='52:54:00:12:34:56'/>`],
    ['which bridge a guest is on', ['"br-lab"', '"br-dmz"'], `bridge='br-lab'`, `bridge='br-dmz'`],
    ['the name of a tap', ['web-lab', 'web-dmz'], `dev='web-lab'`, `dev='web-dmz'`],
  ] as const)('changes %s alone', (_, change, from, to) => {
    const state = stateOf(both);
    const [first, second, ...more] = change;
    const pairs = more.length === 2 ? [[first, second], more] as const : [[first, second]] as const;
    const wanted = withWords(state, ...pairs);
    expect(wanted).not.toEqual(state);
    expect(edited(both, wanted).files).toEqual(replaced(both, from, to));
  }); // prettier-ignore

  it('takes a network’s address with all that hangs on it', () => {
    const wanted = withWords(stateOf([office]), ['192.168.122.', '192.168.9.']);
    const { files, omissions } = edited([office], wanted);
    expect(omissions).toEqual([]);
    // Only names that guests ask for are no part of the state.
    expect(files[0]?.text.replaceAll('192.168.9.', '192.168.122.')).toBe(office.text);
    expect(files[0]?.text).toContain(`<dns><host ip='192.168.122.7'>`);
  });

  it('lets a reservation go with its line, and puts a new one behind the others', () => {
    const state = stateOf([office]);
    const wanted = withWords(state, [
      `{"mac":"52:54:00:00:00:08","address":"192.168.122.8","name":"mail"}`,
      `{"mac":"52:54:00:00:00:0a","address":"192.168.122.10","name":"x"},{"mac":"52:54:00:00:00:0b","address":"192.168.122.11","name":"y"}`,
    ]);
    const line = `      <host mac='52:54:00:00:00:08' name="mail" ip='192.168.122.8'/> <!-- soon gone -->\n`;
    const fresh = ['0a', '0b'].map(
      (last, index) =>
        `      <host mac='52:54:00:00:00:${last}' name='${'xy'[index]}' ip='192.168.122.${10 + index}'/>\n`,
    );
    const text = office.text.replace(line, `       <!-- soon gone -->\n${fresh.join('')}`);
    const { files, omissions } = edited([office], wanted);
    expect(omissions).toEqual([]);
    expect(stateOf(files)).toEqual(wanted);
    expect(files[0]?.text.replaceAll(/^ *<!-- soon gone -->\n/gm, '')).toBe(
      text.replaceAll(/^ *<!-- soon gone -->\n/gm, ''),
    );
    expect(files[0]?.text).toContain('<!-- soon gone -->');
  });

  it('leaves a domain alone but for its interfaces, and gives new guests files of their own', () => {
    const { files, omissions } = edited(both, stateOf([...both, domain(web.text.replaceAll('web', 'mail'))]));
    expect(files.slice(0, 2)).toEqual(both);
    expect(files[2]?.path).toBe('etc/libvirt/qemu/mail.xml');
    expect(files[2]?.text).toContain(`<source network='default'/>`);
    expect(files[2]?.text).toContain(`<source dev='eno1' mode='bridge'/>`);
    expect(omissions).toEqual([]);
  });

  it('lists what is behind a card that libvirt’s files are not read for', () => {
    const text = web.text.replace(/<interface type='direct'>.*<\/interface>/, `<interface type='user'/>`);
    const texts = [office, domain(text)];
    const { files, omissions } = edited(texts, stateOf([...texts, domain(text.replaceAll('web', 'mail'))]));
    expect(files.slice(0, 2)).toEqual(texts);
    // The card between them is none that is written.
    expect(omissions.map(({ what }) => what)).toEqual([
      'interfaces/eth2',
      'cables/host:mail-lab mail:eth2',
      'cables/host:mail-lab mail:eth1',
    ]);
  });

  it('lets go of networks and guests that are not wanted any more', () => {
    const state = stateOf(both);
    const { web: _, ...stacks } = state.stacks;
    expect(edited(both, { version: 1, stacks: { host: stacks['host'] ?? {}, web: _ } as never, cables: state.cables }).files).toEqual(both);
    expect(edited(both, { ...state, stacks, cables: [] }).files).toEqual([office]);
  }); // prettier-ignore

  it('is read back as the same where it is written anew', () => {
    fc.assert(
      fc.property(anyLibrary, (library) => {
        // Who has no card on a network is nobody's guest; networks are written in the order of their names.
        fc.pre(library.nics.some(({ network: on }) => typeof on === 'number'));
        const texts = [...textsOf(library, plainStyle)].sort((a, b) => (a.path < b.path ? -1 : 1));
        const wanted = stateOf(texts);
        const { files = [], omissions } = libvirt.write?.(wanted, 'host') ?? {};
        const shown = files.map(({ path, text }) => `--- ${path}\n${text}`).join('\n');
        expect(omissions, shown).toEqual([]);
        expect(stateOf(files), shown).toEqual(wanted);
      }),
      { numRuns: 200, includeErrorInReport: true },
    );
  });

  it('gives back the very bytes where nothing changes, in every style', () => {
    fc.assert(
      fc.property(anyLibrary, anyStyle, (library, style) => {
        const texts = textsOf(library, style);
        expect(edited(texts, stateOf(texts))).toEqual({ files: texts, omissions: [] });
      }),
      { numRuns: 60 },
    );
  });

  it('makes any networks and guest say any other, and keeps comments and what it has no words for', { timeout: patienceMs }, () => {
    fc.assert(
      fc.property(anyLibrary, anyLibrary, anyStyle, (one, other, style) => {
        const texts = textsOf(one, style);
        const wanted = stateOf(textsOf(other, plainStyle));
        const { files, omissions } = edited(texts, wanted);
        const shown = [...texts, ...files].map(({ path, text }) => `--- ${path}\n${text}`).join('\n');
        expect(omissions, shown).toEqual([]);
        expect(stateOf(files), shown).toEqual(wanted);
        expect(edited(files, wanted).files).toEqual(files);
        for (const { path, text } of files) {
          const before = texts.find((was) => was.path === path)?.text ?? '';
          const strange = /<!-- (of the lab|its bridge|the end) -->|<domain name=.lan.|<disk .*?<\/disk>|<graphics[^>]*>|<memory.*y>/g;
          expect(text.match(strange) ?? [], shown).toEqual(expect.arrayContaining(before.match(strange) ?? []));
        }
      }),
      { numRuns: mutations / 10, includeErrorInReport: true },
    );
  }); // prettier-ignore

  it('takes broken files, and leaves them as they are', { timeout: patienceMs }, () => {
    fc.assert(
      fc.property(mutatedFiles([both]), (texts) => {
        expect(edited(texts, stateOf(texts)).files).toEqual(texts);
        edited(texts, stateOf(both));
      }),
      { numRuns: mutations / 5, includeErrorInReport: true },
    );
  });
});
