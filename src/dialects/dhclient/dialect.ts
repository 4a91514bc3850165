/**
 * dhclient.conf(5) of ISC, and of the BSDs that have it from there: what dhclient makes of leases. It starts no client by
 * itself; it says whom a machine asks for names whatever it is told, and addresses beside leases. Only read.
 */
import { parseIp, printIp } from '../../net/address.ts';
import { type Interface, type InterfaceAddress } from '../../state/network-state.ts';
import { field } from '../../state/spelling.ts';
import { type Dialect, type Place, type Remark, type StackPart } from '../dialect.ts';
import { parseDhcpd, type Statement } from '../dhcpd/parse.ts';
import { nothingRead, plainNic, readingOf } from '../reading.ts';
import { classLength } from '../shell-commands/classes.ts';
import { isInterfaceName, lengthIn } from '../shell-commands/values.ts';
import { placeIn, remarksOn, type Remarks, type Word } from '../text.ts';

/** dhclient-script and the init scripts of Red Hat look for files of one interface: `dhclient-eth0.conf`. */
const ownPath = /^etc\/(?:dhcp3?\/)?dhclient6?(?:[-.][\w.-]+)?\.conf(?:\.[\w-]+)?$/;

const telling =
  /^[ \t]*(?:(?:supersede|prepend|append|default)[ \t]+[\w.-]+[ \t]+[^;{}]*;|send[ \t]+[\w.-]+[ \t=]|request[ \t]+[a-z][\w.-]+[ \t]*[,;]|interface[ \t]+"[\w.-]+"[ \t]*\{)/im;

/** What the files found so far say. */
interface Found {
  /** Undefined: nothing takes the place of what is told. */
  nameservers: readonly string[] | undefined;
  search: readonly string[] | undefined;
  readonly interfaces: Record<string, Interface>;
  readonly origins: Record<string, Place>;
}

interface Reader {
  readonly found: Found;
  readonly tell: Remarks;
  readonly stack: string;
  readonly path: string;
}

/** About timing, what the server hears, and what options there are: nobody reaches anybody by it. */
const silent = new Set([
  ...['timeout', 'retry', 'reboot', 'select-timeout', 'initial-interval', 'backoff-cutoff', 'initial-delay'],
  ...['link-timeout', 'also', 'require', 'required', 'option', 'vendor', 'do-forward-updates', 'script'],
  ...['omapi', 'key', 'zone', 'db-time-format', 'lease-id-format', 'hardware', 'anycast-mac', 'bootp'],
]);

/** What clients ask for where nothing is said is theirs to know; without these the machine has no default route or names. */
const asked = [
  ['routers', 'no default route is asked for'],
  ['domain-name-servers', 'no name servers are asked for'],
] as const;

const readRequest = ([first, ...names]: readonly Word[], { tell }: Reader): void => {
  if (first === undefined || names.length === 0) return;
  const wanted = new Set(names.map(({ text }) => text.toLowerCase()));
  for (const [name, what] of asked)
    if (!wanted.has(name))
      tell('not-said', 'unasked-option', `${what}: what a lease does not bring is not read from here`, first);
};

const addressesIn = (words: readonly Word[], { tell }: Reader): readonly string[] =>
  words.flatMap((word) => {
    const address = parseIp(word.text);
    if (address === undefined) tell('error', 'not-an-address', `\`${word.text}\` is not an IP address`, word);
    return address === undefined ? [] : [printIp(address)];
  });

/** Options by what the model has for them. */
const supersede = ([verb, name, ...values]: readonly Word[], reader: Reader): void => {
  const { found, tell, path, stack } = reader;
  if (verb === undefined || name === undefined) return;
  const option = name.text.toLowerCase();
  const takesPlace = verb.text.toLowerCase() === 'supersede';
  if (!/^(?:dhcp6\.)?(?:name-servers|domain-name-servers|domain-name|domain-search|routers|.*static-routes|interface-mtu)$/.test(option)) return;
  if (!takesPlace || !/name/.test(option.replace(/^domain-search$/, 'name'))) {
    tell('not-said', 'unsaid-option', `\`${verb.text} ${name.text}\` changes what a lease says, which is not known here`, verb);
    return;
  }
  if (/servers$/.test(option)) found.nameservers = addressesIn(values, reader);
  else found.search = values.flatMap(({ text }) => text.split(/\s+/)).map((domain) => domain.replace(/\.$/, '')).filter((domain) => domain !== '');
  found.origins[`${stack}/resolver`] ??= placeIn(path, verb);
}; // prettier-ignore

const valueOf = (statements: readonly Statement[], ...names: readonly string[]): Word | undefined =>
  statements.find(({ words }) => names.every((name, at) => words[at]?.text.toLowerCase() === name))?.words[
    names.length
  ];

/** An address that the interface has beside its lease; dhclient-script gives it the label `eth0:0`. */
const readAlias = (verb: Word, block: readonly Statement[], reader: Reader): void => {
  const { found, tell, stack, path } = reader;
  const [name, fixed] = [valueOf(block, 'interface'), valueOf(block, 'fixed-address')];
  const mask = valueOf(block, 'option', 'subnet-mask');
  const address = parseIp(fixed?.text ?? '');
  if (name === undefined || !isInterfaceName(name.text) || address?.family !== 4) {
    tell('error', 'not-an-alias', 'it names no interface, or no IPv4 address', verb);
    return;
  }
  const prefixLength = mask === undefined ? classLength(address.value) : lengthIn(mask.text, 4);
  if (prefixLength === undefined) {
    tell('error', 'not-a-mask', `\`${mask?.text ?? ''}\` is no netmask`, mask ?? verb);
    return;
  }
  const own: InterfaceAddress = { family: 4, address: printIp(address), prefixLength, label: `${name.text}:0` };
  const before = Object.hasOwn(found.interfaces, name.text) ? found.interfaces[name.text] : undefined;
  const it = before ?? plainNic;
  found.interfaces[name.text] = { ...it, addresses: [...it.addresses, own] };
  found.origins[`${stack}/interfaces/${name.text}`] ??= placeIn(path, verb);
  found.origins[`${stack}/interfaces/${name.text}/addresses/${own.address}`] = placeIn(path, verb);
};

/** The name that a client asks by is said where the client is. */
const readSent = ([verb, name, ...values]: readonly Word[], { tell }: Reader): void => {
  const value = values.find(({ text }) => text !== '=')?.text ?? '';
  if (verb !== undefined && /^(?:host-name|fqdn\.fqdn)$/i.test(name?.text ?? '') && !/^gethostname\b/.test(value))
    tell('not-said', 'unsaid-name', `that clients call themselves \`${value}\` is not read from here`, verb);
};

const mostDeep = 8;

const readStatements = (statements: readonly Statement[], reader: Reader, depth = 0): void => {
  for (const { words, block } of statements) {
    const [verb, ...rest] = words;
    const keyword = verb?.text.toLowerCase() ?? '';
    if (verb === undefined || silent.has(keyword)) continue;
    if (keyword === 'interface' && block !== undefined && depth < mostDeep) readStatements(block, reader, depth + 1);
    else if (keyword === 'request') readRequest(words, reader);
    else if (keyword === 'send') readSent(words, reader);
    else if (/^(?:supersede|prepend|append|default)$/.test(keyword)) supersede(words, reader);
    else if (keyword === 'alias' && block !== undefined) readAlias(verb, block, reader);
    else {
      const isKnown = /^(?:reject|ignore|lease|media|if|else|elsif|include|pseudo)$/.test(keyword);
      reader.tell(
        isKnown ? 'not-said' : 'error',
        isKnown ? 'unsaid-statement' : 'unknown-statement',
        isKnown
          ? `\`${[verb, ...rest].map(({ text }) => text).slice(0, 3).join(' ')}\` is not modelled`
          : `dhclient knows no statement \`${verb.text}\``,
        verb,
      );
    }
  }
}; // prettier-ignore

const partOf = ({ nameservers, search, interfaces }: Found): StackPart => ({
  ...field('interfaces', Object.keys(interfaces).length === 0 ? undefined : interfaces),
  ...field(
    'resolver',
    nameservers === undefined && search === undefined
      ? undefined
      : { nameservers: nameservers ?? [], search: search ?? [] },
  ),
});

const read: Dialect['read'] = (texts, { stack }) => {
  const remarks: Remark[] = [];
  const found: Found = { nameservers: undefined, search: undefined, interfaces: {}, origins: {} };
  for (const { path, text } of texts) {
    const tell = remarksOn(path, remarks);
    const { statements, fault } = parseDhcpd(path, text);
    if (fault === undefined) readStatements(statements, { found, tell, stack, path });
    else tell('error', 'not-a-statement', 'here a brace or a semicolon is missing or one too many', fault);
  }
  const part = partOf(found);
  return Object.keys(part).length === 0 ? nothingRead(remarks) : readingOf(stack, part, remarks, found.origins);
};

export const dhclient: Dialect = {
  name: 'dhclient',
  owns: (path) => ownPath.test(path),
  resembles: (text) => (telling.test(text.replace(/#.*$/gm, '')) ? 0.9 : 0),
  read,
};
