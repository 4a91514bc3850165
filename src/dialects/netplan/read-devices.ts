/** The devices of all files together, each with what lies below it, within it and upon it. */
import { type Interface } from '../../state/network-state.ts';
import { field, flag } from '../../state/spelling.ts';
import { bornMtuBytes, unsaidMtuBytes } from '../born-mtu.ts';
import { addService, interfaceIn, type Draft, type Mutable } from '../draft.ts';
import { bornMetric } from '../default-route.ts';
import { bornMetricOf } from '../networkmanager/values.ts';
import { ownEntry, isInterfaceName, readMac } from '../plain-values.ts';
import { childOf, entriesOf, itemsOf, textOf, type Tree } from '../yaml-tree/tree.ts';
import { saidKeys, unsaidKeys } from './keys.ts';
import { type Device, type DeviceSection } from './device.ts';
import { natureOf } from './read-natures.ts';
import {
  readAddresses,
  readAddressing,
  readGateways,
  readRoutes,
  readRules,
  type RouteDefaults,
} from './read-addressing.ts';
import { booleanOf, isManaged, numberOf } from './values.ts';

const isGlob = (text: string): boolean => /[*?[\]]/.test(text);

/** What the interface is called; undefined where only the machine itself knows. */
const nameOf = ({ id, section, body, at }: Device, draft: Draft): string | undefined => {
  const match = section === 'ethernets' ? childOf(body, 'match') : undefined;
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

const isOff = (value: Tree): boolean => /^(?:false|no|n|off)$/i.test(textOf(value) ?? '');

/** What only a device that is found on the machine has. */
const isForFound = (key: string): boolean => key === 'match' || key === 'set-name';

const checkKeys = ({ section, body }: Device, draft: Draft): void => {
  for (const [key, { keyAt, value }] of entriesOf(body)) {
    if (isForFound(key) && section !== 'ethernets') {
      draft.tell('error', 'unknown-key', `netplan knows no \`${key}\` in \`${section}\``, keyAt);
      continue;
    }
    if (ownEntry(saidKeys, section)?.includes(key) === true) continue;
    if (!unsaidKeys.includes(key))
      draft.tell('error', 'unknown-key', `netplan knows no \`${key}\` in \`${section}\``, keyAt);
    // What is switched off is the same as not said.
    else if (!isOff(value)) draft.tell('not-said', 'no-words-for', `\`${key}\` has no place in the model`, keyAt);
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
    if (it.kind !== 'bridge') draft.sized.add(name);
  }
  const mode = childOf(body, 'activation-mode');
  if (mode !== undefined) {
    if (/^(manual|off)$/.test(textOf(mode) ?? '')) it.up = false;
    else draft.tell('error', 'bad-value', '`activation-mode` is `manual` or `off`', mode.at);
  }
};

/** What networkd gives routes of a lease where netplan writes its files. */
const learnedMetric = 100;

/** NetworkManager gives every route the metric of its kind of device; networkd leaves it to the kernel. */
const metricsOf = (device: Device, kind: Interface['kind']): RouteDefaults['metric'] => {
  if (!isManaged(device.renderer)) return bornMetric;
  const metric = bornMetricOf(kind);
  return { 4: metric, 6: metric };
};

const readClient = (name: string, body: Tree, bornMetricOfLease: number, draft: Draft): void => {
  const asked = childOf(body, 'dhcp4');
  if (asked === undefined || booleanOf(asked, draft.tell) !== true) return;
  const overrides = childOf(body, 'dhcp4-overrides');
  addService(
    draft,
    {
      kind: 'dhcp-client',
      interface: name,
      hostname: textOf(childOf(overrides, 'hostname')) ?? draft.stack,
      metric: numberOf(childOf(overrides, 'route-metric'), 'a metric', 0, 4294967295, draft.tell) ?? bornMetricOfLease,
      ...flag('ignoresRouter', booleanOf(childOf(overrides, 'use-routes'), draft.tell) === false, true),
    },
    asked.at,
  );
  for (const [key, { keyAt, value }] of entriesOf(overrides))
    if (!/^(hostname|route-metric|send-hostname)$/.test(key) && !/^(use-dns|use-routes)$/.test(key))
      draft.tell('not-said', 'no-words-for', `\`${key}\` has no place in the model`, keyAt);
    else if (key === 'use-dns' && booleanOf(value, draft.tell) === false)
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

/** A bridge is made with its MTU, so that networkd sees nothing to set when the first port has changed it. */
const tellForgotten = ({ device, name }: Named, draft: Draft): void => {
  const said = childOf(device.body, 'mtu');
  const it = draft.interfaces.get(name);
  const born = it?.kind === 'bridge' ? unsaidMtuBytes(name, it, Object.fromEntries(draft.interfaces)) : undefined;
  if (said !== undefined && born !== undefined && born !== it?.mtuBytes)
    draft.tell('ignored', 'mtu-of-ports', `\`${name}\` takes the least MTU of its ports, which is ${born}`, said.at);
};

/** Members name nothing themselves: their master does. */
const readMembers = (
  { device, name }: Named,
  nameById: ReadonlyMap<string, string>,
  switchPorts: ReadonlySet<string>,
  draft: Draft,
): void => {
  if (masterKinds[device.section] === undefined) return;
  for (const item of itemsOf(childOf(device.body, 'interfaces'))) {
    const id = textOf(item);
    const member = id === undefined ? undefined : draft.interfaces.get(nameById.get(id) ?? '');
    if (member === undefined) {
      if (id !== undefined && switchPorts.has(id)) continue;
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

/** networkd waits for the carrier of a NIC, which has none while it is down; for what it makes netplan tells it not to. */
const isConfiguredDown = (device: Device, addresses: Interface['addresses'], { tell }: Draft): boolean => {
  const isSo = device.section !== 'ethernets' || booleanOf(childOf(device.body, 'ignore-carrier'), tell) === true;
  if (!isSo && addresses.length > 0)
    tell(
      'ignored',
      'address-while-down',
      'networkd gives no addresses to an interface that it leaves down',
      device.at,
      'write `ignore-carrier: true`',
    );
  return isSo;
};

const make = (device: Device, name: string, nameById: ReadonlyMap<string, string>, draft: Draft): boolean => {
  const nature = natureOf(device, (id) => nameById.get(id), draft);
  if (nature === undefined) return false;
  const it = interfaceIn(draft, name, device.at);
  Object.assign(it, { ...nature, ...field('mtuBytes', bornMtuBytes(nature)) });
  readHardware(name, it, device.body, draft);
  const addresses = readAddresses(name, device.body, draft);
  it.addresses = it.up || isConfiguredDown(device, addresses, draft) ? addresses : [];
  return true;
};

/** `switchPorts`: patch ports of Open vSwitch, which are told of where they are defined. */
export const readDevices = (devices: readonly Device[], switchPorts: ReadonlySet<string>, draft: Draft): void => {
  const named: Named[] = [];
  for (const device of devices) {
    checkKeys(device, draft);
    const name = nameOf(device, draft);
    if (name !== undefined) named.push({ device, name });
  }
  const nameById = new Map(named.map(({ device, name }) => [device.id, name]));
  const made = named.filter(({ device, name }) => make(device, name, nameById, draft));
  for (const member of made) readMembers(member, nameById, switchPorts, draft);
  for (const one of made) tellForgotten(one, draft);
  for (const { device, name } of made) {
    const vrf = draft.interfaces.get(draft.interfaces.get(name)?.master ?? '')?.vrf;
    const table = draft.interfaces.get(name)?.vrf?.table ?? vrf?.table ?? 254;
    const kind = draft.interfaces.get(name)?.kind ?? 'ethernet';
    const hasAddress = itemsOf(childOf(device.body, 'addresses')).length > 0;
    const born = { table, metric: metricsOf(device, kind), isOnlinkTaken: !hasAddress && !isManaged(device.renderer) };
    readGateways(name, device.body, born, draft);
    readRoutes(name, device.body, born, draft);
    readRules(device.body, device.section === 'vrfs' ? table : undefined, draft);
    readAddressing(name, device.body, draft);
    readClient(name, device.body, isManaged(device.renderer) ? bornMetricOf(kind) : learnedMetric, draft);
  }
};
