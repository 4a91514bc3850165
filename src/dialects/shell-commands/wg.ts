/** `wg set` of wireguard-tools (wg(8)): port, key and peers of a device that is there. */
import { parseIp } from '../../net/address.ts';
import { parseEndpoint } from '../../net/endpoint.ts';
import { printPrefix, prefixOf } from '../../net/prefix.ts';
import { type WireguardPeer, type WireguardSettings } from '../../state/network-state.ts';
import { type Place } from '../dialect.ts';
import { done, type Effect, ignored, unsaid, wrong } from './effect.ts';
import { changeLink, type RunningDraft } from './running-draft.ts';
import { numberIn } from './values.ts';

const isEffect = (value: WireguardPeer | WireguardSettings | Effect): value is Effect => 'kind' in value;

const lastPort = 65_535;

const isKey = (text: string): boolean => /^[A-Za-z0-9+/]{43}=$/.test(text);

/** A prefix, or an address alone; bits beyond the length are cut off. */
const allowedOf = (text: string): string | undefined => {
  const [host = '', length] = text.split('/');
  const address = parseIp(host);
  if (address === undefined) return undefined;
  const bits = address.family === 4 ? 32 : 128;
  const number = length === undefined ? bits : numberIn(length, bits);
  return number === undefined ? undefined : printPrefix(prefixOf(address, number));
};

const allowedIn = (text: string): readonly string[] | undefined => {
  const blocks = text.split(',').filter((part) => part !== '').map(allowedOf); // prettier-ignore
  return blocks.every((block) => block !== undefined) ? blocks : undefined;
};

const withoutKeepalive = ({ keepaliveSeconds: _seconds, ...peer }: WireguardPeer): WireguardPeer => peer;

const changedPeer = (peer: WireguardPeer, word: string, value: string): WireguardPeer | Effect => {
  if (word === 'endpoint') {
    return parseEndpoint(value) === undefined
      ? unsaid(`where the peer \`${value}\` is takes a name server to find out`)
      : { ...peer, endpoint: value };
  }
  if (word === 'persistent-keepalive') {
    if (value === 'off' || value === '0') return withoutKeepalive(peer);
    const keepaliveSeconds = numberIn(value, lastPort);
    return keepaliveSeconds === undefined
      ? wrong(`\`${value}\` is no number of seconds`)
      : { ...peer, keepaliveSeconds };
  }
  if (word === 'allowed-ips') {
    const allowedPrefixes = allowedIn(value);
    return allowedPrefixes === undefined ? wrong(`\`${value}\` is no list of prefixes`) : { ...peer, allowedPrefixes };
  }
  return word === 'preshared-key'
    ? unsaid('keys that two peers share are not modelled')
    : wrong(`\`${word}\` is no word here`);
};

const withPeer = (settings: WireguardSettings, words: readonly string[]): WireguardSettings | Effect => {
  const [publicKey = '', ...rest] = words;
  if (!isKey(publicKey)) return wrong(`\`${publicKey}\` is no public key`);
  const others = settings.peers.filter((peer) => peer.publicKey !== publicKey);
  if (rest[0] === 'remove') return { ...settings, peers: others };
  let peer: WireguardPeer = settings.peers.find((one) => one.publicKey === publicKey) ?? {
    publicKey,
    allowedPrefixes: [],
  };
  for (let at = 0; at < rest.length; at += 2) {
    const changed = changedPeer(peer, rest[at] ?? '', rest[at + 1] ?? '');
    if (isEffect(changed)) return changed;
    peer = changed;
  }
  return { ...settings, peers: [...others, peer] };
};

const withOwn = (settings: WireguardSettings, words: readonly string[]): WireguardSettings | Effect => {
  let changed = settings;
  for (let at = 0; at < words.length; at += 2) {
    const [word = '', value = ''] = words.slice(at, at + 2);
    const listenPort = numberIn(value, lastPort);
    if (word === 'listen-port' && listenPort !== undefined) changed = { ...changed, listenPort };
    else if (word === 'private-key') changed = { ...changed, privateKeyFile: value };
    else if (word === 'fwmark') return unsaid('marks of outer packets are not modelled');
    else return wrong(`\`${word} ${value}\` is nothing that a device can be set to`);
  }
  return changed;
};

/** What is said of the device, and of each peer: `peer` begins the next one. */
const partsOf = (words: readonly string[]): readonly (readonly string[])[] => {
  const parts: string[][] = [[]];
  for (const word of words)
    if (word === 'peer') parts.push([]);
    else parts.at(-1)?.push(word);
  return parts;
};

export const runWg = (draft: RunningDraft, words: readonly string[], at: Place): Effect => {
  const [verb = 'show', device = '', ...rest] = words;
  if (/^show/.test(verb)) return ignored('this only looks');
  if (verb !== 'set') return unsaid(`what stands in the file of \`wg ${verb}\` is not known here`);
  const link = draft.interfaces.get(device);
  if (link?.kind !== 'wireguard') return wrong(`\`${device}\` is no device of WireGuard`);
  const [own = [], ...peers] = partsOf(rest);
  let settings = withOwn(link.wireguard ?? { peers: [] }, own);
  for (const peer of peers) if (!isEffect(settings)) settings = withPeer(settings, peer);
  if (isEffect(settings)) return settings;
  changeLink(draft, device, { wireguard: settings }, at);
  return done;
};

/** A path that a shell takes for one word, and for nothing else. */
const isPlainPath = (path: string): boolean => /^[\w./@+-]+$/.test(path);

const sayPeer = ({ publicKey, endpoint, keepaliveSeconds, allowedPrefixes }: WireguardPeer): string =>
  [
    `peer ${publicKey}`,
    ...(endpoint === undefined ? [] : [`endpoint ${endpoint}`]),
    ...(keepaliveSeconds === undefined ? [] : [`persistent-keepalive ${keepaliveSeconds}`]),
    ...(allowedPrefixes.length === 0 ? [] : [`allowed-ips ${allowedPrefixes.join(',')}`]),
  ].join(' ');

/** What sets up a device that is there, a peer a command; without a key file whose path a shell would not leave as it is. */
export const wgCommands = (
  name: string,
  { listenPort, privateKeyFile, peers }: WireguardSettings,
): readonly string[] => {
  const own = [
    ...(listenPort === undefined ? [] : [`listen-port ${listenPort}`]),
    ...(privateKeyFile === undefined || !isPlainPath(privateKeyFile) ? [] : [`private-key ${privateKeyFile}`]),
  ];
  return [...(own.length === 0 ? [] : [own.join(' ')]), ...peers.map(sayPeer)].map((text) => `wg set ${name} ${text}`);
};
