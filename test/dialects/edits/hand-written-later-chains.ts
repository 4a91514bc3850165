/** Files of nft with a chain that only a later block, or a later command, declares; and rules that come to jump to it. */
import { nft } from '../../../src/dialects/nft/dialect.ts';
import { change, type HandWritten } from './hand-written-file.ts';

const ssh = '{"matches":[{"kind":"port","protocol":"tcp","ports":[22]}],"verdict":{"kind":"accept"}}';
const toLate = ssh.replace('"kind":"accept"', '"kind":"jump","chain":"late"');

const laterBlock: HandWritten = {
  dialect: nft,
  noise: ['# by hand', '\t# set in', '', '  ', '#'],
  files: [
    {
      path: 'etc/nftables.conf',
      text: [
        'flush ruleset',
        '',
        'table inet t {   # what comes in',
        '\tchain input {',
        '\t\ttype filter hook input priority 0; policy drop;',
        '\t\ttcp dport 22 counter accept   # ssh',
        '\t}',
        '}',
        '',
        'table inet t {',
        '\tchain late {',
        '\t\tip saddr 192.0.2.0/24 accept',
        '\t}',
        '}',
        '',
      ].join('\n'),
    },
  ],
  changes: [
    change('a jump to a chain of a later block', ssh, toLate, /^\t\ttcp dport 22|^\tchain late { }/),
    change(
      'a rule that jumps there',
      ssh,
      `${ssh},{"matches":[],"verdict":{"kind":"goto","chain":"late"}}`,
      /goto late|^\tchain late { }/,
    ),
  ],
};

const laterCommand: HandWritten = {
  dialect: nft,
  noise: ['# by hand', '', '#'],
  files: [
    {
      path: 'etc/nftables.conf',
      text: [
        'flush ruleset',
        'add table inet t',
        'add chain inet t input { type filter hook input priority 0; policy drop; }',
        'add rule inet t input tcp dport 22 accept',
        'add chain inet t late',
        'add rule inet t late ip saddr 192.0.2.0/24 accept',
        '',
      ].join('\n'),
    },
  ],
  changes: [change('a jump to a chain of a later command', ssh, toLate, /tcp dport 22|^add chain inet t late/)],
};

export const laterChains: readonly HandWritten[] = [laterBlock, laterCommand];
