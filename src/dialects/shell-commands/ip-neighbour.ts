/** `ip neigh` (ip-neighbour(8)): entries that stay, and addresses that are answered for. */
import { parseIp, printIp } from '../../net/address.ts';
import { parseMac } from '../../net/mac.ts';
import { type Place } from '../dialect.ts';
import { type RunningDraft } from './running-draft.ts';
import { done, type Effect, ignored, unsaid, wrong } from './effect.ts';
import { isInterfaceName } from './values.ts';
import { argumentsOf, next } from './options.ts';

export const ipNeighbour = (draft: RunningDraft, action: string, words: readonly string[], at: Place): Effect => {
  if (action === 'show' || action === 'list' || action === 'flush') return ignored('this changes nothing that stays');
  const args = argumentsOf(words);
  let isProxy = false;
  let address: string | undefined;
  let mac: string | undefined;
  let dev = '';
  for (let word = next(args); word !== undefined; word = next(args)) {
    if (word === 'proxy') isProxy = true;
    else if (word === 'lladdr') mac = parseMac(next(args) ?? '');
    else if (word === 'dev') dev = next(args) ?? '';
    else if (word === 'nud') {
      if (next(args) !== 'permanent' && action !== 'delete')
        return unsaid('entries that the kernel forgets are not modelled');
    } else if (word === 'to') continue;
    else address = word;
  }
  const parsed = parseIp(address ?? '');
  if (parsed === undefined) return wrong(`\`${address ?? ''}\` is no address`);
  if (!isInterfaceName(dev)) return wrong('it names no device');
  const entry = { family: parsed.family, address: printIp(parsed), dev };
  const isOther = (it: { readonly address: string; readonly dev: string }): boolean =>
    it.address !== entry.address || it.dev !== dev;
  if (isProxy) draft.neighbourProxies = draft.neighbourProxies.filter(isOther);
  else draft.neighbours = draft.neighbours.filter(isOther);
  if (action === 'delete') return done;
  if (isProxy) {
    draft.neighbourProxies.push(entry);
    draft.origins[`${draft.stack}/neighbourProxies/${entry.address} dev ${dev}`] = at;
    return done;
  }
  if (mac === undefined) return wrong('it says no MAC address');
  draft.neighbours.push({ ...entry, mac });
  return done;
};
