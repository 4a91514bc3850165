/**
 * WireGuard as the file says it: outside networks whose members send each other enciphered packets over UDP. Who has a
 * `port` can be found by the others; the rest find those. `behind` names what the others reach through an end.
 */
import { type Spec, type SpecNic, type SpecOutsideNetwork } from '../spec/spec.ts';
import { type DraftNetwork, type DraftNic } from './draft.ts';
import { type Findings } from './findings.ts';
import { type NicEntry } from './nic-entries.ts';
import { omitAbsent } from './omit-absent.ts';

/** What a network of WireGuard cannot do without, and what it cannot have. */
export const checkWireguard = (spec: Spec, name: string, body: SpecOutsideNetwork, findings: Findings): void => {
  const path = ['outside', 'networks', name];
  if (body.ipv4 === undefined && body.ipv6 === undefined)
    findings.error(
      'missing-key',
      `\`${name}\` is a tunnel (wireguard), and has no prefix`,
      spec.source.keySpanOf(path),
      {
        help: 'add `ipv4:` or `ipv6:`, or both, with a prefix of its own',
      },
    );
  for (const key of ['gateway', 'gateway6', 'dhcp6'] as const)
    if (body[key] !== undefined && body[key] !== false)
      findings.error(
        'key-does-not-apply',
        `\`${name}\` is a tunnel (wireguard), where \`${key}\` has no meaning`,
        spec.source.keySpanOf([...path, key]),
        {
          help:
            key === 'dhcp6'
              ? 'addresses of its members are planned, or written'
              : 'say at an interface on it what is reached through that: `behind: [lan]`',
        },
      );
};

const ofWireguard = ['port', 'behind', 'keepalive'] as const;

const refuse = (
  spec: Spec,
  { name, body, path }: NicEntry,
  key: keyof SpecNic,
  why: string,
  help: string,
  findings: Findings,
): void => {
  if (body[key] === undefined) return;
  const message = `\`${name}\` is on \`${body.network}\`, ${why}`;
  findings.error('key-does-not-apply', message, spec.source.keySpanOf([...path, key]), { help });
};

/** What a NIC is to the others of a network of WireGuard; undefined where it is on none. */
export const draftWireguard = (
  spec: Spec,
  entry: NicEntry,
  networks: ReadonlyMap<string, DraftNetwork>,
  findings: Findings,
): DraftNic['wireguard'] => {
  const { body, path } = entry;
  if (networks.get(body.network)?.tunnel !== 'wireguard') {
    for (const key of ofWireguard)
      refuse(
        spec,
        entry,
        key,
        `which is no tunnel of WireGuard, and has no \`${key}\``,
        'name an outside network that has `tunnel: wireguard`',
        findings,
      );
    return undefined;
  }
  if (body.port === undefined)
    refuse(spec, entry, 'local', 'where nobody has to find it', 'add `port:`, or remove `local`', findings);
  for (const key of ['gateway', 'gateway6'] as const)
    if (body[key] !== 'none')
      refuse(spec, entry, key, 'where peers say what goes to whom', 'say `behind:` at the other end', findings);
  return omitAbsent({
    port: body.port === undefined ? undefined : { number: body.port, at: spec.source.spanOf([...path, 'port']) },
    behind: [body.behind ?? []].flat().map((text, index) => ({
      text,
      at: spec.source.spanOf(Array.isArray(body.behind) ? [...path, 'behind', index] : [...path, 'behind']),
    })),
    keepaliveSeconds: body.keepalive,
  });
};
