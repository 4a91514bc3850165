/** Commands of ufw in guides, scripts and sessions, as what ufw loads after them. */
import { describe, expect, it } from 'vitest';
import { commands } from '../../../src/dialects/commands/dialect.ts';
import { normalPart } from '../../../src/dialects/differences.ts';
import { dialectFor } from '../../../src/dialects/dialects.ts';
import { type Reading } from '../../../src/dialects/dialect.ts';
import { readNetwork } from '../../../src/dialects/read-network.ts';
import { ufw } from '../../../src/dialects/ufw/dialect.ts';
import { stateOf } from '../any-part.ts';

const read = (...lines: readonly string[]): Reading =>
  commands.read([{ path: 'p', text: `${lines.join('\n')}\n` }], { stack: 'm' });

/** Tuples of IPv4, as ufw would keep what was typed. */
const tuples = (reading: Reading): readonly string[] => {
  const { filter } = normalPart(reading.stacks['m']);
  const files = ufw.write?.(stateOf({ filter }), 'm').files ?? [];
  const text = files.find(({ path }) => path === 'etc/ufw/user.rules')?.text ?? '';
  return text.split('\n').flatMap((line) => (line.startsWith('### tuple ### ') ? [line.slice(14)] : []));
};

const codes = ({ remarks }: Reading): readonly string[] =>
  remarks.map(({ kind, code, at }) => `${at.line} ${kind} ${code}`);

describe('commands of ufw', () => {
  it.each([
    ['ufw allow 22/tcp', ['allow tcp 22 0.0.0.0/0 any 0.0.0.0/0 in']],
    ['sudo ufw allow ssh', ['allow tcp 22 0.0.0.0/0 any 0.0.0.0/0 in']],
    ['ufw deny out 25', ['deny any 25 0.0.0.0/0 any 0.0.0.0/0 out']],
    ['ufw limit OpenSSH', ['limit tcp 22 0.0.0.0/0 any 0.0.0.0/0 OpenSSH - in']],
    ["ufw allow 'Nginx Full'", ['allow tcp 80,443 0.0.0.0/0 any 0.0.0.0/0 Nginx%20Full - in']],
    ['ufw allow from 192.168.1.0/24 to any port 445 proto tcp', ['allow tcp 445 0.0.0.0/0 any 192.168.1.0/24 in']],
    ['ufw route allow in on br0 out on eth0', ['route:allow any any 0.0.0.0/0 any 0.0.0.0/0 in_br0!out_eth0']],
    ['ufw allow in on lan.5 log to 10.0.0.1', ['allow_log any any 10.0.0.1 any 0.0.0.0/0 in_lan.5']],
    ["ufw reject 113 comment 'why not'", ['reject any 113 0.0.0.0/0 any 0.0.0.0/0 in comment=776879206e6f74']],
    ['ufw allow from 2001:db8::1', []],
    ['ufw --dry-run allow 22', []],
  ])('%s', (line, wanted) => {
    const reading = read(line, 'ufw --force enable', 'ufw allow 9');
    expect(tuples(reading).filter((tuple) => !tuple.startsWith('allow any 9 '))).toEqual(wanted);
    expect(codes(reading).filter((code) => code.includes('error'))).toEqual([]);
  });

  it('delete and insert by number, first those of IPv4', () => {
    expect(
      tuples(read('ufw allow 1/tcp', 'ufw allow 2/tcp', 'ufw insert 1 allow 3/tcp', 'ufw delete 2', 'ufw enable')),
    ).toEqual(['allow tcp 3 0.0.0.0/0 any 0.0.0.0/0 in', 'allow tcp 2 0.0.0.0/0 any 0.0.0.0/0 in']);
  });

  it('tell what was taken for granted, and what ufw refuses, with its line', () => {
    expect(codes(read('ufw allow 22/tcp'))).toEqual(['1 assumed taken-for-enabled', '1 assumed usual-before-rules']);
    expect(codes(read('ufw enable', 'ufw allow 99999', 'ufw delete allow 80'))).toEqual([
      '2 error failing-command',
      '3 error failing-command',
      '1 assumed usual-before-rules',
    ]);
    const off = read('ufw allow 22/tcp', 'ufw disable');
    expect([codes(off), off.stacks]).toEqual([['1 ignored inactive'], {}]);
  });

  it('say where each rule is from', () => {
    const { origins } = read('# guide', 'ufw default deny incoming', 'ufw allow 80/tcp', 'ufw enable');
    expect(origins['m/filter/ip filter ufw-user-input 0']).toEqual({ path: 'p', line: 3, column: 1 });
  });

  it('count in sessions, beside other commands', () => {
    const text =
      'root@web:~# ip address add 192.0.2.1/24 dev eth0\nroot@web:~# ufw allow 80/tcp\nRule added\nroot@web:~# ufw --force enable\n';
    const { state } = readNetwork([{ name: 'm', texts: [{ path: 'p', text, file: 'p' }] }]);
    const [table] = state.stacks['m']?.filter ?? [];
    expect(table?.subchains?.find(({ name }) => name === 'ufw-user-input')?.rules).toHaveLength(1);
    expect(state.stacks['m']?.interfaces['eth0']?.addresses).toHaveLength(1);
  });

  it('say nothing twice that a status below them prints', () => {
    const rows = [
      'Status: active',
      '',
      'To      Action      From',
      '--      ------      ----',
      '80/tcp  ALLOW IN    Anywhere',
    ];
    const text = ['$ sudo ufw allow 80/tcp', 'Rule added', '$ sudo ufw status', ...rows, ''].join('\n');
    const { state } = readNetwork([{ name: 'm', texts: [{ path: 'p', text, file: 'p' }] }]);
    const [table] = state.stacks['m']?.filter ?? [];
    const lengthOf = (name: string): number | undefined =>
      [...(table?.chains ?? []), ...(table?.subchains ?? [])].find((chain) => chain.name === name)?.rules.length;
    expect([lengthOf('INPUT'), lengthOf('ufw-user-input')]).toEqual([6, 1]);
  });

  it('are told from other texts', () => {
    expect(dialectFor({ path: 'p', text: 'sudo ufw --force reset\nsudo ufw allow 22\nsudo ufw enable\n' })?.name).toBe(
      'commands',
    );
  });
});
