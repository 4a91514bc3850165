/**
 * Tunnels: outside networks without cables. Their two members send one another what is on the network inside packets of
 * IPv4: IPv6 (6in4, RFC 4213), IPv4 (RFC 2003), or both (GRE, RFC 2784).
 */
import { type Spec, type SpecOutsideNetwork } from '../spec/spec.ts';
import { type Family } from '../net/address.ts';
import { type DraftNetwork, type DraftNic, type PlacedText } from './draft.ts';
import { type Findings } from './findings.ts';
import { type NicEntry } from './nic-entries.ts';
import { type TunnelMode } from './lab.ts';
import { omitAbsent } from './omit-absent.ts';

const carried: Readonly<Record<TunnelMode, readonly Family[]>> = { '6in4': [6], ipip: [4], gre: [4, 6] };

/** Outer headers take this much of 1500 bytes: 20 of IPv4, and 4 of GRE. */
const mtuInside: Readonly<Record<TunnelMode, number>> = { '6in4': 1480, ipip: 1480, gre: 1476 };

/** Largest packet where the file says nothing. */
export const usualMtuBytes = (tunnel: TunnelMode | undefined): number =>
  tunnel === undefined ? 1500 : mtuInside[tunnel];

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
  const refuse = (key: 'local' | 'remote' | 'bond' | 'mac', why: string, help: string): void => {
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
  const placed = (key: 'local' | 'remote'): PlacedText | undefined =>
    body[key] === undefined ? undefined : { text: body[key], at: spec.source.spanOf([...path, key]) };
  return omitAbsent({ mode, local: placed('local'), remote: placed('remote') });
};
