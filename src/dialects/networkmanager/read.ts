/** Reads NetworkManager's key files: the profiles that it activates by itself at boot, one for each device. */
import { type Interface } from '../../state/network-state.ts';
import { bornMtuBytes } from '../born-mtu.ts';
import { type ConfigText, type ReadContext, type Reading, type Remark } from '../dialect.ts';
import { interfaceIn, newDraft, partOf, tellInto, type Draft, type Tell } from '../draft.ts';
import { isInterfaceName, readInteger, readMac } from '../plain-values.ts';
import { nothingRead, readingOf } from '../reading.ts';
import { checked, eitherIn, readBoolean, readProfile, valueIn, type Profile } from './profile.ts';
import { readAddressing } from './read-addressing.ts';
import { tellEqualMetrics } from './equal-metrics.ts';
import { addLowerInterfaces } from './lower-interfaces.ts';
import { kindOf, masterOf, natureOf, tellOthers } from './read-profile.ts';
import { macText } from './values.ts';

export const folder = 'etc/NetworkManager/system-connections';

export const ownsPath = (path: string): boolean =>
  /^(etc|run|usr\/lib)\/NetworkManager\/system-connections\/[^/]+$/.test(path) && !/(~|\.bak|\.sw.)$/.test(path);

interface Chosen {
  readonly profile: Profile;
  readonly kind: Interface['kind'];
  readonly name: string;
}

const nameOf = (profile: Profile, draft: Draft): string | undefined => {
  const type = valueIn(profile, 'connection', 'type')?.text ?? '';
  // Bridges, bonds and VLANs once had their names in sections of their own.
  const name = valueIn(profile, 'connection', 'interface-name') ?? valueIn(profile, type, 'interface-name');
  if (name !== undefined && isInterfaceName(name.text)) return name.text;
  if (name !== undefined)
    draft.tell('error', 'bad-name', `\`${name.text}\` cannot be the name of an interface`, name.at);
  else
    draft.tell(
      'not-said',
      'unknown-interfaces',
      'the profile names no interface: which one it is for, only the machine knows',
      profile.at,
    );
  return undefined;
};

const isActivated = (profile: Profile, draft: Draft): boolean => {
  const own = valueIn(profile, 'connection', 'autoconnect');
  if (own === undefined || checked(own, 'true or false', readBoolean, draft.tell) !== false) return true;
  draft.tell('ignored', 'not-activated', 'a profile with `autoconnect=false` is not activated by itself', own.at);
  return false;
};

const priorityOf = ({ profile }: Chosen): number =>
  Number(valueIn(profile, 'connection', 'autoconnect-priority')?.text ?? 0);

/** Of several for one device the one of the highest priority; among equals the one used last, which only the machine knows. */
const chosenOf = (all: readonly Chosen[], draft: Draft): readonly Chosen[] => {
  const byName = new Map<string, Chosen>();
  for (const candidate of all) {
    const known = byName.get(candidate.name);
    if (known === undefined) {
      byName.set(candidate.name, candidate);
      continue;
    }
    const [kept, left] = priorityOf(candidate) > priorityOf(known) ? [candidate, known] : [known, candidate];
    byName.set(candidate.name, kept);
    draft.tell(
      'assumed',
      'two-profiles',
      `\`${kept.profile.path}\` was taken for \`${kept.name}\`, and this one left out`,
      left.profile.at,
    );
  }
  return [...byName.values()];
};

const readHardware = ({ profile, kind, name }: Chosen, it: { mac?: string; mtuBytes: number }, draft: Draft): void => {
  const own =
    valueIn(profile, 'ethernet', 'cloned-mac-address') ??
    valueIn(profile, kind === 'bridge' ? 'bridge' : '', 'mac-address');
  if (own !== undefined && /^(preserve|permanent|random|stable|stable-ssid)$/.test(own.text)) {
    if (/^(random|stable)/.test(own.text))
      draft.tell('not-said', 'no-words-for', `a MAC that is \`${own.text}\` has no place in the model`, own.at);
  } else {
    const mac = checked(own, 'a MAC', (text) => readMac(macText(text)), draft.tell);
    if (mac !== undefined) it.mac = mac;
  }
  for (const section of ['ethernet', 'ip-tunnel', 'wireguard', 'loopback']) {
    const mtuBytes = checked(
      valueIn(profile, section, 'mtu'),
      'a size',
      (text) => readInteger(text, 0, 65575),
      draft.tell,
    );
    if (mtuBytes === undefined || mtuBytes === 0) continue;
    it.mtuBytes = mtuBytes;
    draft.sized.add(name);
  }
};

/** NetworkManager clears what a port of a bridge or a bond says of addresses. */
const tellPortAddressing = (profile: Profile, tell: Tell): void => {
  for (const section of ['ipv4', 'ipv6']) {
    const method = valueIn(profile, section, 'method');
    if (method === undefined || /^(disabled|ignore)$/.test(method.text)) continue;
    tell(
      'ignored',
      'port-addressing',
      `[${section}] of a port means nothing: what it is a port of has addresses`,
      method.at,
    );
  }
};

const apply = (chosen: Chosen, others: readonly Chosen[], draft: Draft): void => {
  const { profile, kind, name } = chosen;
  const known = (text: string): string =>
    others.find(
      (other) =>
        other.name === text ||
        valueIn(other.profile, 'connection', 'uuid')?.text === text ||
        valueIn(other.profile, 'connection', 'id')?.text === text,
    )?.name ?? text;
  const nature = natureOf(profile, kind, known, draft);
  if (nature === undefined) return;
  const it = interfaceIn(draft, name, profile.at);
  Object.assign(it, { ...nature, mtuBytes: bornMtuBytes(nature) });
  readHardware(chosen, it, draft);
  const master = masterOf(profile);
  if (master !== undefined) {
    const controller = known(master.text);
    if (isInterfaceName(controller)) it.master = controller;
    else
      draft.tell(
        'not-said',
        'unknown-profile',
        `no profile is \`${master.text}\`, or none that names its interface`,
        master.at,
      );
    const hairpin = checked(valueIn(profile, 'bridge-port', 'hairpin-mode'), 'true or false', readBoolean, draft.tell);
    if (hairpin === true) it.port = { hairpin };
  }
  const vrf = others.find((other) => other.name === it.master && other.kind === 'vrf');
  const table =
    it.vrf?.table ??
    readInteger(vrf === undefined ? '' : (valueIn(vrf.profile, 'vrf', 'table')?.text ?? ''), 1, 4294967295) ??
    254;
  const portType = eitherIn(profile, 'connection', 'port-type', 'slave-type')?.text;
  if (master === undefined || vrf !== undefined || portType === 'vrf')
    readAddressing({ profile, name, it, table, draft });
  else tellPortAddressing(profile, draft.tell);
};

export const readNetworkManager = (texts: readonly ConfigText[], { stack }: ReadContext): Reading => {
  const remarks: Remark[] = [];
  const draft = newDraft(stack, tellInto(remarks));
  const candidates = texts.flatMap((text): readonly Chosen[] => {
    const profile = readProfile(text, draft.tell);
    tellOthers(profile, draft.tell);
    const kind = kindOf(profile, draft.tell);
    if (kind === undefined || !isActivated(profile, draft)) return [];
    const name = nameOf(profile, draft);
    return name === undefined ? [] : [{ profile, kind, name }];
  });
  const chosen = chosenOf(candidates, draft);
  for (const one of chosen) apply(one, chosen, draft);
  tellEqualMetrics(new Map(chosen.map(({ name, profile }) => [name, profile])), draft);
  addLowerInterfaces(draft, (name) => {
    const profile = chosen.find((one) => one.name === name)?.profile;
    const parent = ['vlan', 'macvlan'].flatMap((section) => profile && (valueIn(profile, section, 'parent') ?? []));
    return parent[0]?.at ?? profile?.at ?? { path: '', line: 1, column: 1 };
  });
  const part = partOf(draft);
  return Object.keys(part).length === 0 ? nothingRead(remarks) : readingOf(stack, part, remarks, draft.origins);
};
