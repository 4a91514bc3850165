/** What files of other people taught of libvirt's networks (formatnetwork.html, and its parser). */
import { describe, expect, it } from 'vitest';
import { type Reading } from '../../../src/dialects/dialect.ts';
import { libvirt } from '../../../src/dialects/libvirt/dialect.ts';

const read = (text: string): Reading =>
  libvirt.read([{ path: 'etc/libvirt/qemu/networks/a.xml', text }], { stack: 'm' });

describe('networks of other people', () => {
  it('are isolated where their forward mode is `none`', () => {
    const named = "<name>a</name><bridge name='virbr1'/><ip address='10.0.0.1' netmask='255.255.255.0'/>";
    const reading = read(`<network><forward mode='none'/>${named}</network>`);
    expect(reading.remarks).toEqual([]);
    expect(reading.stacks).toEqual(read(`<network>${named}</network>`).stacks);
  });

  it('give dnsmasq options of its own, where the namespace is named', () => {
    const options = "<dnsmasq:options><dnsmasq:option value='dhcp-option=6,10.0.0.2'/></dnsmasq:options>";
    const codeOf = (attributes: string): readonly string[] =>
      read(`<network${attributes}><name>a</name><bridge name='virbr1'/>${options}</network>`).remarks.map(
        ({ kind, code }) => `${kind} ${code}`,
      );
    expect(codeOf(" xmlns:dnsmasq='http://libvirt.org/schemas/network/dnsmasq/1.0'")).toEqual([
      'not-said no-words-for',
    ]);
    expect(codeOf('')).toEqual(['ignored unknown-element']);
  });
});
