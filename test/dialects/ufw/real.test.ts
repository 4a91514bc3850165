/** Held to the real ufw: the files that are written, the rules that it writes itself, and its commands. */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { commands } from '../../../src/dialects/commands/dialect.ts';
import { normalPart } from '../../../src/dialects/differences.ts';
import { type ConfigText } from '../../../src/dialects/dialect.ts';
import { ufw } from '../../../src/dialects/ufw/dialect.ts';
import { stateOf } from '../any-part.ts';
import { iptablesTables } from '../small/iptables-tables.ts';
import { anyRuleSet, textsOf } from './arbitrary.ts';
import { isUfwMissing, runRealUfw, shippedFiles, spelt } from './real-ufw.ts';

const written = (filter: ReturnType<typeof normalPart>['filter']): readonly ConfigText[] => {
  const writing = ufw.write?.(stateOf({ filter }), 'm');
  expect(writing?.omissions).toEqual([]);
  return writing?.files ?? [];
};

const filterOf = (texts: readonly ConfigText[]): ReturnType<typeof normalPart>['filter'] =>
  normalPart(ufw.read(texts, { stack: 'm' }).stacks['m']).filter;

describe.skipIf(isUfwMissing)('files that are written', () => {
  it('are loaded by ufw as they are read, and written by it with the same bytes', () => {
    fc.assert(
      fc.property(anyRuleSet, (given) => {
        // What ufw says of logging and limits whenever it writes its rules.
        const { logLevel = 'low' } = given;
        const rules = { ...given, logLevel, limits: logLevel === 'off' ? ('silent' as const) : ('logged' as const) };
        const files = written(filterOf(textsOf(rules)));
        const { told, filter, files: left } = runRealUfw(['--force enable', 'allow 1', 'delete allow 1'], files);
        expect(told[0]).toBe('Firewall is active and enabled on system startup');
        expect(spelt(filter)).toEqual(spelt(filterOf(files)));
        for (const { path, text } of files)
          if (left[path] !== undefined) expect([path, left[path]]).toEqual([path, text]);
      }),
      { numRuns: 4 },
    );
  }, 240_000);

  it('are loaded by ufw, whatever filter they were written of', () => {
    fc.assert(
      fc.property(iptablesTables, (tables) => {
        const files = written(stateOf({ filter: tables }).stacks['m']?.filter ?? []);
        const { told, filter } = runRealUfw(['--force enable'], files);
        expect(told).toEqual(['Firewall is active and enabled on system startup']);
        expect(spelt(filter)).toEqual(spelt(filterOf(files)));
      }),
      { numRuns: 4 },
    );
  }, 240_000);
});

describe.skipIf(isUfwMissing)('files that ufw brings', () => {
  it('are written again as they say it, and so is what ufw made of commands', () => {
    const { files } = runRealUfw([
      'allow 22/tcp comment web',
      'limit log http',
      'route deny from 10.0.0.0/8',
      'logging medium',
    ]);
    const left = Object.entries(files).map(([path, text]): ConfigText => ({ path, text }));
    for (const texts of [shippedFiles(), left]) {
      const filter = filterOf(texts);
      expect(filterOf(written(filter))).toEqual(filter);
    }
  }, 60_000);
});

/** What guides tell people to type, and what ufw makes of it. */
const typed: readonly (readonly string[])[] = [
  [
    'default deny incoming',
    'default allow outgoing',
    'allow 22/tcp',
    'allow from 192.168.1.0/24 to any port 445 proto tcp',
    'route allow in on br0 out on eth0',
    'limit ssh',
    'deny out 25',
    'allow OpenSSH',
    'insert 1 deny from 203.0.113.5',
    'prepend allow in on lo',
    'allow 6000:6007/tcp',
    'allow 80,443/tcp comment "web servers"',
    'allow in on eth0 to any port 53',
    'reject 113',
    'allow proto esp from 10.0.0.0/255.0.0.0',
    'allow from 2001:db8::/32 to any port 22 proto tcp',
    'allow log-all http',
    'route deny log out on eth1 to 10.0.0.7 port 80 proto tcp',
    'allow to any app Samba',
    'deny from any port 68 to any port 67 proto udp',
    'reject out to 192.0.2.0/24',
    'default reject routed',
    'allow domain',
    'allow from 192.168.1.77/24 to 10.0.0.1',
  ],
  [
    'allow 80',
    'allow 80',
    'deny 80',
    'allow 443/tcp',
    'delete allow 443/tcp',
    'delete deny 81',
    'allow 21/tcp',
    'allow Samba',
    'allow 8080/tcp',
    '--force delete 2',
    'insert 2 allow 2222/tcp',
    'insert 99 allow 2223/tcp',
    'allow from 2001:db8::1',
    'insert 1 allow from 2001:db8::2',
    'delete allow Samba',
    'prepend deny 5432/tcp',
    'allow 22/tcp comment "first"',
    'allow 22/tcp comment "second"',
    'delete allow 22/tcp',
  ],
  [
    'allow 70000',
    'allow 80,443',
    'allow nosuchservice',
    'allow from 10.0.0.300',
    'allow from 10.0.0.1 to 2001:db8::1',
    'allow in on eth0 out on eth1',
    'route allow in',
    'allow proto udp port 53',
    'allow to any port ssh proto udp',
    'allow',
    'insert 1 allow 22',
    'allow 22 proto tcp',
    '--force delete 7',
    'default maybe',
  ],
];

describe.skipIf(isUfwMissing)('commands of ufw', () => {
  const isUsers = (name: string): boolean => /-user-|^(?:INPUT|FORWARD|OUTPUT)$|-(?:reject|track)-/.test(name);
  const profiles = { path: 'etc/ufw/applications.d/servers', text: '[OpenSSH]\ntitle=a\ndescription=a\nports=22/tcp\n\n[Samba]\ntitle=b\ndescription=b\nports=137,138/udp|139,445/tcp\n' }; // prettier-ignore
  const refused = /^ERROR|^Could not delete|^Usage|Invalid|^$/;

  it.each(typed.map((lines, at) => [at + 1, lines] as const))(
    'leave the rules that ufw makes of them: no. %i',
    (_, lines) => {
      const real = runRealUfw(['--force enable', 'logging off', ...lines], [profiles]);
      const reading = commands.read([{ path: 'guide', text: [...lines.map((line) => `sudo ufw ${line}`), 'ufw --force enable', ''].join('\n') }], { stack: 'm' }); // prettier-ignore
      const isLimit = (chain: string): boolean => /-user-limit/.test(chain);
      const users = (name: string): boolean => isUsers(name) && !isLimit(name) && !/logging/.test(name);
      expect(spelt(normalPart(reading.stacks['m']).filter, users)).toEqual(spelt(real.filter, users));
      const failing = reading.remarks.flatMap(({ kind, at }) => (kind === 'error' ? [lines[at.line - 1]] : []));
      expect(failing).toEqual(lines.filter((_line, at) => refused.test(real.told[at + 2] ?? '')));
    },
    120_000,
  );
});
