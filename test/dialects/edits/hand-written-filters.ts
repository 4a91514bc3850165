/** Files of nft and iptables as people leave them, and changes to what they say. */
import { iptables } from '../../../src/dialects/iptables/dialect.ts';
import { nft } from '../../../src/dialects/nft/dialect.ts';
import { type FilterRule } from '../../../src/state/packet-filter.ts';
import { change, type HandWritten } from './hand-written-file.ts';
import { laterChains } from './hand-written-later-chains.ts';

const nftNoise = ['# by hand', '\t# set in', '', '  ', '#'];

const lo = '{"matches":[{"kind":"iif","names":["lo"]}],"verdict":{"kind":"accept"}},';
const eth9 = '{"matches":[{"kind":"iif","names":["eth9"]}],"verdict":{"kind":"accept"}},';

/** Blocks of one table, in several places and files, with definitions and sets. */
const office: HandWritten = {
  dialect: nft,
  noise: nftNoise,
  files: [
    {
      path: 'etc/nftables.conf',
      text: [
        '#!/usr/sbin/nft -f',
        '# the office',
        'flush ruleset',
        '',
        'define wan = "eth0"   # the uplink',
        'define admins = { 192.0.2.7,192.0.2.9 ,',
        '    198.51.100.0/24   # the other house',
        '}',
        '',
        'table inet office {',
        '\tset blocked {',
        '\t\ttype ipv4_addr',
        '\t\tflags interval',
        '\t\telements = {',
        '\t\t\t203.0.113.1,       # once',
        '\t\t\t203.0.113.64/26,   # a net',
        '\t\t\t203.0.113.200',
        '\t\t}',
        '\t}',
        '',
        '\tchain input {   # what comes in',
        '\t\ttype filter hook input priority filter; policy drop;',
        '',
        '\t\t# loopback',
        '\t\tiif lo accept   # always',
        '\t\tct state vmap { invalid : drop, established : accept, related : accept }',
        '\t\tip saddr @blocked counter drop',
        '\t\ttcp   dport {ssh,  80}   counter packets 3 bytes 180 log prefix "in: " accept comment "services"',
        '',
        '',
        '\t\tip saddr $admins tcp dport 8006 accept',
        '\t\ticmp type echo-request limit rate 5/second accept;',
        '\t}',
        '',
        '  chain forward { type filter hook forward priority 0; policy accept; iifname $wan oifname "br0" drop; ct state invalid drop; }',
        '}',
        '',
        'include "/etc/nftables.d/*.nft"',
        '',
        'table inet office {',
        '\tchain output {',
        '\t\ttype filter hook output priority 0',
        '\t\toifname $wan udp dport 25 reject',
        '\t}',
        '}',
        '# the end',
        '',
      ].join('\n'),
    },
    {
      path: 'etc/nftables.d/nat.nft',
      text: [
        '# addresses',
        'table ip nat {',
        '    chain postrouting {',
        '        type nat hook postrouting priority srcnat',
        '        oifname $wan ip saddr 10.0.0.0/24 masquerade',
        '    }',
        '    chain prerouting {',
        '        type nat hook prerouting priority dstnat',
        '        dnat to tcp dport map { 8080 : 10.0.0.8,',
        '           8443 : 10.0.0.9,   # mail',
        '        }',
        '    }',
        '}',
        '',
      ].join('\n'),
    },
  ],
  changes: [
    change('a port in a list', '"ports":[22,80]', '"ports":[80,2222]', /^\t\ttcp {3}dport/),
    change('a port more', '"ports":[22,80]', '"ports":[22,80,443]', /^\t\ttcp {3}dport/),
    change('a comment', '"comment":"services"', '"comment":"servers"', /^\t\ttcp {3}dport/),
    change('a rule that goes', lo, '', /^\t\tiif lo/),
    change('a rule that comes', lo, lo + eth9, /^\t\tiifname "eth9"/),
    change('a rule that comes first', lo, eth9 + lo, /^\t\tiifname "eth9"/),
    change('an element of a set', '203.0.113.1/32', '203.0.113.5/32', /203\.0\.113\.[15]/),
    change('an element that goes', '"203.0.113.64/26",', '', /203\.0\.113\.64/),
    change('an element that comes', '"203.0.113.200/32"', '"203.0.113.200/32","203.0.113.208/28"', /203\.0\.113\.20/),
    change('a value of a variable', '192.0.2.9/32', '192.0.2.10/32', /define admins/),
    change('a value of a variable that comes', '"198.51.100.0/24"', '"198.51.100.0/23"', /198\.51\.10/),
    change('a policy', '"policy":"drop"', '"policy":"accept"', /policy (?:drop|accept)/),
    change(
      'a policy that nothing said',
      '"hook":"output","priority":0,"policy":"accept"',
      '"hook":"output","priority":0,"policy":"drop"',
      /type filter hook output/,
    ),
    change('a priority', '"hook":"output","priority":0', '"hook":"output","priority":5', /type filter hook output/),
    change(
      'a rule in a line of several',
      '{"matches":[{"kind":"conntrack","states":["invalid"]}],"verdict":{"kind":"drop"}}]',
      '{"matches":[{"kind":"conntrack","states":["new"]}],"verdict":{"kind":"drop"}}]',
      /^ {2}chain forward/,
    ),
    change(
      'a rule that goes from a line of several',
      ',{"matches":[{"kind":"conntrack","states":["invalid"]}],"verdict":{"kind":"drop"}}]',
      ']',
      /^ {2}chain forward/,
    ),
    change(
      'a rule more in a line of several',
      '{"matches":[{"kind":"conntrack","states":["invalid"]}],"verdict":{"kind":"drop"}}]',
      `{"matches":[{"kind":"conntrack","states":["invalid"]}],"verdict":{"kind":"drop"}},${eth9.slice(0, -1)}]`,
      /^ {2}chain forward/,
    ),
    change(
      'an element of a verdict map that goes',
      '{"matches":[{"kind":"conntrack","states":["related"]}],"verdict":{"kind":"accept"}},',
      '',
      /ct state vmap/,
    ),
    change(
      'an element of a verdict map',
      '{"matches":[{"kind":"conntrack","states":["related"]}],"verdict":{"kind":"accept"}},',
      '{"matches":[{"kind":"conntrack","states":["related"]}],"verdict":{"kind":"drop"}},',
      /ct state vmap/,
    ),
    change('a rule of an included file', '"10.0.0.0/24"', '"10.1.0.0/24"', /ip saddr 10\./),
    change('an element of a map', '"address":"10.0.0.9"', '"address":"10.0.0.10"', / 8443 : /),
    change(
      'a verdict',
      '"ports":[8006]}],"verdict":{"kind":"accept"}',
      '"ports":[8006]}],"verdict":{"kind":"drop"}',
      /8006/,
    ),
  ],
};

const rule = (verdict: FilterRule['verdict'], ...matches: FilterRule['matches']): string =>
  JSON.stringify({ matches, verdict });
const port = (...ports: readonly number[]): FilterRule['matches'][number] => ({ kind: 'port', protocol: 'tcp', ports });
const accept = { kind: 'accept' } as const;
const drop = { kind: 'drop' } as const;
const back = { kind: 'return' } as const;

/** Commands one by one, as in a script, on lines with others. */
const script: HandWritten = {
  dialect: nft,
  noise: nftNoise,
  files: [
    {
      path: 'etc/nftables.conf',
      text: [
        '#!/usr/sbin/nft -f',
        'add table inet t   # mine',
        'delete table inet t',
        'add table inet t; add chain inet t input { type filter hook input priority 0; policy drop; }  # in',
        'add chain inet t sub',
        'add set inet t admins { type ipv4_addr; }',
        'add rule inet t input ct state established accept ; add rule inet t input iif lo accept',
        'add element inet t admins { 192.0.2.7 comment "me", 192.0.2.9 }',
        '# web',
        'add rule inet t input tcp dport 80 counter accept comment "web"',
        'insert rule inet t input tcp dport 1 drop # nobody',
        'add rule inet t sub return   # back',
        'add rule inet t input ip saddr @admins goto sub',
        'table ip gone {',
        '  # nothing yet',
        '}',
        '',
      ].join('\n'),
    },
  ],
  changes: [
    change('a command', '"ports":[80]', '"ports":[443]', /^add rule inet t input tcp dport (?:80|443)/),
    change('a command that goes', `,${rule(accept, { kind: 'iif', names: ['lo'] })}`, '', /^add rule inet t input ct/),
    change(
      'a command behind an insertion',
      rule(drop, port(1)),
      `${rule(drop, port(1))},${rule(drop, port(2))}`,
      /^insert rule inet t input tcp dport 2 drop/,
    ),
    change(
      'a command before an insertion',
      rule(drop, port(1)),
      `${rule(drop, port(2))},${rule(drop, port(1))}`,
      /^insert rule inet t input tcp dport 2 drop/,
    ),
    change('an element that comes', '"192.0.2.9/32"', '"192.0.2.9/32","192.0.2.11/32"', /^add element/),
    change('an element that goes', '"192.0.2.7/32",', '', /^add element/),
    change('a rule in a chain', rule(back), `${rule(back)},${rule(drop)}`, /^add rule inet t sub drop/),
    change('a policy', '"policy":"drop"', '"policy":"accept"', /^add table inet t; add chain/),
    // What is said within a block goes with it.
    change('a table that goes', ',{"family":"ip","name":"gone","chains":[]}', '', /gone|^}|^\s*(?:#.*)?$/),
    change(
      'a table that comes',
      '{"family":"ip","name":"gone","chains":[]}',
      `{"family":"ip","name":"gone","chains":[]},{"family":"ip6","name":"six","chains":[],"subchains":[{"name":"c","rules":[${rule(drop)}]}]}`,
      /^$|^table ip6 six|^\tchain c|^\t\tdrop|^\t?}/,
    ),
    change(
      'a chain that comes',
      '"subchains":[{"name":"sub"',
      `"subchains":[{"name":"more","rules":[${rule(drop)}]},{"name":"sub"`,
      /^table inet t {|^\tchain more|^\t\tdrop|^\t?}/,
    ),
  ],
};

/** Everything on few lines. */
const dense: HandWritten = {
  dialect: nft,
  noise: ['# by hand', '', '  ', '#'],
  files: [
    {
      path: 'etc/nftables.conf',
      text: [
        'flush ruleset; table inet t { chain a { type filter hook input priority 0; policy drop; }; chain b { accept; }; };',
        'table inet t { chain a { iif lo accept; tcp dport { 22,80,443 } accept; jump b; } ; chain c { };',
        '  chain d { tcp dport 7 goto c # there',
        '    return; } }',
        '',
      ]
        .join('\n')
        .replace('return; } }', 'return; }\n}'),
    },
  ],
  changes: [
    change('an element that goes', '"ports":[22,80,443]', '"ports":[22,443]', /^table inet t/),
    change('the last element that goes', '"ports":[22,80,443]', '"ports":[22,80]', /^table inet t/),
    change('elements that go', '"ports":[22,80,443]', '"ports":[443]', /^table inet t/),
    change('an element that comes', '"ports":[22,80,443]', '"ports":[22,80,443,444]', /^table inet t/),
    change('a rule that goes', rule(back), rule(drop), /return|drop/),
    change('a rule in an empty chain', '{"name":"c","rules":[]}', `{"name":"c","rules":[${rule(drop)}]}`, /chain c/),
    change(
      'a chain that goes',
      ',{"name":"d","rules":[',
      ',{"name":"e","rules":[',
      /chain [de]|return|tcp dport 7|^\s|^}|^#.*$|^$/,
    ),
  ],
};

/** Tables and chains of iptables that come and go. */
const saved: HandWritten = {
  dialect: iptables,
  noise: ['# by hand', '#', ''],
  files: [
    {
      path: 'etc/sysconfig/iptables',
      text: [
        '# by hand',
        '*nat',
        '# none is declared here',
        '[1:60] -A POSTROUTING -o eth0 -s 10.0.0.0/24 -j MASQUERADE --random',
        'COMMIT',
        '*filter',
        ':INPUT DROP [0:0]',
        '# chains of our own',
        ':LAN - [0:0]',
        ':LOGGED - [3:180]',
        '-A INPUT -i lo -j ACCEPT',
        '-I INPUT -m state --state INVALID -j DROP',
        '-A LOGGED -m limit --limit 5/min -j LOG --log-prefix "gone: "',
        '-A LOGGED -j DROP',
        '[7:420] -A INPUT -p tcp   --dport ssh -m comment --comment "from us" -j LAN',
        '-A LAN -s 192.168.0.0/24 --jump ACCEPT',
        'COMMIT',
        '# the end',
        '',
      ].join('\n'),
    },
  ],
  changes: [
    change('a port, with counters', '"ports":[22]', '"ports":[2222]', /^\[7:420] -A INPUT .*-j LAN$/),
    change(
      'a verdict, with its matches',
      '{"kind":"jump","chain":"LAN"}',
      '{"kind":"drop"}',
      /^\[7:420] -A INPUT -p tcp {3}--dport ssh/,
    ),
    change('a prefix, with its target', '10.0.0.0/24', '10.9.0.0/24', /^\[1:60] -A POSTROUTING .*MASQUERADE --random$/),
    change(
      'a chain that goes',
      `,{"name":"LOGGED","rules":[{"matches":[{"kind":"other","text":"-m limit --limit 5/min"}],"verdict":{"kind":"continue"}},${rule(drop)}]}`,
      '',
      /LOGGED/,
    ),
    change(
      'a chain that comes',
      ',{"name":"LOGGED"',
      `,{"name":"GUESTS","rules":[${rule(accept, port(80))}]},{"name":"LOGGED"`,
      /GUESTS/,
    ),
    change(
      'a rule behind an insertion',
      rule(drop, { kind: 'conntrack', states: ['invalid'] }),
      `${rule(drop, { kind: 'conntrack', states: ['invalid'] })},${rule(drop, port(1))}`,
      /^-I INPUT -p tcp .*--dport 1 -j DROP/,
    ),
    change(
      'a rule before an insertion',
      rule(drop, { kind: 'conntrack', states: ['invalid'] }),
      `${rule(drop, port(1))},${rule(drop, { kind: 'conntrack', states: ['invalid'] })}`,
      /^-I INPUT -p tcp .*--dport 1 -j DROP/,
    ),
    change('a policy', '"policy":"drop"', '"policy":"accept"', /^:INPUT/),
    change(
      'a policy that nothing said',
      '"hook":"postrouting","priority":100,"policy":"accept"',
      '"hook":"postrouting","priority":100,"policy":"drop"',
      /^:POSTROUTING DROP/,
    ),
    change(
      'a table that comes',
      '{"family":"ip","name":"nat"',
      `{"family":"ip","name":"mangle","chains":[{"name":"FORWARD","type":"filter","hook":"forward","priority":-150,"policy":"accept","rules":[${rule(drop)}]}]},{"family":"ip","name":"nat"`,
      /^\*mangle|^COMMIT|FORWARD/,
    ),
  ],
};

export const handWrittenFilters: readonly HandWritten[] = [office, script, dense, ...laterChains, saved];
