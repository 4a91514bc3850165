/**
 * The networks of the file to draft networks: which host makes each, which of its NICs leads out, whose wire it is,
 * what its bridge is called.
 */
import { type Family } from '../net/address.ts';
import { prefix } from '../net/prefix.ts';
import { type Path, type Spec, type SpecMachine, type SpecNetwork, type SpecOutsideNetwork } from '../spec/spec.ts';
import { type DraftNetwork, type PrefixWish } from './draft.ts';
import { type Findings } from './findings.ts';
import { internetName, internetPrefixes } from './internet.ts';
import { bridgeName, shortened } from './interface-names.ts';
import { membersOf } from './draft-bonds.ts';
import { draftTunnel, tunnelPrefix } from './draft-tunnels.ts';
import { draftVlan } from './draft-vlans.ts';
import { nicEntries } from './nic-entries.ts';
import { omitAbsent } from './omit-absent.ts';
import { readPrefix } from './read-prefix.ts';
import { helpForUnknown } from './unknown-name.ts';
import { checkModeKeys } from './checks/mode-keys.ts';

/** The hosts by name, as written or implied, each with its place. */
export type Hosts = ReadonlyMap<string, { readonly spec: SpecMachine; readonly path: Path }>;

export const draftNetworks = (spec: Spec, hosts: Hosts, findings: Findings): Map<string, DraftNetwork> => {
  const networks = new Map<string, DraftNetwork>();
  for (const [name, body] of Object.entries(spec.data.outside?.networks ?? {}))
    networks.set(name, outsideNetwork(spec, name, body, findings));
  const bridges = takenInterfaces(spec, hosts);
  for (const [name, body] of Object.entries(spec.data.networks ?? {})) {
    const made = madeNetwork(spec, name, body, hosts, networks, bridges, findings);
    if (made !== undefined && !networks.has(name)) networks.set(name, made);
  }
  return networks;
};

const acceptOf = (spec: Spec, own: readonly string[] | undefined): readonly string[] => [
  ...(spec.data.accept ?? []),
  ...(own ?? []),
];

/** `planned`: what `auto` means here; undefined where only a prefix will do. */
const prefixWish = (
  spec: Spec,
  path: Path,
  family: Family,
  written: string,
  planned: 'auto' | 'inherit' | undefined,
  findings: Findings,
): PrefixWish => {
  if (written === 'none') return { kind: 'none' };
  if (written === 'auto' && planned !== undefined) return { kind: planned };
  const at = spec.source.spanOf([...path, `ipv${family}`]);
  const given = readPrefix(written, family, at, findings);
  return given === undefined ? { kind: 'none' } : { kind: 'given', prefix: given, at };
};

const outsideNetwork = (spec: Spec, name: string, body: SpecOutsideNetwork, findings: Findings): DraftNetwork => {
  const path = ['outside', 'networks', name];
  return omitAbsent({
    name,
    kind: 'outside' as const,
    bridge: bridgeName(name, new Set()) ?? shortened(name),
    vlan: draftVlan(spec, name, body, findings),
    tunnel: draftTunnel(spec, name, body, findings),
    segment: name,
    prefixes: {
      4: prefixWish(spec, path, 4, body.ipv4 ?? 'none', undefined, findings),
      6: prefixWish(spec, path, 6, tunnelPrefix(body), undefined, findings),
    },
    spec: body,
    path,
    accept: acceptOf(spec, body.accept),
    at: spec.source.keySpanOf(path),
  });
};

/** Interface names in use on each host. */
const takenInterfaces = (spec: Spec, hosts: Hosts): Map<string, Set<string>> =>
  new Map(
    [...hosts].map(([name, host]) => [
      name,
      new Set(nicEntries(host.spec, host.path).flatMap((entry) => [entry.name, ...membersOf(entry)])),
    ]),
  );

const madeNetwork = (
  spec: Spec,
  name: string,
  body: SpecNetwork,
  hosts: Hosts,
  outside: ReadonlyMap<string, DraftNetwork>,
  bridges: ReadonlyMap<string, Set<string>>,
  findings: Findings,
): DraftNetwork | undefined => {
  const path = ['networks', name];
  const at = spec.source.keySpanOf(path);
  checkModeKeys(spec, name, body, findings);
  const host = hostOf(spec, name, body, hosts, findings);
  if (host === undefined) return undefined;
  const isOnUplink = body.mode === 'bridged' || body.mode === 'proxied';
  const uplink = isOnUplink ? uplinkOf(spec, name, body, host, hosts, outside, findings) : undefined;
  if (isOnUplink && uplink === undefined) return undefined;
  if (uplink !== undefined && outside.get(uplink.network)?.tunnel !== undefined)
    findings.error(
      'key-does-not-apply',
      `\`${name}\` is ${body.mode} on \`${uplink.network}\`, a tunnel, which has no cable to share`,
      spec.source.spanOf([...path, body.nic === undefined ? 'on' : 'nic']),
      { help: 'make it `routed`: tunnels carry packets, not frames' },
    );
  const taken = bridges.get(host) ?? new Set();
  const bridge = bridgeName(name, taken);
  if (bridge === undefined)
    findings.error('interface-name-taken', `\`${name}\` finds no name for its bridge on \`${host}\``, at, {
      help: `${shortened(name)} is taken there, too; rename the network or that interface`,
    });
  else taken.add(bridge);
  return omitAbsent({
    name,
    kind: 'made' as const,
    mode: body.mode,
    host,
    uplink,
    bridge: bridge ?? shortened(name),
    segment: uplink?.network ?? name,
    prefixes: madePrefixes(spec, path, body, isOnUplink, findings),
    spec: body,
    path,
    accept: acceptOf(spec, body.accept),
    at,
  });
};

/** Both families by default; where only one is given, the other is `none`. */
const madePrefixes = (
  spec: Spec,
  path: Path,
  body: SpecNetwork,
  isOnUplink: boolean,
  findings: Findings,
): DraftNetwork['prefixes'] => {
  const absent = body.ipv4 === undefined && body.ipv6 === undefined ? 'auto' : 'none';
  const wish = (family: Family, written: string | undefined): PrefixWish =>
    prefixWish(spec, path, family, written ?? absent, isOnUplink ? 'inherit' : 'auto', findings);
  return { 4: wish(4, body.ipv4), 6: wish(6, body.ipv6) };
};

const hostOf = (spec: Spec, name: string, body: SpecNetwork, hosts: Hosts, findings: Findings): string | undefined => {
  const names = [...hosts.keys()];
  if (body.host === undefined) {
    if (names.length === 1) return names[0];
    findings.error(
      'missing-key',
      `\`${name}\` does not say on which host it is made`,
      spec.source.keySpanOf(['networks', name]),
      {
        help: `add \`host:\` with one of ${names.map((one) => `\`${one}\``).join(', ')}`,
      },
    );
    return undefined;
  }
  if (hosts.has(body.host)) return body.host;
  const at = spec.source.spanOf(['networks', name, 'host']);
  findings.error('unknown-host', `\`${name}\` is made on \`${body.host}\`, and there is no such host`, at, {
    help: helpForUnknown(body.host, names, 'hosts'),
  });
  return undefined;
};

const uplinkOf = (
  spec: Spec,
  name: string,
  body: SpecNetwork,
  hostName: string,
  hosts: Hosts,
  outside: ReadonlyMap<string, DraftNetwork>,
  findings: Findings,
): DraftNetwork['uplink'] => {
  const host = hosts.get(hostName);
  if (host === undefined) return undefined;
  const entries = nicEntries(host.spec, host.path);
  const isOutside = (network: string): boolean => outside.get(network)?.kind === 'outside' || network === internetName;
  if (body.nic !== undefined) {
    const at = spec.source.spanOf(['networks', name, 'nic']);
    const entry = entries.find((one) => one.name === body.nic);
    if (entry === undefined)
      findings.error('unknown-nic', `\`${name}\` uses \`${body.nic}\`, and \`${hostName}\` has no such interface`, at, {
        help: helpForUnknown(
          body.nic,
          entries.map((one) => one.name),
          `interfaces of \`${hostName}\``,
        ),
      });
    return entry === undefined ? undefined : { nic: entry.name, network: entry.body.network };
  }
  if (body.on === undefined) return undefined;
  const at = spec.source.spanOf(['networks', name, 'on']);
  if (!isOutside(body.on)) {
    const known = [...outside.values()].filter((one) => one.kind === 'outside').map((one) => one.name);
    findings.error('unknown-network', `\`${name}\` is on \`${body.on}\`, and there is no such outside network`, at, {
      help: helpForUnknown(body.on, known, 'outside networks'),
    });
    return undefined;
  }
  const entry = entries.find((one) => one.body.network === body.on);
  if (entry === undefined)
    findings.error(
      'host-not-on-network',
      `\`${name}\` is on \`${body.on}\`, and \`${hostName}\` has no interface there`,
      at,
      {
        help: `add an interface on \`${body.on}\` to \`${hostName}\``,
      },
    );
  return entry === undefined ? undefined : { nic: entry.name, network: body.on };
};

/** The built-in network that stands for the rest of the world. */
export const internetNetwork = (at: DraftNetwork['at']): DraftNetwork => ({
  name: internetName,
  kind: 'internet',
  bridge: internetName,
  segment: internetName,
  prefixes: {
    4: { kind: 'given', prefix: prefix(internetPrefixes[4]), at },
    6: { kind: 'given', prefix: prefix(internetPrefixes[6]), at },
  },
  spec: {},
  path: [],
  accept: [],
  at,
});
