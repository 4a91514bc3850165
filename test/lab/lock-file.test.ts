/** The lock file: it reads as it was written, never moves silently, and gives way only when asked. */
import { describe, expect, it } from 'vitest';
import { parse, stringify } from 'yaml';
import { parseLock, printLock } from '../../src/lab/lock-file.ts';
import { addresses, built, codesOf, machine, nic, outcomeOf } from './built.ts';

const lab = (web: object, network: object = {}) => ({
  lab: 'x',
  networks: { lan: { mode: 'nat', ...network } },
  machines: { web: { nics: ['lan'], ...web }, db: { nics: ['lan'] } },
});

describe('the text', () => {
  it('reads as it was written, whatever the names', () => {
    const { lock } = built({
      lab: 'true',
      networks: { null: { mode: 'nat' } },
      machines: { false: { nics: { on: 'null', 'eth0.7': { network: 'null', gateway: 'none' } } } },
      accept: ['same-subnet-twice'],
    });
    const text = printLock(lock);
    const { origin, ...again } = parseLock('x.lock.yaml', text).value ?? { origin: undefined };
    expect(again).toEqual(lock);
    expect(origin).toEqual({ file: 'x.lock.yaml', text });
  });
  it('reads the same when somebody laid it out anew', () => {
    const { lock } = built(lab({ number: 7 }));
    const text = printLock(lock);
    const value: unknown = parse(text);
    for (const other of [stringify(value), JSON.stringify(value), `${text}# mine\n`, text.replaceAll('\n', '\r\n')]) {
      const { origin: _, ...again } = parseLock('x.lock.yaml', other).value ?? { origin: undefined };
      expect(again, other).toEqual(lock);
    }
  });
  it('is refused with a name twice', () => {
    const text = printLock(built(lab({})).lock);
    const twice = text.replace(/^ {2}web: .*\n/m, (line) => line + line);
    expect(twice).not.toBe(text);
    expect(parseLock('x.lock.yaml', twice).diagnostics.map(({ code }) => code)).toEqual(['lock-unreadable']);
  });
  it.each(['', 'version: 2', '{', 'a: &a [*a]', 'version: 1\nlab: x\nmachines: { a: { number: 0, console: 1 } }'])(
    'that is not one is refused: %j',
    (text) => expect(parseLock('x.lock.yaml', text).diagnostics.map(({ code }) => code)).toEqual(['lock-unreadable']),
  );
});

describe('a file that says otherwise', () => {
  const { lock } = built(lab({}));
  it.each([
    ['a number', lab({ number: 7 })],
    ['an address', lab({ nics: [{ network: 'lan', address: '10.64.0.77' }] })],
    ['a MAC address', lab({ nics: [{ network: 'lan', mac: '02:00:00:00:00:07' }] })],
    ['a prefix', lab({}, { ipv4: '10.1.0.0/24' })],
    [
      'the place of another machine',
      { ...lab({}), machines: { ...lab({}).machines, mail: { nics: [{ network: 'lan', address: 2 }] } } },
    ],
  ])('about %s is told', (_, file) => {
    const codes = codesOf(file, { lock });
    expect(codes).toContain('lock-contradicts');
    expect(new Set(codes)).toEqual(new Set(['lock-contradicts']));
  });
  it('has its way once the name is forgotten', () => {
    const { lab: after, lock: next } = built(lab({ number: 7 }), { lock, forget: ['web'] });
    expect(machine(after, 'web').number).toBe(7);
    expect(addresses(after, 'web')[0]).toBe('10.64.0.7/24');
    expect(machine(built(lab({ number: 9 }), { lock: next }).lab, 'web').number).toBe(9);
  });
  it('forgets a network with the places in it', () => {
    const after = built(lab({}, { ipv4: '10.1.0.0/24' }), { lock, forget: ['lan'] }).lab;
    expect(addresses(after, 'web')).toEqual(['10.1.0.2/24']);
  });
  it('may not forget what nobody knows', () => {
    const [first] = outcomeOf(lab({}), { lock, forget: ['wep'] }).diagnostics;
    expect(first).toMatchObject({ code: 'unknown-name', help: 'did you mean `web`?' });
  });
});

describe('what is gone', () => {
  it('is kept until it is forgotten', () => {
    const first = built(lab({}));
    const onlyDb = { ...lab({}), machines: { db: { nics: ['lan'] }, mail: { nics: ['lan'] } } };
    const without = built(onlyDb, { lock: first.lock });
    expect(machine(without.lab, 'mail').number).toBe(4);
    expect(nic(built(lab({}), { lock: without.lock }).lab, 'web').mac).toBe(nic(first.lab, 'web').mac);
    const forgotten = built(onlyDb, { lock: first.lock, forget: ['web'] });
    expect(machine(forgotten.lab, 'mail').number).toBe(2);
    expect(forgotten.lock.machines['web']).toBeUndefined();
  });
});
