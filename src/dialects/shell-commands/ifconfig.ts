/** `ifconfig` of net-tools: an address replaces the first one of the device, an alias `eth0:1` is one more with a label. */
import { parseIp, printIp } from '../../net/address.ts';
import { parseMac } from '../../net/mac.ts';
import { type Place } from '../dialect.ts';
import { classLength } from './classes.ts';
import { addAddress, changeLink, type RunningDraft, linkIn, removeAddresses } from './running-draft.ts';
import { done, type Effect, ignored, unsaid, wrong } from './effect.ts';
import { addressIn, isInterfaceName, lengthIn, numberIn } from './values.ts';
import { deviceOf } from './ip-address.ts';
import { argumentsOf, type Arguments, next } from './options.ts';

/** An IPv4 address by itself has the mask of its class until `netmask` says another. */
const setAddress = (draft: RunningDraft, label: string, text: string, mask: string | undefined, at: Place): Effect => {
  const [bare = '', length] = text.split('/');
  const address = parseIp(bare);
  if (address?.family !== 4) return wrong(`\`${text}\` is no IPv4 address`);
  const name = deviceOf(label);
  const prefixLength =
    lengthIn(length ?? mask ?? '', 4) ?? (mask === undefined ? classLength(address.value) : undefined);
  if (prefixLength === undefined) return wrong(`\`${mask ?? ''}\` is no netmask`);
  const isAlias = label !== name;
  const first = linkIn(draft, name, at).addresses.find(
    (it) => it.family === 4 && it.label === (isAlias ? label : undefined),
  );
  if (first !== undefined) removeAddresses(draft, name, (it) => it === first, at);
  if (address.value !== 0n)
    addAddress(draft, name, { family: 4, address: printIp(address), prefixLength, ...(isAlias ? { label } : {}) }, at);
  changeLink(draft, name, { up: true }, at);
  return done;
};

const six = (draft: RunningDraft, name: string, word: string, text: string, at: Place): Effect => {
  const address = addressIn(text.includes('/') ? text : `${text}/128`);
  if (address?.family !== 6) return wrong(`\`${text}\` is no IPv6 address`);
  if (word === 'add') addAddress(draft, name, address, at);
  else removeAddresses(draft, name, (it) => it.address === address.address, at);
  return done;
};

const hardware = (draft: RunningDraft, name: string, args: Arguments, at: Place): Effect => {
  const kind = next(args);
  const mac = parseMac((kind === 'ether' ? next(args) : kind) ?? '');
  if (mac === undefined) return wrong('the hardware address is no MAC address');
  changeLink(draft, name, { mac }, at);
  return done;
};

const silent = new Set([
  'arp',
  'multicast',
  'allmulti',
  '-allmulti',
  'promisc',
  '-promisc',
  'trailers',
  '-trailers',
  'inet',
  '-pointopoint',
]);

export const runIfconfig = (draft: RunningDraft, words: readonly string[], at: Place): Effect => {
  const args = argumentsOf(words.filter((word) => !/^-[asv]$/.test(word)));
  const label = next(args);
  if (label === undefined) return ignored('this only looks');
  const name = deviceOf(label);
  if (!isInterfaceName(name)) return wrong(`\`${label}\` is no interface`);
  if (args.at >= args.words.length) return ignored('this only looks');
  const mask = args.words.includes('netmask') ? args.words[args.words.indexOf('netmask') + 1] : undefined;
  let effect: Effect = done;
  const keep = (result: Effect): void => {
    if (effect.kind === 'done') effect = result;
  };
  for (let word = next(args); word !== undefined; word = next(args)) {
    if (word === 'up') changeLink(draft, name, { up: true }, at);
    else if (word === 'down') {
      if (name === label) changeLink(draft, name, { up: false }, at);
      else removeAddresses(draft, name, (it) => it.label === label, at);
    } else if (word === 'mtu') {
      const mtuBytes = numberIn(next(args), 65_536);
      if (mtuBytes === undefined) keep(wrong('the MTU is no number'));
      else changeLink(draft, name, { mtuBytes }, at);
    } else if (word === 'hw') keep(hardware(draft, name, args, at));
    else if (word === 'netmask' || word === 'broadcast' || word === 'metric' || word === 'txqueuelen') next(args);
    else if (word === 'inet6') {
      const verb = next(args) ?? '';
      keep(
        six(
          draft,
          name,
          verb === 'del' ? 'del' : 'add',
          verb === 'add' || verb === 'del' ? (next(args) ?? '') : verb,
          at,
        ),
      );
    } else if (word === 'add' || word === 'del') keep(six(draft, name, word, next(args) ?? '', at));
    else if (word === 'pointopoint' || word === 'dstaddr' || word === 'tunnel' || word === '-arp') {
      next(args);
      keep(unsaid(`\`${word}\` is not modelled`));
    } else if (!silent.has(word)) keep(setAddress(draft, label, word, mask, at));
  }
  if (
    mask !== undefined &&
    !args.words.some((word) => parseIp(word.split('/')[0] ?? '')?.family === 4 && word !== mask)
  )
    keep(unsaid('a mask without an address is not modelled'));
  return effect;
};
