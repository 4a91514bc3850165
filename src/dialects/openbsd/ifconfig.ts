/**
 * ifconfig(8) of OpenBSD, carried out on a draft: an IPv4 address takes the place of the first one unless it is an `alias`,
 * IPv6 addresses are added; an address brings its interface up, and so does asking for one.
 */
import { parseIp, printIp } from '../../net/address.ts';
import { type InterfaceAddress } from '../../state/network-state.ts';
import { addRoute, setSysctl } from '../draft.ts';
import { type Place } from '../dialect.ts';
import { classLength } from '../shell-commands/classes.ts';
import { addAddress, changeLink, linkIn, putService, removeAddresses, type RunningDraft } from '../shell-commands/running-draft.ts'; // prettier-ignore
import { lengthIn } from '../shell-commands/values.ts';
import { placeIn, type Word } from '../text.ts';
import { makeDevice, nameInModel } from './devices.ts';
import { readWish, type Refusal, type Wish } from './ifconfig-words.ts';

/** The interface that a call is about, by its name in the model, and where the call stands. */
export interface Subject {
  readonly draft: RunningDraft;
  readonly name: string;
  readonly path: string;
}

/** A mask or length that is not said is that of the class (IPv4), or 64 bits (IPv6, in6_update_ifa of the kernel). */
const addressOf = ({ address, length, family }: Wish): InterfaceAddress | Refusal | undefined => {
  if (address === undefined) return undefined;
  const [bare = '', behind] = address.text.split('/');
  const parsed = parseIp(bare);
  if (parsed === undefined) return undefined;
  const said = behind ?? length?.text;
  const prefixLength = said === undefined ? (family === 4 ? classLength(parsed.value) : 64) : lengthIn(said, family);
  if (prefixLength !== undefined) return { family, address: printIp(parsed), prefixLength };
  const what = family === 4 ? 'netmask' : 'prefix length';
  return { word: length ?? address, code: 'not-a-netmask', message: `\`${said ?? ''}\` is no ${what}` };
};

/** The far end of an address is a route to it. */
const addDestination = ({ draft, name }: Subject, { destination, family }: Wish, at: Place): void => {
  const far = parseIp(destination?.text ?? '');
  if (far === undefined) return;
  const to = `${printIp(far)}/${family === 4 ? 32 : 128}`;
  addRoute(draft, { family, to, type: 'unicast', dev: name, metric: family === 4 ? 0 : 256, table: 254 }, at);
  draft.tell('assumed', 'peer', `\`${printIp(far)}\` is the far end of a link: it was taken for a route to it`, at);
};

const setAddress = (subject: Subject, wish: Wish, address: InterfaceAddress, at: Place): void => {
  const { draft, name } = subject;
  const isSame = (it: InterfaceAddress): boolean => it.address === address.address;
  if (wish.kind === 'removal') {
    removeAddresses(draft, name, isSame, at);
    return;
  }
  const first = linkIn(draft, name, at).addresses.find(({ family }) => family === 4);
  if (wish.kind === 'set' && wish.family === 4 && first !== undefined)
    removeAddresses(draft, name, (it) => it === first, at);
  addAddress(draft, name, address, at);
  changeLink(draft, name, { up: true }, at);
  addDestination(subject, wish, at);
};

/** Without `autoconf` router advertisements are not heard, whether it forwards or not. */
export const takeAdvertisements = (draft: RunningDraft, name: string, isOn: boolean, at: Place): void =>
  setSysctl(draft, `net/ipv6/conf/${name}/accept_ra`, isOn ? '2' : '0', at);

/** A NIC hears router advertisements only where it is told to. */
export const startDevice = (draft: RunningDraft, name: string, at: Place): void => {
  makeDevice(draft, name, at);
  if (draft.interfaces.get(nameInModel(name))?.kind === 'ethernet')
    takeAdvertisements(draft, nameInModel(name), false, at);
};

export const askByDhcp = (draft: RunningDraft, name: string, at: Place): void => {
  putService(draft, { kind: 'dhcp-client', interface: name, hostname: draft.stack, metric: 0 }, at);
  changeLink(draft, name, { up: true }, at);
};

const stopDhcp = (draft: RunningDraft, name: string): void => {
  draft.services = draft.services.filter((it) => it.kind !== 'dhcp-client' || it.interface !== name);
};

const changeDevice = ({ draft, name, path }: Subject, wish: Wish, at: Place): void => {
  const it = linkIn(draft, name, at);
  const { tunnel, mtuBytes, mac, up, vlanId, vlanLink } = wish;
  if (mtuBytes !== undefined) changeLink(draft, name, { mtuBytes }, at);
  if (mac !== undefined) changeLink(draft, name, { mac }, at);
  if (up !== undefined) changeLink(draft, name, { up }, at);
  if (tunnel !== undefined && it.tunnel !== undefined)
    changeLink(draft, name, { tunnel: { ...it.tunnel, ...tunnel } }, at);
  if (tunnel !== undefined && it.tunnel === undefined)
    draft.tell('error', 'not-a-tunnel', `\`${name}\` is no tunnel: gif(4) and gre(4) are`, at);
  if (vlanId === undefined && vlanLink === undefined) return;
  if (!/^vlan\d+$/.test(name)) {
    draft.tell('not-said', 'unsaid-word', `networks within \`${name}\` are not modelled`, at);
    return;
  }
  const link = vlanLink ?? it.vlan?.link ?? '';
  const id = vlanId ?? it.vlan?.id ?? 0;
  const below = draft.interfaces.get(nameInModel(link));
  changeLink(draft, name, { vlan: { link, id }, ...(mtuBytes === undefined && below ? { mtuBytes: below.mtuBytes } : {}) }, at); // prettier-ignore
  if (link !== '' && id !== 0) changeLink(draft, name, { kind: 'vlan' }, at);
  if (link !== '' && below === undefined)
    draft.tell('error', 'no-such-device', `\`${link}\` is no interface that was there before`, placeIn(path, at));
};

export const runIfconfig = (subject: Subject, words: readonly Word[], at: Place): void => {
  const { draft, name, path } = subject;
  const wish = readWish(words);
  const address = 'word' in wish ? wish : addressOf(wish);
  if ('word' in wish || (address !== undefined && 'word' in address)) {
    const { word, code, message } = 'word' in wish ? wish : (address as Refusal);
    draft.tell('error', code, message, placeIn(path, word));
    return;
  }
  for (const word of wish.unsaid)
    draft.tell('not-said', 'unsaid-word', `\`${word.text}\` of an interface is not modelled`, placeIn(path, word));
  changeDevice(subject, wish, at);
  if (address !== undefined) setAddress(subject, wish, address, at);
  else if (wish.kind === 'removal') {
    const [first] = linkIn(draft, name, at).addresses.filter(({ family }) => family === wish.family);
    removeAddresses(draft, name, (it) => it === first, at);
  }
  for (const [family, isOn] of wish.autoconf) {
    if (family === 6) takeAdvertisements(draft, name, isOn, at);
    else if (isOn) askByDhcp(draft, name, at);
    else stopDhcp(draft, name);
    if (isOn) changeLink(draft, name, { up: true }, at);
  }
};
