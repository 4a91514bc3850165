/**
 * A command line of ufw(8) to what it asks for, as ufw 0.36 reads it: the short form (`allow 22/tcp`), the full one
 * (`allow in on eth0 from 10.0.0.0/8 to any port 22 proto tcp`), rules for what is routed, and policies.
 */
import { type Family } from '../../net/address.ts';
import { readPrefix } from '../iptables/values.ts';
import { ownEntry } from '../plain-values.ts';
import { servicePorts } from '../service-names.ts';
import { type Profiles } from './profiles.ts';
import { addressText, hasPorts, isOfIpv4Alone, ufwProtocols, type RuleEnd, type UfwRule } from './rule.ts';
import { type Policy } from './skeleton.ts';

export type Ask =
  | { readonly kind: 'enable' | 'disable' | 'reset' | 'nothing' }
  | { readonly kind: 'policy'; readonly of: 'input' | 'output' | 'forward'; readonly policy: Policy }
  | {
      readonly kind: 'add' | 'delete';
      /** The rule once for each part of a profile and each family, that of IPv4 first. */
      readonly rules: readonly UfwRule[];
      /** `insert 3`, counted from 1; `prepend` is `first`; absent: behind all others. */
      readonly position?: number | 'first';
    }
  | { readonly kind: 'delete-number'; readonly number: number }
  | { readonly kind: 'wrong'; readonly why: string };

type Wrong = Extract<Ask, { readonly kind: 'wrong' }>;
const wrong = (why: string): Wrong => ({ kind: 'wrong', why });
const isWrong = (it: object): it is Wrong => 'kind' in it && it.kind === 'wrong';

/** Services that /etc/services of Debian 12 has for UDP, and for both. */
const udpServices = new Set([
  ...['bootps', 'bootpc', 'tftp', 'ntp', 'netbios-ns', 'netbios-dgm', 'isakmp', 'dhcpv6-client', 'dhcpv6-server'],
  ...['l2f', 'l2tp', 'ipsec-nat-t', 'mdns'],
]);
const servicesOfBoth = new Set([
  ...[
    'echo',
    'discard',
    'daytime',
    'time',
    'domain',
    'kerberos',
    'sunrpc',
    'snmp',
    'snmp-trap',
    'ldap',
    'https',
    'syslog',
  ],
  ...['rtsp', 'ldaps', 'domain-s', 'openvpn', 'radius', 'radius-acct', 'nfs', 'nut', 'sip', 'sip-tls'],
]);
const protocolOfService = (name: string): string =>
  udpServices.has(name) ? 'udp' : servicesOfBoth.has(name) ? 'any' : 'tcp';

const mostPorts = 15;
const isPort = (text: string): boolean => /^\d{1,5}$/.test(text) && Number(text) >= 1 && Number(text) <= 0xffff;
const isRange = (text: string): boolean => {
  const [first = '', last = '', ...more] = text.split(':');
  return more.length === 0 && isPort(first) && isPort(last) && Number(first) < Number(last);
};

interface Ports {
  /** Absent: `any`. */
  readonly ports?: string;
  /** What a name of a service says beside its number. */
  readonly protocol?: string;
}

const portsIn = (text: string): Ports | Wrong => {
  if (text === 'any') return {};
  const port = ownEntry(servicePorts, text);
  if (port !== undefined) return { ports: String(port), protocol: protocolOfService(text) };
  const parts = text.split(',');
  if (parts.length + parts.filter(isRange).length > mostPorts || !parts.every((part) => isPort(part) || isRange(part)))
    return wrong(`\`${text}\` is no port`);
  return { ports: parts.toSorted((a, b) => Number.parseInt(a, 10) - Number.parseInt(b, 10)).join(',') };
};

interface Address {
  readonly address?: string;
  readonly family?: Family;
}

const addressIn = (text: string): Address | Wrong => {
  const word = text.toLowerCase();
  if (word === 'any' || word === '0.0.0.0/0' || word === '::/0') return {};
  for (const family of [4, 6] as const) {
    const prefix = readPrefix(word, family);
    if (prefix !== undefined) return { address: addressText(prefix), family };
  }
  return wrong(`\`${text}\` is no address`);
};

interface Clause {
  readonly direction: 'in' | 'out';
  readonly iif?: string;
  readonly oif?: string;
  readonly logs?: 'log' | 'log-all';
  readonly comment?: string;
  /** What is left of the words. */
  readonly rest: readonly string[];
}

const isWay = (word: string | undefined): word is 'in' | 'out' => word === 'in' || word === 'out';

/** `in on eth0 out on eth1 log comment 'why'`: all but addresses, ports and protocols. */
const clauseIn = (words: readonly string[], isRouted: boolean): Clause | Wrong => {
  const rest = [...words];
  const found: { direction: 'in' | 'out'; iif?: string; oif?: string; logs?: 'log' | 'log-all'; comment?: string } = {
    direction: isWay(rest[0]) ? rest[0] : 'in',
  };
  if (isWay(rest[0]) && rest[1] !== 'on') {
    if (isRouted) return wrong('a rule for what is routed names no direction without an interface');
    rest.shift();
  }
  const interfaceAt = (): number => rest.findIndex((word, index) => isWay(word) && rest[index + 1] === 'on');
  if (interfaceAt() > 0) return wrong('interfaces are named first');
  for (let at = interfaceAt(); at >= 0; at = interfaceAt()) {
    const [way, , name = ''] = rest.splice(at, 3);
    if (!/^[\w.+,=%@-]{1,15}$/.test(name) || /^\.\.?$/.test(name)) return wrong(`\`${name}\` is no interface`);
    found[way === 'in' ? 'iif' : 'oif'] = name;
  }
  if (!isRouted && found.iif !== undefined && found.oif !== undefined)
    return wrong('only rules for what is routed name two interfaces');
  if (rest[0] === 'log' || rest[0] === 'log-all') {
    found.logs = rest[0];
    rest.shift();
  }
  const comment = rest.indexOf('comment');
  if (comment >= 0) {
    const [, text] = rest.splice(comment, 2);
    if (text === undefined || text.includes("'")) return wrong("`comment` is followed by a text without `'`");
    if (text !== '') found.comment = text;
  }
  return { ...found, rest };
};

interface Ends {
  readonly protocol: string;
  readonly to: RuleEnd;
  readonly from: RuleEnd;
  readonly family?: Family;
}

const emptyEnds: Ends = { protocol: 'any', to: {}, from: {} };

const withProtocol = (ends: Ends, protocol: string | undefined): Ends | Wrong => {
  if (protocol === undefined || protocol === 'any' || protocol === ends.protocol) return ends;
  return ends.protocol === 'any'
    ? { ...ends, protocol }
    : wrong(`\`${protocol}\` and \`${ends.protocol}\` are two protocols`);
};

/** `22`, `22/tcp`, `ssh`, `OpenSSH`. */
const shortEnds = (word: string, profiles: Profiles): Ends | Wrong => {
  if (profiles.has(word) && ownEntry(servicePorts, word) === undefined) return { ...emptyEnds, to: { profile: word } };
  const [text = '', protocol = 'any', ...more] = word.split('/');
  const found = portsIn(text);
  if (more.length > 0) return wrong(`\`${word}\` is no port`);
  if (isWrong(found)) return /^[a-z]/i.test(text) ? wrong(`\`${word}\` is no port, no service and no profile`) : found;
  if (protocol !== 'any' && protocol !== 'tcp' && protocol !== 'udp') return wrong(`\`${protocol}\` has no ports`);
  return withProtocol(
    { ...emptyEnds, protocol, to: found.ports === undefined ? {} : { ports: found.ports } },
    found.protocol,
  );
};

const longEnds = (words: readonly string[], profiles: Profiles): Ends | Wrong => {
  let ends = emptyEnds;
  let end: 'to' | 'from' | undefined;
  let ofService: string | undefined;
  for (let at = 0; at < words.length; at += 2) {
    const [key = '', value] = words.slice(at, at + 2);
    if (value === undefined) return wrong(`nothing follows \`${key}\``);
    if (key === 'proto') {
      if (value !== 'any' && ownEntry(ufwProtocols, value) === undefined)
        return wrong(`\`${value}\` is no protocol of ufw's`);
      ends = { ...ends, protocol: value };
    } else if (key === 'from' || key === 'to') {
      const found = addressIn(value);
      if (isWrong(found)) return found;
      const { address, family } = found;
      if (family !== undefined && ends.family !== undefined && family !== ends.family)
        return wrong('one end is of IPv4, the other of IPv6');
      end = key;
      ends = {
        ...ends,
        ...(family === undefined ? {} : { family }),
        [key]: { ...ends[key], ...(address === undefined ? {} : { address }) },
      };
    } else if (key === 'port' || key === 'app') {
      if (end === undefined) return wrong(`\`${key}\` stands behind \`from\` or \`to\``);
      if (key === 'app' && !profiles.has(value)) return wrong(`\`${value}\` is no profile that is known`);
      const found: Ports | Wrong = key === 'app' ? {} : portsIn(value);
      if (isWrong(found)) return found;
      if (found.protocol !== undefined && found.protocol !== 'any') ofService = found.protocol;
      const { ports } = found;
      ends = {
        ...ends,
        [end]: {
          ...ends[end],
          ...(ports === undefined ? {} : { ports }),
          ...(key === 'app' ? { profile: value } : {}),
        },
      };
    } else return wrong(`\`${key}\` is no word of a rule`);
  }
  return withProtocol(ends, ofService);
};

/** Each part of the profiles as a rule: `137,138/udp|139,445/tcp` is two. */
const partsOf = (ends: Ends, profiles: Profiles): readonly Ends[] => {
  const partsFor = ({ profile }: RuleEnd): readonly string[] =>
    profile === undefined ? [''] : (profiles.get(profile) ?? []);
  const isSame = ends.to.profile !== undefined && ends.to.profile === ends.from.profile;
  return partsFor(ends.to).flatMap((toPart) =>
    (isSame ? [toPart] : partsFor(ends.from)).map((fromPart): Ends => {
      const [toPorts, toProtocol] = toPart.split('/');
      const [fromPorts, fromProtocol] = fromPart.split('/');
      return {
        ...ends,
        protocol: toProtocol ?? fromProtocol ?? ends.protocol,
        to: toPart === '' ? ends.to : { ...ends.to, ports: toPorts ?? '' },
        from: fromPart === '' ? ends.from : { ...ends.from, ports: fromPorts ?? '' },
      };
    }),
  );
};

const checkedEnds = ({ protocol, to, from }: Ends): Wrong | undefined => {
  const ports = [to.ports, from.ports].filter((text) => text !== undefined);
  if (!hasPorts(protocol) && ports.length > 0) return wrong(`\`${protocol}\` has no ports`);
  return protocol === 'any' && ports.some((text) => /[,:]/.test(text))
    ? wrong('several ports are those of `tcp` or of `udp`')
    : undefined;
};

const actions = ['allow', 'deny', 'reject', 'limit'] as const;

const rulesIn = (words: readonly string[], isRouted: boolean, profiles: Profiles): readonly UfwRule[] | Wrong => {
  const action = actions.find((one) => one === words[0]);
  const clause =
    action === undefined ? wrong(`\`${words[0] ?? ''}\` is no command of ufw`) : clauseIn(words.slice(1), isRouted);
  if (isWrong(clause) || action === undefined) return isWrong(clause) ? clause : wrong('no action');
  const { rest, ...said } = clause;
  const hasInterface = said.iif !== undefined || said.oif !== undefined;
  if (rest.length === 0 && !hasInterface) return wrong('a rule names a port, an address or an interface');
  const ends = rest.length === 1 && !hasInterface ? shortEnds(rest[0] ?? '', profiles) : longEnds(rest, profiles);
  if (isWrong(ends)) return ends;
  if (rest.length > 1 && !hasInterface && !rest.includes('to') && !rest.includes('from'))
    return wrong('`to` or `from` is missing');
  const parts = partsOf(ends, profiles);
  const fault = parts.map(checkedEnds).find((one) => one !== undefined);
  if (fault !== undefined) return fault;
  return parts.flatMap(({ protocol, to, from, family }) => {
    const families = family !== undefined ? [family] : isOfIpv4Alone(protocol) ? ([4] as const) : ([4, 6] as const);
    return families.map((one): UfwRule => ({ family: one, action, isRouted, protocol, to, from, ...said }));
  });
};

const policyWords: Readonly<Record<string, Policy>> = { allow: 'ACCEPT', deny: 'DROP', reject: 'REJECT' };
const directions: Readonly<Record<string, 'input' | 'output' | 'forward'>> = {
  ...{ incoming: 'input', input: 'input', outgoing: 'output', output: 'output', routed: 'forward', forward: 'forward' },
};

const positionIn = (text: string | undefined): number | Wrong =>
  /^[1-9]\d{0,4}$/.test(text ?? '') ? Number(text) : wrong(`\`${text ?? ''}\` is no place in the list`);

const ruleAsk = (words: readonly string[], isRouted: boolean, profiles: Profiles): Ask => {
  const [first = '', second] = words;
  if (first === 'delete' && /^\d+$/.test(second ?? ''))
    return isRouted
      ? wrong('rules are deleted by number without `route`')
      : { kind: 'delete-number', number: Number(second) };
  const isInsert = first === 'insert';
  const position = isInsert ? positionIn(second) : first === 'prepend' ? 'first' : undefined;
  if (typeof position === 'object') return position;
  const rules = rulesIn(
    words.slice(isInsert ? 2 : first === 'delete' || first === 'prepend' ? 1 : 0),
    isRouted,
    profiles,
  );
  if (isWrong(rules)) return rules;
  if (first === 'delete') return { kind: 'delete', rules };
  return { kind: 'add', rules, ...(position === undefined ? {} : { position }) };
};

const harmless = new Set(['status', 'show', 'reload', 'logging', 'app', 'version', 'help', '--version', '--help']);

/** `words`: what stands behind `ufw`. */
export const askIn = (words: readonly string[], profiles: Profiles): Ask => {
  const isDry = words[0] === '--dry-run';
  const [first = '', ...rest] = words
    .slice(isDry ? 1 : 0)
    .filter((word, at) => at > 0 || !/^(?:--force|-f)$/.test(word));
  if (isDry || harmless.has(first)) return { kind: 'nothing' };
  if (first === 'enable' || first === 'disable' || first === 'reset') return { kind: first };
  if (first !== 'default')
    return ruleAsk(first === 'route' || first === 'rule' ? rest : [first, ...rest], first === 'route', profiles);
  const policy = ownEntry(policyWords, (rest[0] ?? '').toLowerCase());
  const of = ownEntry(directions, (rest[1] ?? 'incoming').toLowerCase());
  if (policy === undefined || of === undefined) return wrong(`\`${rest.join(' ')}\` is no policy of ufw`);
  return { kind: 'policy', of, policy };
};
