/** `ip addr` (ip-address(8)). */
import { parseIp, printIp } from '../../net/address.ts';
import { type Place } from '../dialect.ts';
import { addRoute } from '../draft.ts';
import { addAddress, type RunningDraft, removeAddresses } from './running-draft.ts';
import { done, type Effect, ignored, wrong } from './effect.ts';
import { addressIn, isInterfaceName } from './values.ts';
import { argumentsOf, next } from './options.ts';

const withValue = new Set(['scope', 'valid_lft', 'preferred_lft', 'broadcast', 'brd', 'anycast', 'metric', 'proto']);
const alone = new Set(['nodad', 'home', 'mngtmpaddr', 'noprefixroute', 'autojoin', 'optimistic']);

interface AddressWords {
  readonly address: string | undefined;
  readonly peer: string | undefined;
  readonly dev: string | undefined;
  readonly label: string | undefined;
  readonly unknown: string | undefined;
}

const readWords = (words: readonly string[]): AddressWords => {
  const args = argumentsOf(words);
  const found: { address?: string; peer?: string; dev?: string; label?: string; unknown?: string } = {};
  for (let word = next(args); word !== undefined; word = next(args)) {
    if (word === 'local') found.address = next(args) ?? '';
    else if (word === 'peer' || word === 'dev' || word === 'label') found[word] = next(args) ?? '';
    else if (withValue.has(word)) next(args);
    else if (alone.has(word)) continue;
    else if (found.address === undefined) found.address = word;
    else found.unknown = word;
  }
  const { address, peer, dev, label, unknown } = found;
  return { address, peer, dev, label, unknown };
};

/** An alias `eth0:1` is a label of eth0. */
export const deviceOf = (name: string): string => name.split(':')[0] ?? name;

const addIt = (draft: RunningDraft, words: readonly string[], at: Place): Effect => {
  const { address, peer, dev, label, unknown } = readWords(words);
  if (dev === undefined || !isInterfaceName(deviceOf(dev))) return wrong('it names no device');
  if (unknown !== undefined) return wrong(`\`${unknown}\` is no word of \`ip addr add\``);
  const parsed = addressIn(address ?? '');
  if (parsed === undefined) return wrong(`\`${address ?? ''}\` is no address`);
  const name = deviceOf(dev);
  const named = label ?? (dev.includes(':') ? dev : undefined);
  addAddress(draft, name, { ...parsed, ...(named === undefined || named === name ? {} : { label: named }) }, at);
  const far = peer === undefined ? undefined : addressIn(peer);
  if (peer !== undefined && far === undefined) return wrong(`\`${peer}\` is no address`);
  if (far !== undefined) {
    const to = `${far.address}/${far.prefixLength}`;
    addRoute(
      draft,
      { family: far.family, to, type: 'unicast', dev: name, metric: far.family === 4 ? 0 : 256, table: 254 },
      at,
    );
    draft.tell('assumed', 'peer', `\`${far.address}\` is the far end of a link: it was taken for a route to it`, at);
  }
  return done;
};

const removeIt = (draft: RunningDraft, words: readonly string[], at: Place): Effect => {
  const { address, dev } = readWords(words);
  if (dev === undefined || !isInterfaceName(deviceOf(dev))) return wrong('it names no device');
  const [bare = '', length] = (address ?? '').split('/');
  const parsed = parseIp(bare);
  if (parsed === undefined) return wrong(`\`${address ?? ''}\` is no address`);
  const text = printIp(parsed);
  removeAddresses(
    draft,
    deviceOf(dev),
    (it) => it.address === text && (length === undefined || it.prefixLength === Number(length)),
    at,
  );
  return done;
};

export const ipAddress = (draft: RunningDraft, action: string, words: readonly string[], at: Place): Effect => {
  switch (action) {
    case 'add':
    case 'change':
    case 'replace':
      return addIt(draft, words, at);
    case 'delete':
      return removeIt(draft, words, at);
    case 'flush': {
      const { dev, address } = readWords(words);
      const name = dev ?? address;
      if (name === undefined || !isInterfaceName(name)) return wrong('it names no device');
      if (words.includes('mngtmpaddr') || words.includes('dynamic')) return ignored('only what is made by itself goes');
      removeAddresses(draft, name, () => true, at);
      return done;
    }
    default:
      return ignored('this only looks');
  }
};
