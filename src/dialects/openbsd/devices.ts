/** OpenBSD's interfaces, which are named after their drivers, as devices of the model. */
import { field } from '../../state/spelling.ts';
import { type Interface } from '../../state/network-state.ts';
import { type Place } from '../dialect.ts';
import { type RunningDraft, makeLink, removeLink } from '../shell-commands/running-draft.ts';

/** `em0` of em; undefined for what netstart(8) takes for no interface. */
export const driverOf = (name: string): string | undefined => /^([a-z]+)\d+$/i.exec(name)?.[1];

/** Drivers whose devices the model has no words for, or makes in another way. */
const unsaidDrivers: ReadonlySet<string> = new Set([
  ...['aggr', 'trunk', 'carp', 'svlan', 'bridge', 'veb', 'tpmr', 'switch', 'pppoe', 'ppp', 'tun', 'tap', 'wg', 'enc'],
  ...['vxlan', 'pfsync', 'pflow', 'pflog', 'mpe', 'mpw', 'mpip', 'etherip', 'egre', 'mgre', 'nvgre', 'eoip', 'umb'],
]);

export const isSaid = (driver: string): boolean => !unsaidDrivers.has(driver);

/** When netstart(8) starts it: NICs, what lies on them, default routes (2), tunnels. */
export const turnOf = (name: string): number => {
  const driver = driverOf(name) ?? '';
  if (driver === 'vlan') return 1;
  return driver === 'gif' || driver === 'gre' ? 3 : 0;
};

/** The loopback has one name on every Linux. */
export const nameInModel = (name: string): string => (name === 'lo0' ? 'lo' : name);

/** As gif(4) and gre(4) make them: 1280 bytes, and 1476. */
const born: Readonly<Record<string, Partial<Interface>>> = {
  gif: { kind: 'tunnel', mtuBytes: 1280, tunnel: { mode: 'sit' } },
  gre: { kind: 'tunnel', mtuBytes: 1476, tunnel: { mode: 'gre' } },
  vether: { kind: 'dummy' },
  lo: { kind: 'dummy' },
};

/** The device of a file, where nothing was done to it yet; VLANs come to be by what their lines say. */
export const makeDevice = (draft: RunningDraft, name: string, at: Place): void => {
  const driver = driverOf(name);
  const fresh = driver === undefined || !Object.hasOwn(born, driver) ? undefined : born[driver];
  makeLink(draft, nameInModel(name), name === 'lo0' || fresh === undefined ? {} : fresh, at);
};

/** A device that its lines leave without what makes it one. */
export const dropUnfinished = (draft: RunningDraft, name: string, at: Place): void => {
  const it = draft.interfaces.get(name);
  const lacks =
    it?.kind === 'tunnel' && it.tunnel?.remote === undefined
      ? '`tunnel` with both its ends'
      : driverOf(name) === 'vlan' && it?.kind !== 'vlan'
        ? '`vnetid` and `parent`'
        : undefined;
  if (lacks === undefined) return;
  draft.tell('not-said', 'unsaid-device', `\`${name}\` is left out: its lines do not say ${lacks}`, at);
  removeLink(draft, name);
};

/** gif(4) carries both families, the tunnels of Linux one: that of its addresses, and IPv6 where it has both. */
export const settleTunnel = (draft: RunningDraft, name: string, at: Place): void => {
  const it = draft.interfaces.get(name);
  if (it?.kind !== 'tunnel' || it.tunnel?.mode !== 'sit') return;
  const has = (family: 4 | 6): boolean => it.addresses.some((address) => address.family === family);
  if (!has(4)) return;
  if (has(6)) {
    draft.tell('not-said', 'two-families', `\`${name}\` carries both families: IPv6 alone was taken`, at);
    draft.interfaces.set(name, { ...it, addresses: it.addresses.filter(({ family }) => family === 6) });
    return;
  }
  const { local, remote } = it.tunnel;
  draft.interfaces.set(name, { ...it, tunnel: { mode: 'ipip', ...field('local', local), ...field('remote', remote) } });
};
