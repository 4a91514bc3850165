/** `bridge vlan` and `bridge fdb` (bridge(8)): VLANs of ports, and the far ends of a VXLAN segment. */
import { parseIp, printIp } from '../../net/address.ts';
import { type PortVlan } from '../../state/network-state.ts';
import { bornVlans } from '../../state/normal-interface.ts';
import { type Place } from '../dialect.ts';
import { changeLink, linkIn, type RunningDraft } from './running-draft.ts';
import { done, type Effect, ignored, unsaid, wrong } from './effect.ts';
import { argumentsOf, next } from './options.ts';
import { isInterfaceName } from './values.ts';
import { vlansIn } from './vlan-ranges.ts';

interface VlanWords {
  ids: readonly number[] | undefined;
  dev: string;
  pvid: boolean;
  untagged: boolean;
  isSelf: boolean;
}

const readVlan = (words: readonly string[]): VlanWords => {
  const args = argumentsOf(words);
  const found: VlanWords = { ids: undefined, dev: '', pvid: false, untagged: false, isSelf: false };
  for (let word = next(args); word !== undefined; word = next(args)) {
    if (word === 'vid') found.ids = vlansIn([next(args) ?? '']);
    else if (word === 'dev') found.dev = next(args) ?? '';
    else if (word === 'pvid') found.pvid = true;
    else if (word === 'untagged') found.untagged = true;
    else if (word === 'self') found.isSelf = true;
  }
  return found;
};

const vlan = (draft: RunningDraft, action: string | undefined, words: readonly string[], at: Place): Effect => {
  const { ids, dev, pvid, untagged, isSelf } = readVlan(words);
  if (ids === undefined || !isInterfaceName(dev)) return wrong('it names no VLAN of a device');
  const it = linkIn(draft, dev, at);
  const before = (isSelf ? it.bridge?.vlans : it.port?.vlans) ?? bornVlans;
  const others = before.filter(({ id }) => !ids.includes(id));
  const added = ids.map((id): PortVlan => ({ id, ...(pvid ? { pvid } : {}), ...(untagged ? { untagged } : {}) }));
  const kept = pvid ? others.map(({ pvid: _, ...rest }): PortVlan => rest) : others;
  const vlans = action === 'add' ? [...kept, ...added] : others;
  if (!isSelf) changeLink(draft, dev, { port: { ...it.port, vlans } }, at);
  else if (it.bridge !== undefined) changeLink(draft, dev, { bridge: { ...it.bridge, vlans } }, at);
  return done;
};

const farEnd = (draft: RunningDraft, [mac, ...words]: readonly string[], at: Place): Effect => {
  const dev = words[words.indexOf('dev') + 1] ?? '';
  const address = parseIp(words[words.indexOf('dst') + 1] ?? '');
  const it = draft.interfaces.get(dev);
  if (mac !== '00:00:00:00:00:00' || !words.includes('dst') || it?.vxlan === undefined)
    return unsaid('entries of forwarding tables are not modelled');
  if (address === undefined) return wrong('the far end is no address');
  changeLink(draft, dev, { vxlan: { ...it.vxlan, remotes: [...it.vxlan.remotes, printIp(address)] } }, at);
  return done;
};

export const runBridge = (draft: RunningDraft, words: readonly string[], at: Place): Effect => {
  const [object, action, ...rest] = words;
  if (action === undefined || action === 'show') return ignored('this only looks');
  if (object === 'vlan' && (action === 'add' || action === 'del' || action === 'delete'))
    return vlan(draft, action, rest, at);
  if (object === 'fdb' && (action === 'append' || action === 'add')) return farEnd(draft, rest, at);
  return unsaid(`\`bridge ${object ?? ''} ${action}\` is not modelled`);
};
