/**
 * Tunnels: outside networks without cables. Their two members send one another what is on the network inside packets of
 * IPv4: IPv6 (6in4, RFC 4213), IPv4 (RFC 2003), or both (GRE, RFC 2784). 6to4 (RFC 3056) and 6rd (RFC 5969) have any
 * number of members, whose IPv4 addresses stand in those of IPv6.
 */
import { parseIp, type Family } from '../net/address.ts';
import { embeddedIpv4, sixToFourPrefix } from '../net/embedded-ipv4.ts';
import { containsIp, parsePrefix, prefix, printPrefix, type Prefix } from '../net/prefix.ts';
import { type Spec, type SpecOutsideNetwork } from '../spec/spec.ts';
import { type DraftNetwork, type DraftNic, type PlacedText } from './draft.ts';
import { type Findings } from './findings.ts';
import { type NicEntry } from './nic-entries.ts';
import { type CarrierMode } from './lab.ts';
import { omitAbsent } from './omit-absent.ts';
import { checkWireguard } from './draft-wireguard.ts';

const carried: Readonly<Record<CarrierMode, readonly Family[]>> = {
  '6in4': [6],
  ipip: [4],
  gre: [4, 6],
  '6to4': [6],
  '6rd': [6],
  wireguard: [4, 6],
};

/** Outer headers take the rest of 1500 bytes: 20 of IPv4, and 4 of GRE; WireGuard 80, for it may go over IPv6. */
const mtuInside: Readonly<Record<CarrierMode, number>> = {
  '6in4': 1480,
  ipip: 1480,
  gre: 1476,
  '6to4': 1480,
  '6rd': 1480,
  wireguard: 1420,
};

/** Largest packet where the file says nothing. */
export const usualMtuBytes = (tunnel: CarrierMode | undefined): number =>
  tunnel === undefined ? 1500 : mtuInside[tunnel];

/** Whether the far end of a packet is found from its address, which itself is made of the outer address of its owner. */
export const isAutomatic = (tunnel: CarrierMode | undefined): boolean => tunnel === '6to4' || tunnel === '6rd';

/** 64 bits of prefix and address leave a network of /64 at least for each member. */
export const longestPrefix = 63;

/** The IPv6 prefix of an outside network as it is to be read: that of 6to4 need not be written. */
export const tunnelPrefix = ({ tunnel, ipv6 }: SpecOutsideNetwork): string =>
  ipv6 ?? (tunnel === '6to4' ? printPrefix(sixToFourPrefix) : 'none');

const checkAutomatic = (spec: Spec, name: string, { tunnel, ipv6 }: SpecOutsideNetwork, findings: Findings): void => {
  const path = ['outside', 'networks', name];
  if (tunnel === '6rd' && ipv6 === undefined)
    findings.error('missing-key', `\`${name}\` is 6rd, and has no prefix`, spec.source.keySpanOf(path), {
      help: 'add `ipv6:` with the provider’s prefix, such as 2001:db8::/32',
    });
  const block = ipv6 === undefined ? undefined : parsePrefix(ipv6);
  if (block === undefined) return;
  const at = spec.source.spanOf([...path, 'ipv6']);
  const own = printPrefix(sixToFourPrefix);
  if (tunnel === '6to4' && printPrefix(block) !== own)
    findings.error('wrong-length', `\`${name}\` is 6to4, whose prefix is ${own}`, at, {
      help: 'leave `ipv6` out; a provider’s own prefix is `tunnel: 6rd`',
    });
  else if (block.length > longestPrefix)
    findings.error('wrong-length', `the prefix of \`${name}\` leaves no room for an IPv4 address`, at, {
      help: '32 bits follow the prefix, and some are left for networks: /32 is usual',
    });
};

const anycast: Prefix = prefix('192.88.99.0/24');

/** RFC 7526: nobody is to answer there any more. */
const checkRelay = (spec: Spec, name: string, body: SpecOutsideNetwork, findings: Findings): void => {
  const key = body.gateway6 === undefined ? 'gateway' : 'gateway6';
  const address = parseIp(String(body[key] ?? ''));
  if (address === undefined) return;
  const is6to4 = address.family === 6 && containsIp(sixToFourPrefix, address);
  if (!containsIp(anycast, is6to4 ? embeddedIpv4(sixToFourPrefix, address) : address)) return;
  findings.error(
    'anycast-relay',
    `\`${name}\` leads to the anycast relay of 6to4, which RFC 7526 has taken out of use`,
    spec.source.spanOf(['outside', 'networks', name, key]),
    { help: 'name a machine that is the relay: nobody can say who would answer at 192.88.99.1, or whether' },
  );
};

/** How an outside network is tunnelled, where it is. */
export const draftTunnel = (
  spec: Spec,
  name: string,
  body: SpecOutsideNetwork,
  findings: Findings,
): DraftNetwork['tunnel'] => {
  const { tunnel } = body;
  if (tunnel === undefined) return undefined;
  const path = ['outside', 'networks', name];
  const families = carried[tunnel];
  const refuse = (key: string, help: string): void =>
    findings.error(
      'key-does-not-apply',
      `\`${name}\` is a tunnel (${tunnel}), where \`${key}\` has no meaning`,
      spec.source.keySpanOf([...path, key]),
      { help },
    );
  if (body.vlan !== undefined) refuse('vlan', 'a tunnel has no cables whose frames could carry a tag');
  if (body.dhcp !== undefined && body.dhcp !== false) refuse('dhcp', 'give each end a written address');
  if (body.ra !== undefined && body.ra !== false) refuse('ra', 'give each end a written address');
  if (body.ipv4 !== undefined && !families.includes(4))
    refuse('ipv4', '6in4 carries IPv6 only; `tunnel: gre` has both');
  if (body.ipv6 !== undefined && !families.includes(6))
    refuse('ipv6', 'ipip carries IPv4 only; `tunnel: gre` has both');
  if (tunnel === 'wireguard') checkWireguard(spec, name, body, findings);
  if (isAutomatic(tunnel)) checkAutomatic(spec, name, body, findings);
  if (isAutomatic(tunnel)) checkRelay(spec, name, body, findings);
  return tunnel;
};

/** Where the outer packets of a NIC's tunnel come from and go to, as written. */
export const draftTunnelEnd = (
  spec: Spec,
  { name, body, path }: NicEntry,
  networks: ReadonlyMap<string, DraftNetwork>,
  findings: Findings,
): DraftNic['tunnel'] => {
  const mode = networks.get(body.network)?.tunnel;
  const refuse = (key: 'local' | 'remote' | 'bond' | 'mac' | 'address' | 'ipv6', why: string, help: string): void => {
    if (body[key] === undefined) return;
    const at = spec.source.keySpanOf([...path, key]);
    findings.error('key-does-not-apply', `\`${name}\` is on \`${body.network}\`, ${why}`, at, { help });
  };
  if (mode === undefined) {
    const why = (key: string): string => `which is no tunnel, and has no \`${key}\` end`;
    const help = 'for a tunnel, name an outside network that has `tunnel:`';
    refuse('local', why('local'), help);
    refuse('remote', why('remote'), help);
    return undefined;
  }
  refuse('bond', 'a tunnel, and has no cables to bond', 'bond the interface that its outer packets leave by');
  refuse('mac', 'a tunnel, whose packets have no MAC addresses', 'remove `mac`');
  if (isAutomatic(mode)) {
    const why = `${mode}, where addresses say where packets go`;
    refuse('remote', why, 'remove `remote`');
    for (const key of ['address', 'ipv6'] as const)
      refuse(key, why, `remove \`${key}\`: it is made of the IPv4 address of the machine`);
  }
  const placed = (key: 'local' | 'remote'): PlacedText | undefined =>
    body[key] === undefined ? undefined : { text: body[key], at: spec.source.spanOf([...path, key]) };
  return omitAbsent({ mode, local: placed('local'), remote: placed('remote') });
};
