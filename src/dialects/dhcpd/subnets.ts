/** Statements of dhcpd.conf(5) as the subnets that are served, with what their clients are told, and hosts with addresses. */
import { parseIp, printIp } from '../../net/address.ts';
import { parseMac } from '../../net/mac.ts';
import { prefixOf, type Prefix } from '../../net/prefix.ts';
import { lengthOfMask, numberIn } from '../shell-commands/values.ts';
import { type Remarks, type Word } from '../text.ts';
import { type Statement } from './parse.ts';

/** What stands outside counts inside, unless it is said again there. */
export interface Scope {
  readonly router?: string;
  readonly nameservers: readonly string[];
  readonly search: readonly string[];
  readonly domain?: string;
  readonly mtuBytes?: number;
  readonly leaseSeconds: number;
}

export interface Subnet {
  readonly block: Prefix;
  readonly ranges: readonly { readonly first: string; readonly last: string; readonly at: Word }[];
  readonly scope: Scope;
  readonly at: Word;
}

export interface Host {
  readonly name: string;
  readonly mac: string;
  readonly address: string;
  readonly at: Word;
}

export interface Found {
  readonly subnets: Subnet[];
  readonly hosts: Host[];
}

/** Both programs lend for twelve hours where nothing is said. */
export const outermost: Scope = { nameservers: [], search: [], leaseSeconds: 43_200 };

/** Statements that change nothing of who gets which address. */
const silent =
  /^(?:authoritative|(?:max|min)-lease-time|ddns-.*|log-facility|one-lease-per-client|next-server|filename|server-name|server-identifier|use-host-decl-names|get-lease-hostnames|always-.*|ping-.*|omapi-.*|lease-file-name|pid-file-name|not|update-.*|local-.*|echo-client-id)$/;

const addressIn = (word: Word | undefined): string | undefined => {
  const address = parseIp(word?.text ?? '');
  return address?.family === 4 ? printIp(address) : undefined;
};

const addressesIn = (words: readonly Word[], tell: Remarks): readonly string[] =>
  words.flatMap((word) => {
    const address = addressIn(word);
    if (address === undefined)
      tell(
        'not-said',
        'name-of-address',
        `\`${word.text}\` is no IPv4 address: what it is a name of is not known`,
        word,
      );
    return address ?? [];
  });

const withOption = (scope: Scope, [name, ...values]: readonly Word[], tell: Remarks): Scope => {
  switch (name?.text) {
    case 'routers': {
      const [router, further] = addressesIn(values, tell);
      if (further !== undefined)
        tell('ignored', 'further-router', `clients take the first router, not ${further}`, name);
      return router === undefined ? scope : { ...scope, router };
    }
    case 'domain-name-servers':
      return { ...scope, nameservers: addressesIn(values, tell) };
    case 'domain-search':
      return { ...scope, search: values.map(({ text }) => text) };
    case 'domain-name':
      return values[0] === undefined ? scope : { ...scope, domain: values[0].text };
    case 'interface-mtu': {
      const mtuBytes = numberIn(values[0]?.text, 65_535);
      return mtuBytes === undefined || mtuBytes < 68 ? scope : { ...scope, mtuBytes };
    }
    case 'classless-static-routes':
    case 'rfc3442-classless-static-routes':
    case 'static-routes':
      tell('not-said', 'unsaid-option', `\`${name.text}\`: routes that clients are told are not modelled`, name);
      return scope;
    default:
      return scope;
  }
};

/** What a block says for all that is in it. */
const scopeOf = (outer: Scope, statements: readonly Statement[], tell: Remarks): Scope => {
  let scope = outer;
  for (const { words, block } of statements) {
    const [first, ...rest] = words;
    if (block !== undefined || first === undefined) continue;
    if (first.text === 'option') scope = withOption(scope, rest, tell);
    else if (first.text === 'default-lease-time') {
      const leaseSeconds = numberIn(rest[0]?.text);
      if (leaseSeconds !== undefined && leaseSeconds > 0) scope = { ...scope, leaseSeconds };
      else tell('error', 'not-a-number', '`default-lease-time` needs a number of seconds', first);
    }
  }
  return scope;
};

const readHost = (name: Word, statements: readonly Statement[], found: Found, tell: Remarks): void => {
  const valueOf = (key: string): readonly Word[] => statements.find(({ words }) => words[0]?.text === key)?.words ?? [];
  const hardware = valueOf('hardware')[2];
  const fixed = valueOf('fixed-address')[1];
  if (hardware === undefined || fixed === undefined) {
    tell('not-said', 'unsaid-host', `\`${name.text}\` has no MAC address or no address of its own here`, name);
    return;
  }
  const [mac, address] = [parseMac(hardware.text), addressesIn([fixed], tell)[0]];
  if (mac === undefined) tell('error', 'not-a-mac', `\`${hardware.text}\` is no MAC address`, hardware);
  else if (address !== undefined) found.hosts.push({ name: name.text, mac, address, at: name });
};

const rangesIn = (statements: readonly Statement[], block: Prefix, tell: Remarks): Subnet['ranges'] =>
  statements.flatMap(({ words, block: inner }) => {
    const [keyword, ...rest] = words;
    if (keyword?.text === 'pool' && inner !== undefined) return rangesIn(inner, block, tell);
    if (keyword?.text !== 'range' || inner !== undefined) return [];
    const [from, to = from] = rest.filter(({ text }) => text !== 'dynamic-bootp');
    const [first, last] = [addressIn(from), addressIn(to)];
    const isIn = (text: string): boolean => prefixOf({ family: 4, value: parseIp(text)?.value ?? 0n }, block.length).value === block.value; // prettier-ignore
    if (first !== undefined && last !== undefined && isIn(first) && isIn(last)) return [{ first, last, at: keyword }];
    tell('error', 'range-outside-subnet', 'the range is not of two addresses in its subnet', keyword);
    return [];
  });

const readSubnet = (words: readonly Word[], statements: readonly Statement[], scope: Scope, found: Found, tell: Remarks): void => {
  const [keyword, network, , mask] = words;
  const [address, length] = [parseIp(network?.text ?? ''), lengthOfMask(mask?.text ?? '')];
  if (keyword === undefined) return;
  if (address?.family !== 4 || length === undefined || words[2]?.text !== 'netmask') {
    tell('error', 'not-a-subnet', '`subnet` needs a network, `netmask` and a mask', keyword);
    return;
  }
  const block = prefixOf(address, length);
  if (block.value !== address.value) {
    tell('error', 'not-a-subnet', `\`${network?.text ?? ''}\` has bits beyond its mask`, network ?? keyword);
    return;
  }
  found.subnets.push({ block, ranges: rangesIn(statements, block, tell), scope, at: keyword });
}; // prettier-ignore

/** Goes through a block and those in it; what it says for all of them. */
export const readStatements = (statements: readonly Statement[], outer: Scope, found: Found, tell: Remarks): Scope => {
  const scope = scopeOf(outer, statements, tell);
  for (const { words, block } of statements) {
    const [first, second] = words;
    if (first === undefined) continue;
    const { text } = first;
    if (block === undefined) {
      if (!silent.test(text) && !/^(?:option|default-lease-time|range)$/.test(text))
        tell('not-said', 'unsaid-statement', `\`${text}\` is not modelled`, first);
    } else if (text === 'host' && second !== undefined) readHost(second, block, found, tell);
    else if (text === 'subnet') {
      readSubnet(words, block, readStatements(block, scope, found, tell), found, tell);
    } else if (text === 'group' || text === 'shared-network' || text === 'pool')
      readStatements(block, scope, found, tell);
    else tell('not-said', 'unsaid-statement', `\`${text}\` is not modelled`, first);
  }
  return scope;
};
