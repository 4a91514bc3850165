/** What an edit makes of `down` lines that take away what `up` lines made: the file before, the change, and the lines after. */
import { expect, it } from 'vitest';
import { ifupdown } from '../../../src/dialects/ifupdown/dialect.ts';
import { type NetworkState } from '../../../src/state/network-state.ts';
import { changedState, handWrittenState } from '../edits/changed-state.ts';

const head = ['auto eth0', 'iface eth0 inet static', '  address 192.0.2.3/24'];

const route = (to: string, via: string, more = '"metric":0'): string =>
  `{"family":4,"to":"${to}","type":"unicast","via":"${via}","dev":"eth0",${more},"table":254}`;

interface Case {
  readonly lines: readonly string[];
  readonly from: string;
  readonly to: string;
  readonly after: readonly string[];
}

const lab = '198.51.100.0/24';

const cases: Readonly<Record<string, Case>> = {
  'a route that goes': {
    lines: [`up ip route add ${lab} via 192.0.2.9`, 'up true', `down ip route del ${lab}`, 'down echo bye'],
    from: route(lab, '192.0.2.9'),
    to: '',
    after: ['up true', 'down echo bye'],
  },
  'a route that goes, by other names': {
    lines: [
      `post-up /sbin/ip -4 r add ${lab} via 192.0.2.9 dev $IFACE || true`,
      `pre-down /sbin/ip ro delete ${lab} dev eth0 || true`,
      `post-down ip route del ${lab} via 192.0.2.9 2>/dev/null`,
    ],
    from: route(lab, '192.0.2.9'),
    to: '',
    after: [],
  },
  'a route that route(8) made': {
    lines: ['up route add -net 198.18.0.0/16 gw 192.0.2.9', 'down route del -net 198.18.0.0/16'],
    from: route('198.18.0.0/16', '192.0.2.9'),
    to: '',
    after: [],
  },
  'a target that changes': {
    lines: [`up ip route add ${lab} via 192.0.2.9`, `down   ip route del ${lab}  via 192.0.2.9`],
    from: `"${lab}"`,
    to: '"203.0.113.0/24"',
    after: ['up ip route add 203.0.113.0/24 via 192.0.2.9', 'down   ip route del 203.0.113.0/24  via 192.0.2.9'],
  },
  'a gateway that changes': {
    lines: [`up ip route add ${lab} via 192.0.2.9`, `down ip route del ${lab} via 192.0.2.9`],
    from: '"192.0.2.9"',
    to: '"192.0.2.8"',
    after: [`up ip route add ${lab} via 192.0.2.8`, `down ip route del ${lab} via 192.0.2.8`],
  },
  'one of two that the same line takes away': {
    lines: [
      `up ip route add ${lab} via 192.0.2.9`,
      `up ip route add ${lab} via 192.0.2.8 metric 5`,
      `down ip route del ${lab}`,
    ],
    from: `,${route(lab, '192.0.2.8', '"metric":5')}`,
    to: '',
    after: [`up ip route add ${lab} via 192.0.2.9`, `down ip route del ${lab}`],
  },
  'an address': {
    lines: ['up ip addr add 10.0.0.1/24 dev $IFACE', 'down ip addr del 10.0.0.1/24 dev $IFACE'],
    from: '"10.0.0.1"',
    to: '"10.0.0.2"',
    after: ['up ip addr add 10.0.0.2/24 dev $IFACE', 'down ip addr del 10.0.0.2/24 dev $IFACE'],
  },
  'a rule': {
    lines: ['up ip rule add from 10.5.0.0/24 table 5', 'post-down ip rule del from 10.5.0.0/24 table 5'],
    from: '"from":"10.5.0.0/24","table":5',
    to: '"from":"10.5.0.0/24","table":6',
    after: ['up ip rule add from 10.5.0.0/24 table 6', 'post-down ip rule del from 10.5.0.0/24 table 6'],
  },
  'a line of several commands, which stays': {
    lines: [`up ip route add ${lab} via 192.0.2.9`, `down ip route del ${lab}; logger gone`],
    from: route(lab, '192.0.2.9'),
    to: '',
    after: [`down ip route del ${lab}; logger gone`],
  },
};

it.each(Object.entries(cases))('%s', (_, { lines, from, to, after }) => {
  const textOf = (own: readonly string[]): string => [...head, ...own.map((line) => `  ${line}`), ''].join('\n');
  const files = [{ path: 'etc/network/interfaces', text: textOf(lines) }];
  const owner = { dialect: ifupdown, files, noise: [], changes: [] };
  const state: NetworkState = handWrittenState(owner, files);
  const wanted = changedState(state, `${from},`, to === '' ? '' : `${to},`) ?? changedState(state, from, to);
  if (wanted === undefined) throw new Error(`${from} is not in ${JSON.stringify(state)}`);
  const edited = ifupdown.edit?.(files, wanted, 'm');
  expect(edited).toEqual({ files: [{ path: 'etc/network/interfaces', text: textOf(after) }], omissions: [] });
});
