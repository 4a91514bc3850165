/** `ip link` (ip-link(8)): devices made, changed and removed. */
import { parseMac } from '../../net/mac.ts';
import { parseIp } from '../../net/address.ts';
import { type Interface, type VxlanSettings } from '../../state/network-state.ts';
import { type Place } from '../dialect.ts';
import { changeLink, type RunningDraft, linkIn, makeLink, removeLink, withoutMaster } from './running-draft.ts';
import { done, type Effect, ignored, unsaid, wrong } from './effect.ts';
import { isInterfaceName, numberIn } from './values.ts';
import { bondChange } from './bond-options.ts';
import { argumentsOf, type Arguments, next, peek } from './options.ts';
import { bridgeChange, portChange } from './bridge-options.ts';
import { readTunnel, tunnelMtu } from './ip-tunnel.ts';

interface NewLink {
  name: string | undefined;
  base: string | undefined;
  change: Partial<Interface>;
}

const flagOf = (word: string | undefined): boolean | undefined =>
  word === 'on' || word === '1' ? true : word === 'off' || word === '0' ? false : undefined;

/** Words of the device itself that both `add` and `set` take. Undefined: not one of them. */
const commonChange = (word: string, args: Arguments): Partial<Interface> | Effect | undefined => {
  switch (word) {
    case 'mtu': {
      const mtuBytes = numberIn(next(args), 65_536);
      return mtuBytes === undefined ? wrong('the MTU is no number') : { mtuBytes };
    }
    case 'address': {
      const mac = parseMac(next(args) ?? '');
      return mac === undefined ? wrong('the address is no MAC address') : { mac };
    }
    case 'up':
      return { up: true };
    case 'down':
      return { up: false };
    case 'master': {
      const master = next(args) ?? '';
      return isInterfaceName(master) ? { master } : wrong('it names no master');
    }
    case 'txqueuelen':
    case 'qlen':
    case 'alias':
    case 'addrgenmode':
    case 'group':
    case 'numtxqueues':
    case 'numrxqueues':
    case 'gso_max_size':
      next(args);
      return {};
    case 'promisc':
    case 'multicast':
    case 'allmulticast':
    case 'trailers':
    case 'dynamic':
      next(args);
      return {};
    default:
      return undefined;
  }
};

const isEffect = (value: Partial<Interface> | Effect): value is Effect =>
  'kind' in value && (value.kind === 'done' || 'message' in value);

/** Ethernet, VXLAN, UDP and IPv4: what a VXLAN leaves of its device's MTU (vxlan_headroom of the kernel). */
const outerHeaderBytes = 50;

const vxlanOf = (args: Arguments, draft: RunningDraft, at: Place): Partial<Interface> | Effect => {
  let vxlan: VxlanSettings = { id: 0, remotes: [], port: 8472 };
  let mtuBytes = 1500;
  for (let word = next(args); word !== undefined; word = next(args)) {
    if (word === 'nolearning' || word === 'learning' || word === 'udpcsum' || word === 'noudpcsum') continue;
    const value = next(args) ?? '';
    if (word === 'id' || word === 'vni') vxlan = { ...vxlan, id: numberIn(value) ?? 0 };
    else if (word === 'dstport') vxlan = { ...vxlan, port: numberIn(value, 65_535) ?? 8472 };
    else if (word === 'local' && parseIp(value) !== undefined) vxlan = { ...vxlan, local: value };
    else if (word === 'remote' && parseIp(value) !== undefined) vxlan = { ...vxlan, remotes: [value] };
    else if (word === 'dev') mtuBytes = linkIn(draft, value, at).mtuBytes - outerHeaderBytes;
    else if (word !== 'ttl' && word !== 'tos' && word !== 'ageing')
      return unsaid(`\`${word}\` of a VXLAN is not modelled`);
  }
  return { kind: 'vxlan', mtuBytes, vxlan };
};

/** What `type KIND …` makes. */
const kindChange = (
  kind: string,
  args: Arguments,
  draft: RunningDraft,
  link: NewLink,
  at: Place,
): Partial<Interface> | Effect => {
  const base = link.base ?? '';
  switch (kind) {
    case 'dummy':
      return { kind: 'dummy' };
    case 'wireguard':
      return { kind: 'wireguard', mtuBytes: 1420, wireguard: { peers: [] } };
    case 'bridge':
      return bridgeChange({ stp: false, forwardDelaySeconds: 15 }, args);
    case 'bond':
      return bondChange({ mode: 'balance-rr' }, args);
    case 'vlan': {
      const words = [...args.words.slice(args.at)];
      args.at = args.words.length;
      const id = numberIn(words[words.indexOf('id') + 1], 4094);
      if (id === undefined || !words.includes('id') || !isInterfaceName(base))
        return wrong('it names no VLAN of a device');
      return { kind: 'vlan', mtuBytes: linkIn(draft, base, at).mtuBytes, vlan: { link: base, id } };
    }
    case 'macvlan': {
      const mode = peek(args) === 'mode' ? args.words[args.at + 1] : 'vepa';
      args.at = args.words.length;
      if (mode !== 'bridge' && mode !== 'private' && mode !== 'vepa')
        return unsaid('this mode of macvlan is not modelled');
      if (!isInterfaceName(base)) return wrong('it names no device below');
      return { kind: 'macvlan', mtuBytes: linkIn(draft, base, at).mtuBytes, macvlan: { link: base, mode } };
    }
    case 'vrf': {
      const table = next(args) === 'table' ? numberIn(next(args)) : undefined;
      return table === undefined ? wrong('a VRF has a table') : { kind: 'vrf', mtuBytes: 65_575, vrf: { table } };
    }
    case 'vxlan':
      return vxlanOf(args, draft, at);
    case 'sit':
    case 'ipip':
    case 'gre': {
      const tunnel = readTunnel(['mode', kind, ...args.words.slice(args.at)]);
      args.at = args.words.length;
      return 'message' in tunnel ? tunnel : { kind: 'tunnel', mtuBytes: tunnelMtu[kind], tunnel: tunnel.settings };
    }
    case 'veth': {
      const peer =
        peek(args) === 'peer' ? args.words[args.at + (args.words[args.at + 1] === 'name' ? 2 : 1)] : undefined;
      args.at = args.words.length;
      if (peer !== undefined && isInterfaceName(peer)) linkIn(draft, peer, at);
      return { kind: 'ethernet' };
    }
    default:
      return unsaid(`a device of type \`${kind}\` is not modelled`);
  }
};

const addLink = (draft: RunningDraft, words: readonly string[], at: Place): Effect => {
  const args = argumentsOf(words);
  const link: NewLink = { name: undefined, base: undefined, change: {} };
  for (let word = next(args); word !== undefined; word = next(args)) {
    if (word === 'link') link.base = next(args);
    else if (word === 'name' || word === 'dev') link.name = next(args);
    else if (word === 'type') {
      const change = kindChange(next(args) ?? '', args, draft, link, at);
      if (isEffect(change)) return change;
      link.change = { ...change, ...link.change };
    } else {
      const change = commonChange(word, args);
      if (change === undefined && link.name === undefined && isInterfaceName(word)) link.name = word;
      else if (change === undefined) return unsaid(`\`${word}\` is not modelled`);
      else if (isEffect(change)) return change;
      else link.change = { ...link.change, ...change };
    }
  }
  if (link.name === undefined || !isInterfaceName(link.name)) return wrong('it names no device');
  if (link.change.kind === undefined) return wrong('it says no type');
  makeLink(draft, link.name, link.change, at);
  return done;
};

const renameLink = (draft: RunningDraft, from: string, to: string | undefined, at: Place): Effect => {
  if (to === undefined || !isInterfaceName(to)) return wrong('it names no new name');
  draft.interfaces.set(to, linkIn(draft, from, at));
  draft.interfaces.delete(from);
  draft.origins[`${draft.stack}/interfaces/${to}`] = at;
  return done;
};

const setLink = (draft: RunningDraft, words: readonly string[], at: Place): Effect => {
  const args = argumentsOf(words);
  let name: string | undefined;
  let effect: Effect = done;
  for (let word = next(args); word !== undefined; word = next(args)) {
    if (word === 'dev') name = next(args);
    else if (word === 'nomaster' && name !== undefined)
      draft.interfaces.set(name, withoutMaster(linkIn(draft, name, at)));
    else if (word === 'name' && name !== undefined) effect = renameLink(draft, name, next(args), at);
    else if (word === 'type' && name !== undefined) {
      const kind = next(args);
      const it = linkIn(draft, name, at);
      const change =
        kind === 'bridge'
          ? bridgeChange(it.bridge ?? { stp: false, forwardDelaySeconds: 15 }, args)
          : kind === 'bond'
            ? bondChange(it.bond ?? { mode: 'balance-rr' }, args)
            : kind === 'bridge_slave'
              ? portChange(it.port ?? {}, args)
              : unsaid(`\`type ${kind ?? ''}\` is not modelled`);
      if (isEffect(change)) effect = change;
      else changeLink(draft, name, change, at);
    } else if (word === 'arp' || word === 'vf' || word === 'netns' || word === 'xdp') {
      args.at = args.words.length;
      effect = word === 'arp' && flagOf(words.at(-1)) === true ? done : unsaid(`\`${word}\` is not modelled`);
    } else {
      const change = commonChange(word, args);
      if (change === undefined && name === undefined && isInterfaceName(word)) name = word;
      else if (change === undefined) effect = unsaid(`\`${word}\` is not modelled`);
      else if (isEffect(change)) effect = change;
      else if (name === undefined) {
        // `ip link set up dev eth0` says the change first.
        const later = words.indexOf('dev');
        const device = later < 0 ? words[args.at] : words[later + 1];
        if (device === undefined || !isInterfaceName(device)) return wrong('it names no device');
        changeLink(draft, device, change, at);
      } else changeLink(draft, name, change, at);
    }
  }
  return name === undefined || !isInterfaceName(name) ? wrong('it names no device') : effect;
};

export const ipLink = (draft: RunningDraft, action: string, words: readonly string[], at: Place): Effect => {
  switch (action) {
    case 'add':
      return addLink(draft, words, at);
    case 'set':
    case 'change':
      return setLink(draft, words, at);
    case 'delete': {
      const name = words[0] === 'dev' || words[0] === 'name' ? words[1] : words[0];
      if (name === undefined) return wrong('it names no device');
      removeLink(draft, name);
      return done;
    }
    default:
      return ignored('this only looks');
  }
};
