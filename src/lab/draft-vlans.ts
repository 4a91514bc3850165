/**
 * VLANs: an outside network whose frames go over the cables of another one with a tag (IEEE 802.1Q). Who has an interface
 * on both takes the tags itself; to anybody else the switch gives an untagged port.
 */
import { type Spec, type SpecOutsideNetwork } from '../spec/spec.ts';
import { type DraftNetwork, type DraftNic } from './draft.ts';
import { type Findings } from './findings.ts';
import { type NicEntry } from './nic-entries.ts';
import { helpForUnknown } from './unknown-name.ts';

type Outside = Readonly<Record<string, SpecOutsideNetwork>>;

const outsideOf = (spec: Spec): Outside => spec.data.outside?.networks ?? {};

/** The trunk and the tag of an outside network that is a VLAN. */
export const draftVlan = (
  spec: Spec,
  name: string,
  { on, vlan }: SpecOutsideNetwork,
  findings: Findings,
): DraftNetwork['vlan'] => {
  const path = ['outside', 'networks', name];
  if (on === undefined && vlan === undefined) return undefined;
  if (on === undefined || vlan === undefined) {
    const [has, lacks] = on === undefined ? ['a VLAN', 'over which network'] : ['on another network', 'with which tag'];
    findings.error(
      'missing-key',
      `\`${name}\` is ${has}, and does not say ${lacks}`,
      spec.source.keySpanOf([...path, on === undefined ? 'vlan' : 'on']),
      { help: on === undefined ? 'add `on:` with an outside network' : 'add `vlan:` with a number from 2 to 4094' },
    );
    return undefined;
  }
  const trunk = outsideOf(spec)[on];
  const at = spec.source.spanOf([...path, 'on']);
  if (trunk === undefined || on === name) {
    const known = Object.keys(outsideOf(spec)).filter((other) => other !== name);
    findings.error('unknown-network', `\`${name}\` is on \`${on}\`, and there is no such outside network`, at, {
      help: helpForUnknown(on, known, 'outside networks'),
    });
    return undefined;
  }
  if (trunk.vlan !== undefined) {
    findings.error('key-does-not-apply', `\`${name}\` is on \`${on}\`, which is a VLAN itself`, at, {
      help: `put both on the network whose cables they share${trunk.on === undefined ? '' : `: \`on: ${trunk.on}\``}`,
    });
    return undefined;
  }
  tellTwins(spec, name, on, vlan, findings);
  return { trunk: on, id: vlan };
};

const tellTwins = (spec: Spec, name: string, on: string, vlan: number, findings: Findings): void => {
  const names = Object.entries(outsideOf(spec)).flatMap(([other, body]) =>
    body.on === on && body.vlan === vlan ? [other] : [],
  );
  const [first = name] = names;
  if (first === name) return;
  const spanOf = (network: string) => spec.source.spanOf(['outside', 'networks', network, 'vlan']);
  findings.error('vlan-used-twice', `\`${name}\` and \`${first}\` are both VLAN ${vlan} on \`${on}\``, spanOf(name), {
    notes: [{ message: `\`${first}\` has the tag here`, at: spanOf(first) }],
    help: 'give each a tag of its own',
  });
};

/** The interface among `entries` whose frames carry those of `entry` with a tag, where there is one. */
export const tagOf = (
  spec: Spec,
  entry: NicEntry,
  entries: readonly NicEntry[],
  networks: ReadonlyMap<string, DraftNetwork>,
  findings: Findings,
): DraftNic['vlan'] => {
  const vlan = networks.get(entry.body.network)?.vlan;
  if (vlan === undefined) return undefined;
  const link = entries.find(({ body }) => (networks.get(body.network)?.segment ?? body.network) === vlan.trunk);
  if (link === undefined) return undefined;
  if (entry.body.bond !== undefined)
    findings.error(
      'key-does-not-apply',
      `\`${entry.name}\` is VLAN ${vlan.id} over \`${link.name}\`, and has no cables to bond`,
      spec.source.keySpanOf([...entry.path, 'bond']),
      { help: `make \`${link.name}\` the bond` },
    );
  return { link: link.name, id: vlan.id };
};
