/** Routes to what the peers of a WireGuard device may have, which NetworkManager adds (`peer-routes`, nm-settings-nmcli(5)). */
import { type Family } from '../../net/address.ts';
import { type Interface } from '../../state/network-state.ts';
import { everything } from '../default-route.ts';
import { addRoute, type Draft } from '../draft.ts';
import { checked, readBoolean, valueIn, type Profile, type Value } from './profile.ts';

export interface AddressingPlace {
  readonly profile: Profile;
  readonly name: string;
  readonly it: Interface;
  readonly family: Family;
  readonly method: Value | undefined;
  /** Of routes that name none. */
  readonly metric: number;
  readonly table: number;
  readonly draft: Draft;
}

/** Whether NetworkManager keeps the default route to a peer apart: unless that is switched off, or a gateway is said. */
const isKeptApart = ({ profile, family, draft }: AddressingPlace): boolean => {
  const own = valueIn(profile, 'wireguard', `ip${family}-auto-default-route`);
  if (own !== undefined && own.text !== '-1') return checked(own, 'true or false', readBoolean, draft.tell) === true;
  return valueIn(profile, `ipv${family}`, 'gateway') === undefined;
};

export const addPeerRoutes = (place: AddressingPlace, isNeverDefault: boolean): void => {
  const { profile, name, it, family, method, metric, table, draft } = place;
  const own = valueIn(profile, 'wireguard', 'peer-routes');
  if (checked(own, 'true or false', readBoolean, draft.tell) === false) return;
  if (method === undefined || /^(disabled|ignore)$/.test(method.text)) return;
  const prefixes = new Set((it.wireguard?.peers ?? []).flatMap(({ allowedPrefixes }) => allowedPrefixes));
  for (const to of prefixes) {
    if (to.includes(':') !== (family === 6)) continue;
    const isDefault = to === everything[family];
    if (isDefault && isNeverDefault) continue;
    if (isDefault && isKeptApart(place)) {
      const message = `the default route to a peer of \`${name}\` is in a table that NetworkManager chooses, with rules of its own: neither is read`;
      draft.tell('not-said', 'route-kept-apart', message, method.at, `say \`ip${family}-auto-default-route=0\``);
      continue;
    }
    addRoute(draft, { family, to, type: 'unicast', dev: name, metric, table }, method.at);
  }
};
