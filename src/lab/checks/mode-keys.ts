/** Which keys a mode needs, and which mean nothing in it. */
import { type Spec, type SpecNetwork } from '../../spec/spec.ts';
import { type Findings } from '../findings.ts';

type Key = keyof SpecNetwork;

interface KeyRule {
  readonly key: Key;
  readonly modes: readonly SpecNetwork['mode'][];
  readonly help: string;
}

const onlyIn: readonly KeyRule[] = [
  { key: 'nic', modes: ['bridged'], help: '`nic` names the port of a bridged network' },
  { key: 'on', modes: ['bridged', 'proxied'], help: '`on` names the outside network of a bridged or proxied one' },
  {
    key: 'address',
    modes: ['nat', 'routed', 'host-only'],
    help: 'the host has its addresses on its own NIC, or none; write them there',
  },
  {
    key: 'antispoof',
    modes: ['bridged', 'nat', 'routed', 'host-only', 'private'],
    help: 'it filters frames on a bridge of the host, and a proxied network has none',
  },
  {
    key: 'routes',
    modes: ['nat', 'routed', 'host-only', 'private'],
    help: 'its machines are members of the outside network, too; write them there',
  },
  { key: 'publish', modes: ['nat'], help: 'machines of this network can be reached at their own addresses' },
];

export const checkModeKeys = (spec: Spec, name: string, body: SpecNetwork, findings: Findings): void => {
  const path = ['networks', name];
  for (const rule of onlyIn)
    if (body[rule.key] !== undefined && !rule.modes.includes(body.mode))
      findings.error(
        'key-does-not-apply',
        `\`${name}\` is ${body.mode}, where \`${rule.key}\` has no meaning`,
        spec.source.keySpanOf([...path, rule.key]),
        { help: rule.help },
      );
  const at = spec.source.keySpanOf(path);
  if (body.mode === 'bridged' && body.nic === undefined && body.on === undefined)
    findings.error('missing-key', `\`${name}\` is bridged, and does not say to what`, at, {
      help: 'add `nic:` with an interface of the host, or `on:` with an outside network',
    });
  if (body.mode === 'proxied' && body.on === undefined)
    findings.error('missing-key', `\`${name}\` is proxied, and does not say in which network`, at, {
      help: 'add `on:` with the outside network that its machines appear in',
    });
  const lacksIpv4 = body.ipv4 === 'none' || (body.ipv4 === undefined && body.ipv6 !== undefined);
  if (body.mode === 'nat' && lacksIpv4)
    findings.error('nat-without-ipv4', `\`${name}\` is behind NAT, and has no IPv4`, at, {
      help: 'add `ipv4: auto`, or choose `mode: routed`',
    });
};
