/**
 * `bridge_*` as the hook of bridge-utils carries it out (its ifupdown.sh): the bridge is made, ports are added and
 * brought up, the spanning tree is switched, and only then the forward delay is set.
 */
import { type PortVlan } from '../../state/network-state.ts';
import { type Place } from '../dialect.ts';
import { parseMac } from '../../net/mac.ts';
import { newBridge, runBrctl } from '../shell-commands/brctl.ts';
import { changeLink, type RunningDraft, linkIn, makeLink } from '../shell-commands/running-draft.ts';
import { isInterfaceName, numberIn } from '../shell-commands/values.ts';
import { addVlan } from '../shell-commands/vconfig.ts';
import { vlansIn } from '../shell-commands/vlan-ranges.ts';
import { type Iface, listNamed, optionNamed, valueNamed } from './options.ts';

/** What `all` stands for. */
const all = ['regex', 'eth.*', 'em.*', 'en.*', 'p[0-9].*', 'noregex'];

const matching = (expression: string, names: readonly string[]): readonly string[] | undefined => {
  try {
    const pattern = new RegExp(`^(?:${expression})$`);
    return names.filter((name) => pattern.test(name));
  } catch {
    return undefined;
  }
};

/** `names`: the interfaces that there are, as far as the files tell. */
const portsOf = (
  draft: RunningDraft,
  words: readonly string[],
  names: readonly string[],
  at: Place,
): readonly string[] => {
  const ports: string[] = [];
  let isRegex = false;
  for (const word of words.flatMap((it) => (it === 'all' ? all : [it]))) {
    if (word === 'none') continue;
    if (word === 'regex' || word === 'noregex') {
      isRegex = word === 'regex';
      continue;
    }
    const found = isRegex ? matching(word, names) : [word];
    if (found === undefined) draft.tell('error', 'not-a-pattern', `\`${word}\` is no expression of egrep`, at);
    else ports.push(...found);
  }
  if (words.includes('all') || words.includes('regex'))
    draft.tell(
      'assumed',
      'ports-by-pattern',
      `which ports \`${words.join(' ')}\` means depends on the machine: of the interfaces that these files name, ${ports.length === 0 ? 'none' : ports.map((port) => `\`${port}\``).join(', ')} fit`,
      at,
    );
  return [...new Set(ports)];
};

const withPort = (draft: RunningDraft, bridge: string, port: string, mtu: string | undefined, at: Place): void => {
  if (!isInterfaceName(port)) {
    draft.tell('error', 'not-an-interface', `\`${port}\` is no name of an interface`, at);
    return;
  }
  const [, link, id] = /^(.+)\.0*(\d+)$/.exec(port) ?? [];
  const known = draft.interfaces.get(port);
  if (known === undefined && link !== undefined && numberIn(id, 4094) !== undefined) {
    changeLink(draft, link, { up: true }, at);
    addVlan(draft, port, link, Number(id), at);
  }
  const mtuBytes = numberIn(mtu, 65_536);
  changeLink(draft, port, { master: bridge, up: true, ...(mtuBytes === undefined ? {} : { mtuBytes }) }, at);
  if ((known?.addresses.length ?? 0) > 0)
    draft.tell('assumed', 'address-on-port', `\`${port}\` has addresses of its own and is a port of \`${bridge}\``, at);
};

const vlansOf = (iface: Iface): readonly PortVlan[] | undefined => {
  const access = numberIn(valueNamed(iface, 'bridge-access'), 4094);
  if (access !== undefined) return [{ id: access, pvid: true, untagged: true }];
  const pvid = numberIn(valueNamed(iface, 'bridge-pvid'), 4094) ?? 1;
  const ids = vlansIn(listNamed(iface, 'bridge-vids'));
  if (ids === undefined || (ids.length === 0 && optionNamed(iface, 'bridge-pvid') === undefined)) return undefined;
  return [...ids.filter((id) => id !== pvid).map((id) => ({ id })), { id: pvid, pvid: true, untagged: true }];
};

/** ifupdown2: a port says its own VLANs, or has those of its bridge. */
export const portVlans = (draft: RunningDraft, iface: Iface): void => {
  const vlans = vlansOf(iface);
  if (vlans === undefined || optionNamed(iface, 'bridge-ports') !== undefined) return;
  changeLink(draft, iface.name, { port: { ...linkIn(draft, iface.name, iface.at).port, vlans } }, iface.at);
};

export const bridgeHook = (draft: RunningDraft, iface: Iface, names: readonly string[]): void => {
  const ports = optionNamed(iface, 'bridge-ports');
  const other = iface.options.find(({ name }) => /^bridge[-_]/.test(name));
  if (ports === undefined) {
    if (
      other !== undefined &&
      !/^bridge[-_](?:access|vids|pvid|allow)/.test(other.name) &&
      draft.interfaces.get(iface.name)?.kind !== 'bridge'
    )
      draft.tell('ignored', 'no-bridge', `\`${other.name}\` says nothing where \`bridge_ports\` is not said`, other.at);
    return;
  }
  const { name } = iface;
  if (draft.interfaces.get(name)?.kind !== 'bridge')
    makeLink(draft, name, { kind: 'bridge', bridge: newBridge }, iface.at);
  if (/^(?:yes|1|on)$/.test(valueNamed(iface, 'bridge-vlan-aware') ?? ''))
    changeLink(draft, name, { bridge: { ...newBridge, vlanFiltering: true } }, iface.at);
  const mac = parseMac(valueNamed(iface, 'bridge-hw') ?? '');
  if (mac !== undefined) changeLink(draft, name, { mac }, iface.at);
  for (const port of portsOf(draft, listNamed(iface, 'bridge-ports'), names, ports.at))
    withPort(draft, name, port, valueNamed(iface, 'mtu'), ports.at);
  const members = [...draft.interfaces.values()].filter(({ master }) => master === name);
  // The bridge has the least MTU of its ports (br_mtu_auto_adjust).
  if (members.length > 0)
    changeLink(draft, name, { mtuBytes: Math.min(...members.map(({ mtuBytes }) => mtuBytes)) }, iface.at);
  const vlans = vlansOf(iface);
  if (vlans !== undefined)
    for (const [port, it] of draft.interfaces)
      if (it.master === name && it.port?.vlans === undefined)
        draft.interfaces.set(port, { ...it, port: { ...it.port, vlans } });
  for (const [option, verb] of [
    ['bridge-stp', 'stp'],
    ['bridge-fd', 'setfd'],
  ] as const) {
    const said = optionNamed(iface, option);
    if (said === undefined) continue;
    // The hook hands on every word, of which brctl takes the first: a comment behind it does nothing.
    const effect = runBrctl(draft, [verb, name, said.value.split(/\s+/)[0] ?? ''], said.at);
    if (effect.kind === 'wrong')
      draft.tell('error', 'refused-by-kernel', `\`${said.name} ${said.value}\`: ${effect.message}`, said.at);
  }
  changeLink(draft, name, { up: true }, iface.at);
};
