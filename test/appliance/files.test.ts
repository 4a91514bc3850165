/** The disk of an appliance sector by sector, and the files that describe its machine. */
import { spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { SaxesParser } from 'saxes';
import { describe, expect, it } from 'vitest';
import { diskBytes, layOut, loaderScript, partitionEntry } from '../../src/appliance/disk-layout.ts';
import { ovfDescriptor, ovfManifest, packageOrder } from '../../src/appliance/ovf.ts';
import { checkSettings } from '../../src/appliance/settings.ts';
import { writeTar } from '../../src/appliance/tar.ts';
import { vmxDescription } from '../../src/appliance/vmx.ts';

const sizes = { loader: 100_000, kernel: 8_247_232, archive: 3_500_001 };

describe('the disk', () => {
  const extents = layOut({ ...sizes, settings: 700 });

  it('puts one part behind the other, and tells the boot loader where', () => {
    expect(extents).toEqual([
      { part: 'loader', firstSector: 1, sectors: 511 },
      { part: 'kernel', firstSector: 512, sectors: 16108 },
      { part: 'archive', firstSector: 16624, sectors: 6836 },
      { part: 'settings', firstSector: 23464, sectors: 2 },
    ]);
    expect(loaderScript(extents, 'quiet')).toBe(
      'linux (hd0)512+16108 quiet\ninitrd (hd0)16624+6836 (hd0)23464+2\nboot\n',
    );
    expect(loaderScript(layOut(sizes), 'quiet')).toContain('initrd (hd0)16624+6836\n');
    expect(diskBytes(extents)).toBe(12 * 1048576);
  });

  it('shows tools for disks one active partition without a file system', () => {
    expect(Buffer.from(partitionEntry(extents)).toString('hex')).toBe(
      '80fefffF dafeffff 00020000 aa590000'.replaceAll(' ', '').toLowerCase(),
    );
  });
});

const described = {
  ...{ name: 'v6-router', version: '1.2.3', memoryMebibytes: 128 },
  ...{ diskFile: 'v6-router-disk1.vmdk', fileBytes: 4711, diskBytes: 12582912 },
};

interface Element {
  readonly name: string;
  readonly attributes: Readonly<Record<string, string>>;
  readonly path: string;
}

/** Every element of a well-formed document, in order. */
const elementsOf = (text: string): readonly Element[] => {
  const found: Element[] = [];
  const open: string[] = [];
  const parser = new SaxesParser();
  parser.on('error', (error) => {
    throw error;
  });
  parser.on('opentag', ({ name, attributes }) => {
    open.push(name);
    found.push({ name, attributes: attributes, path: open.join('/') });
  });
  parser.on('closetag', () => {
    open.pop();
  });
  parser.write(text).close();
  return found;
};

describe('the OVF descriptor', () => {
  const elements = elementsOf(ovfDescriptor(described));
  const attributesOf = (path: string): readonly Readonly<Record<string, string>>[] =>
    elements.filter((element) => element.path === path).map(({ attributes }) => attributes);

  it('has the sections of an envelope in their order', () => {
    const depth = (element: Element): number => element.path.split('/').length;
    expect(elements.filter((element) => depth(element) === 2).map(({ name }) => name)).toEqual([
      ...['References', 'DiskSection', 'NetworkSection', 'VirtualSystem'],
    ]);
  });

  it('names one file, the disk on it, and devices that refer to what there is', () => {
    expect(attributesOf('Envelope/References/File')).toEqual([
      { 'ovf:href': 'v6-router-disk1.vmdk', 'ovf:id': 'file1', 'ovf:size': '4711' },
    ]);
    expect(attributesOf('Envelope/DiskSection/Disk')[0]).toMatchObject({
      ...{ 'ovf:capacity': '12582912', 'ovf:fileRef': 'file1', 'ovf:diskId': 'disk1' },
    });
    const text = ovfDescriptor(described);
    const all = (name: string): readonly string[] =>
      [...text.matchAll(new RegExp(`<rasd:${name}>(.*?)</rasd:${name}>`, 'g'))].map((match) => match[1] ?? '');
    expect(new Set(all('InstanceID')).size).toBe(all('InstanceID').length);
    expect(all('Parent').filter((parent) => !all('InstanceID').includes(parent))).toEqual([]);
    expect(all('HostResource')).toEqual(['ovf:/disk/disk1']);
    expect(all('Connection')).toEqual(
      attributesOf('Envelope/NetworkSection/Network').map((network) => network['ovf:name']),
    );
  });

  it('has in each section what DMTF asks for (DSP8023), in its order', () => {
    const inside = (path: string): readonly string[] =>
      elements
        .filter((element) => element.path.startsWith(`${path}/`) && !element.path.slice(path.length + 1).includes('/'))
        .map(({ name }) => name);
    const system = 'Envelope/VirtualSystem';
    expect(inside(system)).toEqual([
      ...['Info', 'Name', 'OperatingSystemSection', 'ProductSection', 'VirtualHardwareSection'],
    ]);
    expect(inside('Envelope/DiskSection')).toEqual(['Info', 'Disk']);
    expect(inside('Envelope/NetworkSection')).toEqual(['Info', 'Network']);
    expect(inside(`${system}/OperatingSystemSection`)).toEqual(['Info', 'Description']);
    expect(inside(`${system}/ProductSection`)).toEqual(['Info', 'Product', 'Vendor', 'Version']);
    expect(inside(`${system}/VirtualHardwareSection`)).toEqual([
      ...['Info', 'System', ...Array.from({ length: 7 }, () => 'Item')],
    ]);
    expect(inside(`${system}/VirtualHardwareSection/System`)).toEqual([
      ...['vssd:ElementName', 'vssd:InstanceID', 'vssd:VirtualSystemIdentifier', 'vssd:VirtualSystemType'],
    ]);
    expect(Object.keys(attributesOf('Envelope/DiskSection/Disk')[0] ?? {})).toEqual([
      ...['ovf:capacity', 'ovf:diskId', 'ovf:fileRef', 'ovf:format'],
    ]);
    expect(Number(attributesOf(`${system}/OperatingSystemSection`)[0]?.['ovf:id'])).toBeLessThan(65536);
    for (const item of ovfDescriptor(described).split('<Item>').slice(1))
      expect(item).toMatch(/<rasd:ElementName>[^]*<rasd:InstanceID>\d+<[^]*<rasd:ResourceType>\d+</);
  });

  it('has the elements of each item in the order of their names', () => {
    const items = ovfDescriptor(described).split('<Item>').slice(1);
    for (const text of items) {
      const names = [...text.matchAll(/<rasd:(\w+)>/g)].map((match) => match[1] ?? '');
      expect(names).toEqual([...names].sort());
    }
    expect(items).toHaveLength(7);
  });
});

it('says the sums of the files, and packs the descriptor first', () => {
  expect(ovfManifest([{ file: 'a.ovf', sha256: 'ab' }])).toBe('SHA256(a.ovf)= ab\n');
  expect(packageOrder({ name: 'a', diskFile: 'a.vmdk' })).toEqual(['a.ovf', 'a.mf', 'a.vmdk']);
});

it('describes the machine to VMware, each key once', () => {
  const text = vmxDescription({ name: 'v6-router', memoryMebibytes: 128, diskFile: 'v6-router.vmdk' });
  const lines = text.trimEnd().split('\n');
  expect(lines.every((line) => /^[\w.:]+ = "[^"]*"$/.test(line))).toBe(true);
  expect(new Set(lines.map((line) => line.split(' ')[0])).size).toBe(lines.length);
  expect(text).toContain('ide0:0.fileName = "v6-router.vmdk"\n');
});

it('writes archives that tar reads, in their order', () => {
  const folder = mkdtempSync(join(tmpdir(), 'lanwright-tar-'));
  try {
    const contents = [new Uint8Array(), Buffer.from('abc'), new Uint8Array(1024).fill(7)];
    const files = contents.map((held, index) => ({ name: `file-${3 - index}`, contents: held }));
    writeFileSync(join(folder, 'all.tar'), writeTar(files));
    const ran = spawnSync('tar', ['-xvf', 'all.tar'], { cwd: folder, encoding: 'utf8' });
    expect([ran.status, ran.stdout]).toEqual([0, 'file-3\nfile-2\nfile-1\n']);
    for (const { name, contents: held } of files)
      expect(readFileSync(join(folder, name)).equals(Buffer.from(held))).toBe(true);
  } finally {
    rmSync(folder, { recursive: true });
  }
});

describe('settings', () => {
  const codesOf = (text: string): readonly string[] => checkSettings(text, 'settings').map(({ code }) => code);

  it.each([
    ['relay = 192.0.2.1\noutside = 192.0.2.9\n', []],
    ['mode = 6in4\nrelay = 192.0.2.1\nprefix = 2001:db8:1::/48\n', []],
    ['', ['missing-setting', 'missing-setting']],
    ['relay = 192.0.2.1\n', ['missing-setting']],
    ['mode = 6rd\nrelay = 192.0.2.1\nprefix = 2001:db8::/40\noutside = 192.0.2.9\n', ['bad-setting']],
    ['mode = 6rd\nrelay = 192.0.2.1\nprefix = 2001:db8::/40\noutside = 192.0.2.9\nipv4-prefix-length = 8\n', []],
    ['relay = 2001:db8::1\n', ['bad-setting']],
    ['relai = 192.0.2.1\n', ['unknown-setting']],
  ])('finds what is wrong with %j', (text, codes) => {
    expect(codesOf(text)).toEqual(codes);
  });

  it('says the place', () => {
    const text = 'relay = 192.0.2.1 # fine\ncheck = soon # later\n';
    const [found] = checkSettings(text, 'settings');
    expect(text.slice(found?.at?.start, found?.at?.end)).toBe('check = soon');
  });
});
