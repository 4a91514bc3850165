/** Private keys on disk: made once, kept by end, open to nobody else, and never quoted. */
import { chmodSync, mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { createPublicKey, diffieHellman, generateKeyPairSync } from 'node:crypto';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { openKeyRing, publicKeyOf, readPrivateKeys, withKeysOf, type KeyRing } from '../../src/run/private-keys.ts';

const folder = mkdtempSync(join(tmpdir(), 'lanwright-keys-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

let count = 0;
const newPath = (): string => {
  count += 1;
  return join(folder, String(count), 'keys.json');
};
const open = (path: string, ...forgotten: readonly string[]): KeyRing =>
  openKeyRing(path, (end) => forgotten.includes(end));

describe('keys', () => {
  it('are made once, and stay when others come', async () => {
    const path = newPath();
    const first = open(path);
    const key = first.publicKeyOf('gate/wg0');
    expect(first.publicKeyOf('gate/wg0')).toBe(key);
    expect(await first.keep()).toEqual([]);
    const second = open(path);
    expect(second.publicKeyOf('laptop/wg0')).not.toBe(key);
    expect(second.publicKeyOf('gate/wg0')).toBe(key);
    expect(await second.keep()).toEqual([]);
    expect([...readPrivateKeys(path).keys()]).toEqual(['gate/wg0', 'laptop/wg0']);
    expect(open(path).publicKeyOf('gate/wg0')).toBe(key);
  });

  it('are those of Curve25519, as RFC 7748 has them', () => {
    const scalar = '77076d0a7318a57d3c16c17251b26645df4c2f87ebc0992ab177fba51db92c2a';
    const point = '8520f0098930a754748b7ddcb43ef75a0dbf3a0d26381af4eba4a98eaa9b4e6a';
    expect(Buffer.from(publicKeyOf(Buffer.from(scalar, 'hex').toString('base64')), 'base64').toString('hex')).toBe(
      point,
    );
  });

  it('are made anew for who is forgotten', async () => {
    const path = newPath();
    const first = open(path);
    const [gate, laptop] = [first.publicKeyOf('gate/wg0'), first.publicKeyOf('laptop/wg0')];
    await first.keep();
    const second = open(path, 'gate/wg0');
    expect(second.publicKeyOf('gate/wg0')).not.toBe(gate);
    expect(second.publicKeyOf('laptop/wg0')).toBe(laptop);
  });
});

describe('keys that are known', () => {
  it('are told without any being made', async () => {
    const path = newPath();
    expect(open(path).knownKeyOf('gate/wg0')).toBeUndefined();
    const ring = open(path);
    const key = ring.publicKeyOf('gate/wg0');
    expect(ring.knownKeyOf('gate/wg0')).toBe(key);
    await ring.keep();
    expect(open(path).knownKeyOf('gate/wg0')).toBe(key);
    expect(open(path, 'gate/wg0').knownKeyOf('gate/wg0')).toBeUndefined();
  });

  it('stay so by their public halves when an end gets another', async () => {
    const path = newPath();
    const first = open(path);
    const before = first.publicKeyOf('gate/wg0');
    await first.keep();
    const known = withKeysOf(path, new Map());
    const second = open(path, 'gate/wg0');
    const after = second.publicKeyOf('gate/wg0');
    await second.keep();
    expect(second.publicKeyOf('gate/wg0')).toBe(after);
    const both = withKeysOf(path, known);
    expect([...both.keys()]).toEqual([before, after]);
    for (const [publicKey, privateKey] of both) expect(publicKeyOf(privateKey)).toBe(publicKey);
  });
});

describe('commands at the same time', () => {
  it('lose none of the keys of one another', async () => {
    const path = newPath();
    const rings = ['a/wg0', 'b/wg0', 'c/wg0'].map((end) => ({ end, ring: open(path) }));
    const keys = rings.map(({ end, ring }) => ring.publicKeyOf(end));
    expect(await Promise.all(rings.map(({ ring }) => ring.keep()))).toEqual([[], [], []]);
    expect(rings.map(({ end }) => open(path).knownKeyOf(end))).toEqual(keys);
  });

  it('do not replace a key that the other has just made', async () => {
    const path = newPath();
    const [first, second] = [open(path), open(path)];
    const key = first.publicKeyOf('gate/wg0');
    second.publicKeyOf('gate/wg0');
    expect(await first.keep()).toEqual([]);
    expect((await second.keep()).map(({ message }) => message).join()).toContain(
      'has made one for `gate/wg0` meanwhile',
    );
    expect(open(path).knownKeyOf('gate/wg0')).toBe(key);
  });
});

describe('their file', () => {
  it('is open to nobody else, and is closed where it was not', async () => {
    const path = newPath();
    const ring = open(path);
    ring.publicKeyOf('gate/wg0');
    await ring.keep();
    expect(statSync(path).mode & 0o777).toBe(0o600);
    expect(statSync(join(path, '..')).mode & 0o777).toBe(0o700);
    chmodSync(path, 0o644);
    const again = open(path);
    again.publicKeyOf('gate/wg0');
    await again.keep();
    expect(statSync(path).mode & 0o777).toBe(0o600);
  });

  it('is not written where nothing is to be kept', () => {
    const path = newPath();
    expect(open(path).faults).toEqual([]);
    expect(readPrivateKeys(path).size).toBe(0);
  });

  it.each([
    ['no JSON', 'c2VjcmV0c2VjcmV0'],
    ['another version', '{ "version": 2, "keys": { "a/wg0": "c2VjcmV0" } }'],
    ['no keys', '{ "version": 1 }'],
    ['a short key', '{ "version": 1, "keys": { "a/wg0": "c2VjcmV0" } }'],
    ['nothing', 'null'],
  ])('that holds %s is told of, and not quoted', (_title, text) => {
    const path = `${folder}/wrong.json`;
    writeFileSync(path, text);
    const [fault] = open(path).faults;
    expect(fault?.code).toBe('keys-unreadable');
    expect(JSON.stringify(fault)).not.toContain('c2VjcmV0');
    expect(readFileSync(path, 'utf8')).toBe(text);
  });

  it('that cannot be written is told of', async () => {
    const ring = open('/proc/nowhere/keys.json');
    ring.publicKeyOf('gate/wg0');
    expect((await ring.keep()).map(({ code }) => code)).toEqual(['keys-unwritable']);
  });
});

it('agrees with the keys of others on a secret', () => {
  const theirs = generateKeyPairSync('x25519');
  const path = newPath();
  const ring = open(path);
  const ours = createPublicKey({
    key: Buffer.concat([
      theirs.publicKey.export({ type: 'spki', format: 'der' }).subarray(0, 12),
      Buffer.from(ring.publicKeyOf('gate/wg0'), 'base64'),
    ]),
    format: 'der',
    type: 'spki',
  });
  expect(diffieHellman({ privateKey: theirs.privateKey, publicKey: ours })).toHaveLength(32);
});
