/** The other hooks in front of a method: VLANs (ifup itself and the package vlan) and bonds (ifenslave). */
import { type Place } from '../dialect.ts';
import { isEffectOfBond, withBondOption } from '../shell-commands/bond-options.ts';
import { setSysctl } from '../draft.ts';
import { changeLink, type RunningDraft, linkIn, makeLink } from '../shell-commands/running-draft.ts';
import { isInterfaceName, numberIn } from '../shell-commands/values.ts';
import { addVlan } from '../shell-commands/vconfig.ts';
import { type Iface, listNamed, optionNamed, plainName, valueNamed } from './options.ts';

/** `eth0.5` is VLAN 5 of eth0, `vlan5` that of the device it says; else ifupdown2 wants the number. */
export const vlanHook = (draft: RunningDraft, iface: Iface): void => {
  const { name, at } = iface;
  const raw = optionNamed(iface, 'vlan-raw-device');
  const [, link, dotted] = /^(.+)\.0*(\d+)$/.exec(name) ?? [];
  const number = valueNamed(iface, 'vlan-id') ?? dotted ?? /^vlan0*(\d+)$/.exec(name)?.[1];
  const id = numberIn(number, 4094);
  const device = dotted !== undefined ? (link ?? '') : (raw?.value ?? '');
  if (raw === undefined && dotted === undefined) return;
  if (id === undefined) {
    draft.tell(
      'error',
      'vlan-without-number',
      `\`${name}\` does not tell the number of its VLAN: only names such as \`eth0.5\` and \`vlan5\` do, and nothing is made`,
      raw?.at ?? at,
    );
    return;
  }
  if (!isInterfaceName(device)) {
    draft.tell('error', 'not-an-interface', `\`${device}\` is no name of an interface`, raw?.at ?? at);
    return;
  }
  changeLink(draft, device, { up: true }, at);
  const mtu = numberIn(valueNamed(iface, 'mtu'), 65_536);
  if (raw !== undefined && mtu !== undefined && linkIn(draft, device, at).mtuBytes < mtu)
    changeLink(draft, device, { mtuBytes: mtu }, at);
  addVlan(draft, name, device, id, at);
};

const bondOptions = /^bond-/;
const ofMembers = new Set(['bond-master', 'bond-slaves', 'bond-active-slave', 'bond-queue-id']);

const enslave = (draft: RunningDraft, bond: string, member: string, at: Place): void => {
  if (!isInterfaceName(member)) draft.tell('error', 'not-an-interface', `\`${member}\` is no name of an interface`, at);
  else changeLink(draft, member, { master: bond, up: true }, at);
};

export const bondHook = (draft: RunningDraft, iface: Iface, names: readonly string[]): void => {
  const { name, at } = iface;
  const master = optionNamed(iface, 'bond-master');
  if (master !== undefined) {
    if (draft.interfaces.get(master.value)?.kind !== 'bond')
      makeLink(draft, master.value, { kind: 'bond', bond: { mode: 'balance-rr' } }, master.at);
    enslave(draft, master.value, name, master.at);
    return;
  }
  const members = optionNamed(iface, 'bond-slaves', 'slaves');
  if (members === undefined && optionNamed(iface, 'bond-mode') === undefined) return;
  let bond = draft.interfaces.get(name)?.bond ?? { mode: 'balance-rr' as const };
  for (const option of iface.options) {
    const plain = plainName(option.name);
    if (!bondOptions.test(plain) || ofMembers.has(plain)) continue;
    const value = plain === 'bond-primary' ? (option.value.split(/\s+/)[0] ?? '') : option.value;
    const changed = withBondOption(bond, plain.slice(5).replaceAll('-', '_'), value);
    if (!isEffectOfBond(changed)) bond = changed;
    else if (changed.kind !== 'done')
      draft.tell(changed.kind === 'wrong' ? 'error' : 'not-said', 'unsaid-option', changed.message, option.at);
  }
  makeLink(draft, name, { kind: 'bond', bond }, at);
  const said = listNamed(iface, 'bond-slaves', 'slaves').filter((word) => word !== 'none');
  const all = names.filter((it) => /^eth[^:]*$/.test(it));
  for (const member of said.flatMap((word) => (word === 'all' ? all : [word])))
    enslave(draft, name, member, members?.at ?? at);
};

/** The hook `ip` of the package vlan. */
export const kernelHook = (draft: RunningDraft, iface: Iface, device: string): void => {
  const proxy = optionNamed(iface, 'ip-proxy-arp');
  if (proxy !== undefined)
    setSysctl(draft, `net/ipv4/conf/${device}/proxy_arp`, proxy.value === '1' ? '1' : '0', proxy.at);
  const filter = optionNamed(iface, 'ip-rp-filter');
  if (filter !== undefined)
    setSysctl(draft, `net/ipv4/conf/${device}/rp_filter`, /^[02]$/.test(filter.value) ? filter.value : '1', filter.at);
};
