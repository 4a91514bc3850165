/** What `ufw status` prints to rules as they stand in `user.rules`. */
import { parsePrefix } from '../../net/prefix.ts';
import { parseIp } from '../../net/address.ts';
import { type Line, type Remarks } from '../text.ts';
import { type Profiles } from './profiles.ts';
import { type Policies, type Policy } from './skeleton.ts';

export interface StatusRule {
  readonly family: 4 | 6;
  readonly text: string;
  readonly line: number;
}

export interface Status {
  readonly rules: readonly StatusRule[];
  readonly policies: Policies;
  readonly isActive: boolean;
}

const policyWords: Readonly<Record<string, Policy>> = {
  allow: 'ACCEPT',
  deny: 'DROP',
  reject: 'REJECT',
  disabled: 'DROP',
};
const targets: Readonly<Record<string, string>> = { ALLOW: 'ACCEPT', DENY: 'DROP', REJECT: 'REJECT', LIMIT: 'ACCEPT' };

const isPlace = (text: string): boolean => parsePrefix(text) !== undefined || parseIp(text) !== undefined;

interface End {
  readonly address: string | undefined;
  readonly ports: string | undefined;
  readonly protocol: string | undefined;
  readonly device: string | undefined;
}

const protocolNames = 'tcp|udp|ah|esp|gre|igmp|ipv6';
const portsWord = new RegExp(`^(\\d+(?::\\d+)?(?:,\\d+(?::\\d+)?)*)(?:/(${protocolNames}))?$`);
/** A protocol without ports stands behind the address, or behind what stands for all of them. */
const placeWord = new RegExp(`^(.+?)(?:/(${protocolNames}))?$`);

/** One end of a row whose profile is put in ports already. */
const plainEndIn = (text: string, device: string | undefined): End | undefined => {
  let end: End = { address: undefined, ports: undefined, protocol: undefined, device };
  for (const word of text.split(/\s+/)) {
    if (word === '') continue;
    const [, ports, portProtocol] = portsWord.exec(word) ?? [];
    const [, place = '', protocol] = placeWord.exec(word) ?? [];
    if (ports !== undefined) end = { ...end, ports, protocol: portProtocol };
    else if (isPlace(place)) end = { ...end, address: place, protocol };
    else if (place === 'Anywhere') end = { ...end, protocol };
    else return undefined;
  }
  return end;
};

/**
 * `22/tcp`, `Anywhere on eth0`, `10.0.0.5 53/udp`, `10.0.0.5/esp`, `OpenSSH`, `22/tcp (OpenSSH)`: as many as the profile
 * has parts, and none for what is none of them.
 */
const endsIn = (text: string, profiles: Profiles): readonly End[] => {
  const [, before = '', device] = /^(.*?)(?: on (\S+))?$/.exec(text.replace(' (v6)', '').trim()) ?? [];
  // Beside ports that are said, the profile that they are from says nothing more.
  const plain = before.replace(/(?<=\d|\/\w+) \([^()]+\)$/, '');
  // An address may stand in front of a profile, and names of profiles have blanks in them.
  const [, address = ''] = /^(\S*\d[.:]\S*) /.exec(plain) ?? [];
  const parts = profiles.get(plain.slice(address.length).trim());
  const wholes = parts === undefined ? [plain] : parts.map((part) => `${address} ${part}`);
  return wholes.flatMap((whole) => plainEndIn(whole, device) ?? []);
};

const portWords = (option: 'sport' | 'dport', ports: string | undefined): string =>
  ports === undefined ? '' : ports.includes(',') ? `-m multiport --${option}s ${ports}` : `--${option} ${ports}`;

/** `[ 3] 22/tcp on eth0  ALLOW IN  Anywhere  (log) # why`; a long first column leaves one blank behind it. */
const row =
  /^\s*(?:\[\s*\d+\]\s+)?(\S.*?)\s+(ALLOW|DENY|REJECT|LIMIT)(?: (IN|OUT|FWD))?\s+(\S.*?)(?:\s+\((?:log|out)[^()]*\))?(?:\s+#.*)?\s*$/;

const chainOf = { IN: 'input', OUT: 'output', FWD: 'forward' } as const;

interface Row {
  readonly to: End;
  readonly from: End;
  readonly action: string;
  readonly way: keyof typeof chainOf;
  /** Both columns as they stand. */
  readonly columns: string;
}

const rulesBetween = (
  { to, from, action, way, columns }: Row,
  line: Line,
  prefixOf: (family: 4 | 6) => string,
): readonly StatusRule[] => {
  const family = /\(v6\)|:/.test(
    `${to.address ?? ''} ${from.address ?? ''} ${columns}`.replaceAll(/\d+:\d+(?=[,/ ]|$)/g, ''),
  )
    ? 6
    : 4;
  const told = to.protocol ?? from.protocol;
  const hasPorts = to.ports !== undefined || from.ports !== undefined;
  const protocols = told !== undefined ? [told] : hasPorts ? ['tcp', 'udp'] : [''];
  const direction = chainOf[way];
  return protocols.map((protocol) => ({
    family,
    line: line.number,
    text: [
      `-A ${prefixOf(family)}-user-${direction}`,
      direction === 'output' ? (from.device ?? to.device) && `-o ${from.device ?? to.device ?? ''}` : '',
      direction === 'input' ? (to.device ?? from.device) && `-i ${to.device ?? from.device ?? ''}` : '',
      direction === 'forward' && from.device !== undefined ? `-i ${from.device}` : '',
      direction === 'forward' && to.device !== undefined ? `-o ${to.device}` : '',
      protocol === '' ? '' : `-p ${protocol}`,
      from.address === undefined ? '' : `-s ${from.address}`,
      portWords('sport', from.ports),
      to.address === undefined ? '' : `-d ${to.address}`,
      portWords('dport', to.ports),
      `-j ${targets[action] ?? 'ACCEPT'}${action === 'REJECT' && told === 'tcp' ? ' --reject-with tcp-reset' : ''}`,
    ]
      .filter((part) => part !== undefined && part !== '')
      .join(' '),
  }));
};

const rulesOfRow = (line: Line, profiles: Profiles, prefixOf: (family: 4 | 6) => string): readonly StatusRule[] => {
  const [, left = '', action = '', way = 'IN', right = ''] = row.exec(line.text) ?? [];
  const froms = endsIn(right, profiles);
  return endsIn(left, profiles).flatMap((to) =>
    froms.flatMap((from) =>
      rulesBetween({ to, from, action, way: way as keyof typeof chainOf, columns: `${left} ${right}` }, line, prefixOf),
    ),
  );
};

const policiesIn = (text: string): Policies => {
  const word = (what: string): Policy =>
    policyWords[new RegExp(`(\\w+) \\(${what}\\)`).exec(text)?.[1] ?? ''] ?? 'DROP';
  return { input: word('incoming'), output: word('outgoing'), forward: word('routed') };
};

/** As it is printed, and as it is pasted: set in, or without its first lines. */
const heading = /^\s*To\s+Action\s+From\s*$/m;

export const isStatus = (text: string): boolean =>
  /^\s*Status: (?:active|inactive)\s*$/m.test(text) || heading.test(text);

export const readStatus = (lines: readonly Line[], profiles: Profiles, tell: Remarks): Status => {
  const rules: StatusRule[] = [];
  // What `ufw enable` has unless it is told otherwise.
  let policies: Policies = { input: 'DROP', output: 'ACCEPT', forward: 'DROP' };
  let isActive = true;
  let hasPolicy = false;
  let isTable = false;
  for (const line of lines) {
    const { text, number } = line;
    if (/^\s*Status: inactive/.test(text)) isActive = false;
    if (/^\s*Status:/.test(text)) isTable = false;
    if (/^\s*Default:/.test(text)) {
      policies = policiesIn(text);
      hasPolicy = true;
    }
    if (/^\s*--\s+-+\s+-+\s*$/.test(text)) isTable = true;
    else if (isTable && text.trim() !== '' && !row.test(text))
      tell('not-said', 'not-a-rule', `\`${text.trim()}\` is no rule as ufw prints it`, { line: number });
    if (!row.test(text)) continue;
    const found = rulesOfRow(line, profiles, (family) => (family === 4 ? 'ufw' : 'ufw6'));
    if (found.length === 0)
      tell('not-said', 'profile', `which ports \`${row.exec(text)?.[1] ?? ''}\` means is in a file of its package`, {
        line: number,
      });
    else rules.push(...found);
    if (/\bLIMIT\b/.test(text))
      tell('not-said', 'limit', 'that connections are limited to six in thirty seconds is not modelled', {
        line: number,
      });
  }
  if (isActive && !hasPolicy)
    tell(
      'assumed',
      'policies-unsaid',
      'incoming is taken to be denied, outgoing allowed, routed denied',
      { line: 1 },
      'paste `ufw status verbose`',
    );
  return { rules, policies, isActive };
};
