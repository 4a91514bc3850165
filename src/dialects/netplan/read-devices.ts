/** The devices of all files together, each with what lies below it, within it and upon it. */
import { type Interface } from '../../state/network-state.ts';
import { field } from '../../state/spelling.ts';
import { bornMtuBytes } from '../born-mtu.ts';
import { addService, interfaceIn, type Draft, type Mutable } from '../draft.ts';
import { isInterfaceName, readMac } from '../plain-values.ts';
import { childOf, entriesOf, itemsOf, textOf, type Tree } from '../yaml-tree/tree.ts';
import { saidKeys, unsaidKeys } from './keys.ts';
import { type Device, type DeviceSection } from './device.ts';
import { natureOf } from './read-natures.ts';
import { readAddresses, readAddressing, readGateways, readRoutes, readRules } from './read-addressing.ts';
import { booleanOf, numberOf } from './values.ts';

const isGlob = (text: string): boolean => /[*?[\]]/.test(text);

/** What the interface is called; undefined where only the machine itself knows. */
const nameOf = ({ id, body, at }: Device, draft: Draft): string | undefined => {
  const match = childOf(body, 'match');
  const setName = textOf(childOf(body, 'set-name'));
  const matched = textOf(childOf(match, 'name'));
  const name =
    match === undefined ? id : (setName ?? (matched !== undefined && !isGlob(matched) ? matched : undefined));
  if (name !== undefined && isInterfaceName(name)) return name;
  if (name !== undefined) {
    draft.tell('error', 'bad-name', `\`${name}\` cannot be the name of an interface`, at);
    return undefined;
  }
  if (!isInterfaceName(id)) {
    draft.tell(
      'not-said',
      'unknown-interfaces',
      'which interfaces this matches depends on the machine; none is named',
      at,
    );
    return undefined;
  }
  draft.tell(
    'assumed',
    'unknown-name',
    `what \`${id}\` matches depends on the machine; it is called \`${id}\` here`,
    at,
  );
  return id;
};

const checkKeys = ({ section, body }: Device, draft: Draft): void => {
  for (const [key, { keyAt, value }] of entriesOf(body)) {
    if (saidKeys[section]?.includes(key) === true) continue;
    if (!unsaidKeys.includes(key))
      draft.tell('error', 'unknown-key', `netplan knows no \`${key}\` in \`${section}\``, keyAt);
    // What is switched off is the same as not said.
    else if (textOf(value) !== 'false')
      draft.tell('not-said', 'no-words-for', `\`${key}\` has no place in the model`, keyAt);
  }
};

const readHardware = (name: string, it: Mutable<Interface>, body: Tree, draft: Draft): void => {
  const mac = childOf(body, 'macaddress');
  const text = textOf(mac);
  if (mac !== undefined && text !== undefined) {
    const known = readMac(text);
    if (known !== undefined) it.mac = known;
    else if (/^(permanent|random|stable|preserve)/.test(text))
      draft.tell('not-said', 'no-words-for', `a MAC that is \`${text}\` has no place in the model`, mac.at);
    else draft.tell('error', 'bad-value', `\`${text}\` is not a MAC`, mac.at);
  }
  const mtuBytes = numberOf(childOf(body, 'mtu'), 'a size in bytes', 68, 65575, draft.tell);
  if (mtuBytes !== undefined) {
    it.mtuBytes = mtuBytes;
    draft.sized.add(name);
  }
  const mode = childOf(body, 'activation-mode');
  if (mode !== undefined) {
    if (/^(manual|off)$/.test(textOf(mode) ?? '')) it.up = false;
    else draft.tell('error', 'bad-value', '`activation-mode` is `manual` or `off`', mode.at);
  }
};

/** What networkd gives routes of a lease where netplan writes its files. */
const learnedMetric = 100;

const readClient = (name: string, body: Tree, draft: Draft): void => {
  const asked = childOf(body, 'dhcp4');
  if (asked === undefined || booleanOf(asked, draft.tell) !== true) return;
  const overrides = childOf(body, 'dhcp4-overrides');
  addService(
    draft,
    {
      kind: 'dhcp-client',
      interface: name,
      hostname: textOf(childOf(overrides, 'hostname')) ?? draft.stack,
      metric: numberOf(childOf(overrides, 'route-metric'), 'a metric', 0, 4294967295, draft.tell) ?? learnedMetric,
    },
    asked.at,
  );
  for (const [key, { keyAt, value }] of entriesOf(overrides))
    if (!/^(hostname|route-metric|send-hostname)$/.test(key) && !/^(use-dns|use-routes)$/.test(key))
      draft.tell('not-said', 'no-words-for', `\`${key}\` has no place in the model`, keyAt);
    else if (/^use-/.test(key) && booleanOf(value, draft.tell) === false)
      draft.tell('not-said', 'no-words-for', `\`${key}: false\` has no place in the model`, keyAt);
};

interface Named {
  readonly device: Device;
  readonly name: string;
}

const masterKinds: Readonly<Partial<Record<DeviceSection, Interface['kind']>>> = {
  bridges: 'bridge',
  bonds: 'bond',
  vrfs: 'vrf',
};

/** Members name nothing themselves: their master does. */
const readMembers = ({ device, name }: Named, nameById: ReadonlyMap<string, string>, draft: Draft): void => {
  if (masterKinds[device.section] === undefined) return;
  for (const item of itemsOf(childOf(device.body, 'interfaces'))) {
    const id = textOf(item);
    const member = id === undefined ? undefined : draft.interfaces.get(nameById.get(id) ?? '');
    if (member === undefined) {
      draft.tell(
        'error',
        'undefined-member',
        `\`${id ?? ''}\` of \`${name}\` is defined nowhere; netplan refuses the file`,
        item.at,
      );
      continue;
    }
    if (member.master !== undefined && member.master !== name) {
      draft.tell('error', 'two-masters', `\`${id ?? ''}\` is a member of \`${member.master}\` already`, item.at);
      continue;
    }
    member.master = name;
  }
};

const make = (device: Device, name: string, nameById: ReadonlyMap<string, string>, draft: Draft): boolean => {
  const nature = natureOf(device, (id) => nameById.get(id), draft);
  if (nature === undefined) return false;
  const it = interfaceIn(draft, name, device.at);
  Object.assign(it, { ...nature, ...field('mtuBytes', bornMtuBytes(nature)) });
  readHardware(name, it, device.body, draft);
  it.addresses = readAddresses(name, device.body, draft);
  return true;
};

export const readDevices = (devices: readonly Device[], draft: Draft): void => {
  const named: Named[] = [];
  for (const device of devices) {
    checkKeys(device, draft);
    const name = nameOf(device, draft);
    if (name !== undefined) named.push({ device, name });
  }
  const nameById = new Map(named.map(({ device, name }) => [device.id, name]));
  const made = named.filter(({ device, name }) => make(device, name, nameById, draft));
  for (const member of made) readMembers(member, nameById, draft);
  for (const { device, name } of made) {
    const vrf = draft.interfaces.get(draft.interfaces.get(name)?.master ?? '')?.vrf;
    const table = draft.interfaces.get(name)?.vrf?.table ?? vrf?.table ?? 254;
    readGateways(name, device.body, table, draft);
    readRoutes(name, device.body, table, draft);
    readRules(device.body, device.section === 'vrfs' ? table : undefined, draft);
    readAddressing(name, device.body, draft);
    readClient(name, device.body, draft);
  }
};
