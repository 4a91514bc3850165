/** How [ipv4] and [ipv6] get addresses, with what NetworkManager puts where nothing is said, and refuses (libnm 1.42, nm-connection.c). */
import { type Family } from '../../net/address.ts';
import { type Interface, type InterfaceAddress } from '../../state/network-state.ts';
import { type Tell } from '../draft.ts';
import { valueIn, type Profile, type Value } from './profile.ts';

/** Devices that carry only what they are told to. */
const bornSilent: ReadonlySet<Interface['kind']> = new Set(['wireguard', 'dummy', 'loopback']);

/** A whole section that is missing means `auto`; a section without `method` makes NetworkManager refuse the profile. */
export const methodOf = (
  profile: Profile,
  section: 'ipv4' | 'ipv6',
  kind: Interface['kind'],
  tell: Tell,
): Value | undefined => {
  const own = valueIn(profile, section, 'method');
  if (own !== undefined) return own;
  const entries = profile.sections.get(section);
  if (entries === undefined) return bornSilent.has(kind) ? undefined : { text: 'auto', at: profile.at };
  const [first] = entries.values();
  tell(
    'error',
    'no-method',
    `[${section}] has no \`method\`: NetworkManager refuses the profile`,
    first?.at ?? profile.at,
    'say `method=manual`, `auto` or `disabled`',
  );
  return undefined;
};

const without: Readonly<Record<Family, RegExp>> = { 4: /^(disabled|link-local)$/, 6: /^(disabled|ignore|link-local)$/ };

/** The addresses that go with the method; the other profiles are refused. */
export const addressesFor = (
  method: Value | undefined,
  family: Family,
  addresses: readonly InterfaceAddress[],
  tell: Tell,
): readonly InterfaceAddress[] => {
  if (method === undefined) return addresses;
  if (method.text === 'manual' && addresses.length === 0)
    tell(
      'error',
      'no-address',
      `\`method=manual\` of [ipv${family}] needs an address: NetworkManager refuses the profile`,
      method.at,
    );
  if (addresses.length === 0 || !without[family].test(method.text)) return addresses;
  tell(
    'error',
    'address-not-allowed',
    `\`method=${method.text}\` of [ipv${family}] allows no addresses: NetworkManager refuses the profile`,
    method.at,
  );
  return [];
};
