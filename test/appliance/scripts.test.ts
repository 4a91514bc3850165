/** The scripts of the IPv6 router, run by the shell that runs them there: prefixes, settings, and what counts as an answer. */
import { spawn } from 'node:child_process';
import { join } from 'node:path';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { checkSettings } from '../../src/appliance/settings.ts';
import { dataFiles, scripts } from '../../src/appliance/v6-router.ts';
import { bitsOf, ip, printIp, type Ip } from '../../src/net/address.ts';
import { parsePrefix, prefixOf, printPrefix, type Prefix } from '../../src/net/prefix.ts';

const folder = join(import.meta.dirname, '../../guest/v6-router');

interface Ran {
  readonly status: number;
  readonly stdout: string;
  readonly stderr: string;
}

const busybox = (argv: readonly string[], input = ''): Promise<Ran> =>
  new Promise((resolve) => {
    const child = spawn('busybox', [...argv], { stdio: 'pipe' });
    let stdout = '';
    let stderr = '';
    child.stdout.on('data', (data: Buffer) => {
      stdout += data.toString();
    });
    child.stderr.on('data', (data: Buffer) => {
      stderr += data.toString();
    });
    child.stdin.on('error', () => undefined);
    child.stdin.end(input);
    child.once('close', (status) => resolve({ status: status ?? 1, stdout, stderr }));
  });

/** The two subnets of the site, as prefixes of 64 bits, and the length of its prefix. */
const subnets = async (block: string, skip?: number, outside?: string): Promise<readonly string[]> => {
  const more = outside === undefined ? [] : ['-v', `skip=${skip ?? 0}`, '-v', `outside=${outside}`];
  const ran = await busybox(['awk', '-v', `prefix=${block}`, ...more, '-f', join(folder, 'prefix.awk')]);
  const [length = '', ...upper] = ran.stdout.trim().split(' ');
  return ran.status === 0 ? [length, ...upper.map((groups) => printIp(ip(`${groups}::`)))] : [];
};

/** RFC 5969, section 4, of which 6to4 is a case; as arithmetic. */
const expected = (block: Prefix, skip: number, outside: Ip): readonly string[] => {
  const bits = 32 - skip;
  const length = block.length + bits;
  const tail = outside.value & ((1n << BigInt(bits)) - 1n);
  const value = block.value | (tail << BigInt(128 - length));
  const second = length === 64 ? value : value | (1n << 64n);
  return [String(length), ...[value, second].map((each) => printIp({ family: 6, value: each }))];
};

describe('prefix.awk', () => {
  it('says what the standards say of their examples', async () => {
    expect(await subnets('2002::/16', 0, '192.0.2.10')).toEqual(['48', '2002:c000:20a::', '2002:c000:20a:1::']);
    expect(await subnets('2001:db8:2468::/48')).toEqual(['48', '2001:db8:2468::', '2001:db8:2468:1::']);
    expect(await subnets('2001:db8:1:2::/64')).toEqual(['64', '2001:db8:1:2::', '2001:db8:1:2::']);
    expect(await subnets('2001:db8::/40', 0, '192.0.2.1')).toEqual([]);
  });

  it('agrees with arithmetic, for any prefix and address', async () => {
    const addresses = fc.bigInt({ min: 0n, max: (1n << 32n) - 1n });
    const cases = fc.record({
      upper: fc.bigInt({ min: 0n, max: (1n << 64n) - 1n }),
      length: fc.integer({ min: 8, max: 32 }),
      skip: fc.integer({ min: 0, max: 31 }),
      outside: addresses,
    });
    await fc.assert(
      fc.asyncProperty(cases, async ({ upper, length, skip, outside }) => {
        const block = prefixOf({ family: 6, value: upper << 64n }, length);
        const from: Ip = { family: 4, value: outside };
        expect(bitsOf(from.family)).toBe(32);
        expect(await subnets(printPrefix(block), skip, printIp(from))).toEqual(expected(block, skip, from));
      }),
      { numRuns: 60 },
    );
  });
});

const valuesOf = (text: string): Readonly<Record<string, string>> =>
  Object.fromEntries([...text.matchAll(/^(\w+)='(.*)'$/gm)].map(([, name = '', value = '']) => [name, value]));

const readSettings = async (text: string): Promise<{ values: Readonly<Record<string, string>>; faults: string }> => {
  const ran = await busybox(['ash', join(folder, 'read-settings')], text);
  return { values: valuesOf(ran.stdout), faults: ran.stderr };
};

const whole = `# of the provider
mode = 6rd
relay=192.0.2.1   # its border
prefix = 3fff:1c0::/28
ipv4-prefix-length = 8
address-service = http://192.0.2.7/ip?v=4
address-service = http://names.example/\r
address = 10.0.0.9/24
password = $6$salt$ab./C
`;

describe('read-settings', () => {
  it('reads what there may be, and checkSettings finds nothing wrong either', async () => {
    const { values, faults } = await readSettings(whole);
    expect(faults).toBe('');
    expect(checkSettings(whole.replace('\r', ''), 'settings')).toEqual([]);
    expect(values).toMatchObject({
      ...{ mode: '6rd', relay: '192.0.2.1', prefix: '3fff:1c0::/28', ipv4_prefix_length: '8', address: '10.0.0.9/24' },
      ...{ services: ' http://192.0.2.7/ip?v=4 http://names.example/', check: '60', password: '$6$salt$ab./C' },
    });
    expect(parsePrefix(values['prefix'] ?? '')?.length).toBe(28);
  });

  it.each([
    ['relay = $(reboot)', '`relay` has a value that cannot be read'],
    ["relay = 192.0.2.1'; reboot; '", '`relay` has a value that cannot be read'],
    ['mode = teredo', '`mode` is 6to4, 6rd or 6in4'],
    ['reboot = now', '`reboot` is not known'],
    ['relay', '`relay` has no value'],
    ['check = soon', '`check` is a number of seconds'],
    ['address-service = ftp://there/', '`address-service` is an http:// address'],
  ])('lets nothing through that a shell could take for more: %s', async (line, fault) => {
    const { values, faults } = await readSettings(`${line}\n`);
    expect(faults.split('\n')).toContain(fault);
    expect(values['relay']).toBe('');
    expect(checkSettings(`${line}\n`, 'settings')).not.toEqual([]);
  });

  it('tells what is missing', async () => {
    const { faults } = await readSettings('mode = 6rd\n');
    expect(faults).toMatch(/`relay` is missing[^]*`prefix` is missing[^]*`address-service` or `outside` is missing/);
  });
});

it.each([...scripts])('%s is a script that the shell can read', async (name) => {
  const ran = await busybox(['ash', '-n', join(folder, name)]);
  expect([ran.status, ran.stderr]).toEqual([0, '']);
});

it('ships no file that the appliance has not', async () => {
  const listed = await busybox(['ls', folder]);
  expect(listed.stdout.trim().split('\n').sort()).toEqual([...scripts, ...dataFiles].sort());
});
