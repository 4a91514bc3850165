/** `vconfig add eth0 5` makes eth0.5, unless `set_name_type` says otherwise. */
import { type Place } from '../dialect.ts';
import { type RunningDraft, linkIn, makeLink, removeLink } from './running-draft.ts';
import { done, type Effect, ignored, unsaid, wrong } from './effect.ts';
import { isInterfaceName, numberIn } from './values.ts';

export const addVlan = (draft: RunningDraft, name: string, link: string, id: number, at: Place): void => {
  const { mtuBytes } = linkIn(draft, link, at);
  if (draft.interfaces.get(name)?.kind === 'vlan') return;
  makeLink(draft, name, { kind: 'vlan', mtuBytes, vlan: { link, id } }, at);
};

export const runVconfig = (draft: RunningDraft, words: readonly string[], at: Place): Effect => {
  const [verb, link = '', number] = words;
  if (verb === 'rem') {
    removeLink(draft, link);
    return done;
  }
  if (verb === 'set_name_type')
    return link === 'DEV_PLUS_VID_NO_PAD' ? done : unsaid('other names of VLANs are not followed');
  if (verb !== 'add') return ignored('this sets what frames are marked with');
  const id = numberIn(number, 4094);
  if (id === undefined || !isInterfaceName(link)) return wrong('it names no VLAN of a device');
  addVlan(draft, `${link}.${id}`, link, id, at);
  return done;
};
