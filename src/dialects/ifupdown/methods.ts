/**
 * What ifup(8) does for each family and method, as `ifup --no-act -v` of ifupdown 0.8.41 prints it. A method that fails
 * leaves undone what would come after it.
 */
import { parseIp, printIp } from '../../net/address.ts';
import { parseMac } from '../../net/mac.ts';
import { networkOf, lastOf, firstOf } from '../../net/prefix.ts';
import { type InterfaceAddress } from '../../state/network-state.ts';
import { classLength } from '../shell-commands/classes.ts';
import { setSysctl } from '../draft.ts';
import {
  addAddress,
  putService,
  changeLink,
  type RunningDraft,
  isOnLink,
  linkIn,
} from '../shell-commands/running-draft.ts';
import { deviceOf, ipAddress } from '../shell-commands/ip-address.ts';
import { codeOf } from '../shell-commands/effect.ts';
import { ipRoute } from '../shell-commands/ip-route.ts';
import { ipTunnel } from '../shell-commands/ip-tunnel.ts';
import { lengthIn, numberIn } from '../shell-commands/values.ts';
import { type Iface, optionNamed, optionsNamed, valueNamed } from './options.ts';

/** Whether it came to its end. */
type Outcome = boolean;

const fail = (draft: RunningDraft, iface: Iface, code: string, message: string, name?: string): Outcome => {
  draft.tell('error', code, message, (name === undefined ? undefined : optionNamed(iface, name))?.at ?? iface.at);
  return false;
};

/** `mtu` and `hwaddress`, which most methods take; then the link is up. */
const bringUp = (draft: RunningDraft, iface: Iface): Outcome => {
  const name = deviceOf(iface.name);
  changeLink(draft, name, { up: true }, iface.at);
  const mtu = optionNamed(iface, 'mtu');
  const mtuBytes = numberIn(mtu?.value, 65_536);
  if (mtu !== undefined && (mtuBytes === undefined || mtuBytes < 68))
    return fail(draft, iface, 'not-an-mtu', `\`${mtu.value}\` is no MTU`, 'mtu');
  if (mtuBytes !== undefined) changeLink(draft, name, { mtuBytes }, iface.at);
  const hardware = valueNamed(iface, 'hwaddress');
  if (hardware === undefined) return true;
  const word = hardware.replace(/^ether\s+/, '');
  const mac = parseMac(word);
  if (mac === undefined) {
    if (word === 'random') {
      draft.tell('not-said', 'random-mac', `\`${name}\` has another MAC address each time`, iface.at);
      return true;
    }
    return fail(draft, iface, 'not-a-mac', `\`${hardware}\` is no MAC address`, 'hwaddress');
  }
  changeLink(draft, name, { mac }, iface.at);
  return true;
};

/** Both spellings: a length behind the address counts, else `netmask`, else the class (IPv4) or all of it (IPv6). */
export const addressOf = (
  draft: RunningDraft,
  iface: Iface,
  text: string,
  family: 4 | 6,
): InterfaceAddress | undefined => {
  const [word = '', next] = text.split(/\s+/);
  const [bare = '', length] = word.split('/');
  if (next?.startsWith('#') === true && length === undefined) {
    fail(
      draft,
      iface,
      'comment-in-value',
      `\`${text}\`: \`#\` begins a comment at the start of a line only; ifup puts all of it into its command, and that fails`,
      'address',
    );
    return undefined;
  }
  const address = parseIp(bare);
  if (address?.family !== family) {
    fail(draft, iface, 'not-an-address', `\`${text}\` is no IPv${family} address`, 'address');
    return undefined;
  }
  const mask = length ?? valueNamed(iface, 'netmask');
  const prefixLength = mask === undefined ? (family === 4 ? classLength(address.value) : 128) : lengthIn(mask, family);
  if (prefixLength === undefined) {
    fail(
      draft,
      iface,
      'not-a-mask',
      `\`${mask ?? ''}\` is no netmask of IPv${family}`,
      length === undefined ? 'netmask' : 'address',
    );
    return undefined;
  }
  if (mask === undefined && family === 4)
    draft.tell(
      'assumed',
      'mask-of-class',
      `\`${bare}\` is given no netmask: ifup takes that of its class, /${prefixLength}`,
      iface.at,
    );
  return { family, address: printIp(address), prefixLength };
};

/** The network and broadcast addresses are told for checking only: ifup computes them. */
const checkNetwork = (draft: RunningDraft, iface: Iface, { address, prefixLength }: InterfaceAddress): void => {
  const block = networkOf(address, prefixLength);
  for (const [name, right] of [
    ['network', printIp(firstOf(block))],
    ['broadcast', printIp(lastOf(block))],
  ] as const) {
    const option = optionNamed(iface, name);
    if (option === undefined || option.value === '+' || option.value === '-' || option.value === right) continue;
    if (prefixLength >= 31 && name === 'broadcast') continue;
    const isUsed = name === 'broadcast' && parseIp(option.value)?.family === 4;
    draft.tell(
      isUsed ? 'error' : 'ignored',
      `wrong-${name}`,
      `\`${name} ${option.value}\` is not that of ${address}/${prefixLength}, which is ${right}`,
      option.at,
    );
  }
};

const gateway = (draft: RunningDraft, iface: Iface, family: 4 | 6): Outcome => {
  const option = optionNamed(iface, 'gateway');
  if (option === undefined) return true;
  const name = deviceOf(iface.name);
  // The shell that ifup asks cuts off what begins with `#`, and the device with it.
  const words = option.value.replace(/\s#.*$/, '').split(/\s+/);
  const via = parseIp(words[0] ?? '');
  if (via?.family !== family)
    return fail(draft, iface, 'not-a-gateway', `\`${option.value}\` is no IPv${family} address`, 'gateway');
  // ifup marks every gateway as on the link; it is said only where it makes a difference.
  const isNear = isOnLink(draft, printIp(via), name);
  if (!isNear)
    draft.tell(
      'assumed',
      'gateway-outside',
      `the gateway \`${words[0] ?? ''}\` is in no subnet of \`${name}\`: ifup makes the kernel take it (\`onlink\`), older ones fail here`,
      option.at,
    );
  const metric = valueNamed(iface, 'metric');
  const line = [
    'default',
    'via',
    ...words,
    ...(metric === undefined ? [] : ['metric', metric]),
    'dev',
    name,
    ...(isNear ? [] : ['onlink']),
  ];
  const effect = ipRoute(draft, family === 4 ? 'add' : 'replace', line, family, option.at);
  if (effect.kind === 'done') return true;
  return fail(
    draft,
    iface,
    codeOf(effect, 'failing-gateway'),
    `\`gateway ${option.value}\`: ${effect.message}`,
    'gateway',
  );
};

const static4 = (draft: RunningDraft, iface: Iface): Outcome => {
  const said = optionsNamed(iface, 'address');
  if (said.length === 0) return fail(draft, iface, 'no-address', `\`${iface.name}\` is static and has no \`address\``);
  const name = deviceOf(iface.name);
  for (const { value, at } of said.slice(0, iface.method === 'static2' ? said.length : 1)) {
    // ifupdown2 takes addresses of both families in one stanza.
    const address = addressOf(draft, iface, value, iface.method === 'static2' && value.includes(':') ? 6 : 4);
    if (address === undefined) return false;
    if (address.family === 4) checkNetwork(draft, iface, address);
    const peer = valueNamed(iface, 'pointopoint');
    const far = peer === undefined ? undefined : parseIp(peer);
    if (peer !== undefined && far === undefined)
      return fail(draft, iface, 'not-an-address', `\`${peer}\` is no address`, 'pointopoint');
    if (far === undefined)
      addAddress(draft, name, { ...address, ...(name === iface.name ? {} : { label: iface.name }) }, at);
    else ipAddress(draft, 'add', [address.address, 'peer', `${printIp(far)}/32`, 'dev', iface.name], at);
  }
  return bringUp(draft, iface) && gateway(draft, iface, 4);
};

const acceptance = (
  draft: RunningDraft,
  iface: Iface,
  accept: string | undefined,
  autoconf: string | undefined,
): void => {
  const { name, at } = iface;
  // An alias has no parameters of its own, and ifup does not mind.
  if (deviceOf(name) !== name) return;
  const said = (key: string): string | undefined => valueNamed(iface, key)?.split(/\s+/)[0];
  for (const [option, key, value] of [
    ['privext', 'use_tempaddr', said('privext')],
    ['accept-ra', 'accept_ra', said('accept-ra') ?? accept],
    ['autoconf', 'autoconf', said('autoconf') ?? autoconf],
  ] as const)
    if (value !== undefined && /^-?\d+$/.test(value))
      setSysctl(draft, `net/ipv6/conf/${name}/${key}`, value, optionNamed(iface, option)?.at ?? at);
};

/** A smaller MTU than the link's is that of IPv6 alone. */
const mtu6 = (draft: RunningDraft, iface: Iface): void => {
  const mtuBytes = numberIn(valueNamed(iface, 'mtu'), 65_536);
  if (mtuBytes === undefined) return;
  if (linkIn(draft, iface.name, iface.at).mtuBytes < mtuBytes) changeLink(draft, iface.name, { mtuBytes }, iface.at);
  else if (linkIn(draft, iface.name, iface.at).mtuBytes > mtuBytes)
    setSysctl(draft, `net/ipv6/conf/${iface.name}/mtu`, String(mtuBytes), iface.at);
};

const withoutMtu = (iface: Iface): Iface => ({ ...iface, options: iface.options.filter(({ name }) => name !== 'mtu') });

const static6 = (draft: RunningDraft, iface: Iface): Outcome => {
  const said = optionNamed(iface, 'address');
  if (said === undefined) return fail(draft, iface, 'no-address', `\`${iface.name}\` is static and has no \`address\``);
  acceptance(draft, iface, '0', '0');
  mtu6(draft, iface);
  const address = addressOf(draft, iface, said.value, 6);
  if (address === undefined || !bringUp(draft, withoutMtu(iface))) return false;
  addAddress(draft, deviceOf(iface.name), address, said.at);
  return gateway(draft, iface, 6);
};

const dhcpClient = (draft: RunningDraft, iface: Iface): Outcome => {
  const name = deviceOf(iface.name);
  const isUp = bringUp(draft, iface);
  const metric = numberIn(valueNamed(iface, 'metric')) ?? 0;
  const hostname = valueNamed(iface, 'hostname') ?? draft.stack;
  putService(draft, { kind: 'dhcp-client', interface: name, hostname, metric }, iface.at);
  return isUp;
};

/** `tunnel` (inet) and `v4tunnel` (inet6): a device, its address, and the way to the far end. */
const tunnel = (draft: RunningDraft, iface: Iface, family: 4 | 6): Outcome => {
  const { name, at } = iface;
  const mode = family === 6 ? 'sit' : (valueNamed(iface, 'mode')?.toLowerCase() ?? '');
  const words = ['name', name, 'mode', mode, 'remote', valueNamed(iface, 'endpoint') ?? ''];
  for (const option of ['local', 'ttl', 'tos'] as const) {
    const value = valueNamed(iface, option);
    if (value !== undefined) words.push(option, value);
  }
  const made = ipTunnel(draft, 'add', words, at);
  if (made.kind !== 'done') {
    draft.tell(made.kind === 'unsaid' ? 'not-said' : 'error', 'unsaid-tunnel', `\`${name}\`: ${made.message}`, at);
    return false;
  }
  if (!bringUp(draft, iface)) return false;
  const said = optionNamed(iface, 'address');
  const address = said === undefined ? undefined : addressOf(draft, iface, said.value, family);
  if (said !== undefined && address === undefined) return false;
  if (address !== undefined) addAddress(draft, name, address, said?.at ?? at);
  const via = valueNamed(iface, 'gateway');
  if (via !== undefined && family === 6) ipRoute(draft, 'add', [via, 'dev', name], 6, at);
  return gateway(draft, iface, family);
};

/** The relay is the anycast address that nobody serves any more (RFC 7526). */
const sixToFour = (draft: RunningDraft, iface: Iface): Outcome => {
  const { name, at } = iface;
  const local = parseIp(valueNamed(iface, 'local') ?? '');
  if (local?.family !== 4)
    return fail(draft, iface, 'no-address', `\`${name}\` says no \`local\` IPv4 address`, 'local');
  const ttl = valueNamed(iface, 'ttl');
  ipTunnel(
    draft,
    'add',
    [name, 'mode', 'sit', 'remote', 'any', 'local', printIp(local), ...(ttl === undefined ? [] : ['ttl', ttl])],
    at,
  );
  if (!bringUp(draft, iface)) return false;
  const own = printIp({ family: 6, value: (0x2002n << 112n) | (local.value << 80n) | 1n });
  addAddress(draft, name, { family: 6, address: own, prefixLength: 16 }, at);
  ipRoute(draft, 'add', ['2000::/3', 'via', '::192.88.99.1', 'dev', name], 6, at);
  return true;
};

const notModelled = (draft: RunningDraft, iface: Iface): Outcome => {
  draft.tell(
    'not-said',
    'unsaid-method',
    `\`${iface.family} ${iface.method}\` of \`${iface.name}\` is not modelled`,
    iface.at,
  );
  return true;
};

export const families: Readonly<Record<string, readonly string[]>> = {
  inet: ['loopback', 'static', 'manual', 'dhcp', 'bootp', 'tunnel', 'ppp', 'wvdial', 'ipv4ll'],
  inet6: ['auto', 'loopback', 'static', 'manual', 'dhcp', 'tunnel', 'v4tunnel', '6to4'],
  can: ['static'],
  ipx: ['static', 'dynamic'],
};

export const runMethod = (draft: RunningDraft, iface: Iface): Outcome => {
  switch (`${iface.family} ${iface.method}`) {
    case 'inet loopback':
    case 'inet6 loopback':
      // Linux has one, and its name is `lo`.
      return /^lo\d+$/.test(iface.name)
        ? fail(draft, iface, 'no-device', `there is no \`${iface.name}\`: the loopback interface is \`lo\``)
        : true;
    case 'inet static':
    case 'inet static2':
      return static4(draft, iface);
    case 'inet manual':
    case 'inet6 manual':
      return bringUp(draft, iface);
    case 'inet dhcp':
      return dhcpClient(draft, iface);
    case 'inet tunnel':
      return tunnel(draft, iface, 4);
    case 'inet6 auto':
      acceptance(draft, iface, '2', '1');
      return bringUp(draft, iface);
    case 'inet6 static':
      return static6(draft, iface);
    case 'inet6 dhcp':
      acceptance(draft, iface, '1', undefined);
      return bringUp(draft, iface) && notModelled(draft, iface);
    case 'inet6 v4tunnel':
      return tunnel(draft, iface, 6);
    case 'inet6 6to4':
      return sixToFour(draft, iface);
    default:
      return notModelled(draft, iface);
  }
};
