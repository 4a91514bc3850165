/** `RDNSS` and `DNSSL` of radvd.conf(5): whom hosts may ask for names, and the domains to look in (RFC 8106). */
import { parseIp, printIp } from '../../net/address.ts';
import { type Resolver } from '../../state/network-state.ts';
import { type Statement } from './parse.ts';
import { valueIn } from './read-prefix.ts';

/** radvd refuses a longer `RDNSS`; there may be several. */
export const mostAddresses = 3;

/** What stands behind the keyword; hosts forget at once what is told for no time at all. */
const namedIn = (block: readonly Statement[], keyword: string, lifetime: string): readonly string[] =>
  block
    .filter(
      ({ words: [first], block: settings = [] }) => first?.text === keyword && valueIn(settings, lifetime) !== '0',
    )
    .flatMap(({ words }) => words.slice(1).map(({ text }) => text));

/** `block`: that of an interface. Addresses that are none were told. */
export const readResolver = (block: readonly Statement[]): Resolver | undefined => {
  const nameservers = namedIn(block, 'RDNSS', 'AdvRDNSSLifetime').flatMap((text) => {
    const address = parseIp(text);
    return address?.family === 6 ? printIp(address) : [];
  });
  const search = namedIn(block, 'DNSSL', 'AdvDNSSLLifetime').map((domain) => domain.toLowerCase());
  if (nameservers.length + search.length === 0) return undefined;
  return { nameservers: [...new Set(nameservers)], search: [...new Set(search)] };
};
