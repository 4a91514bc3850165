/** `ip tunnel` and the tunnels of `ip link add … type sit` (ip-tunnel(8)). */
import { parseIp } from '../../net/address.ts';
import { type TunnelSettings } from '../../state/network-state.ts';
import { type Place } from '../dialect.ts';
import { type RunningDraft, makeLink, removeLink } from './running-draft.ts';
import { done, type Effect, ignored, unsaid, wrong } from './effect.ts';
import { isInterfaceName, numberIn } from './values.ts';
import { argumentsOf, next } from './options.ts';

/** What the outer header leaves of 1500 bytes: 20 of IPv4, 4 more of GRE. */
export const tunnelMtu: Readonly<Record<TunnelSettings['mode'], number>> = { sit: 1480, ipip: 1480, gre: 1476 };

const modes: Readonly<Record<string, TunnelSettings['mode']>> = {
  sit: 'sit',
  'ipv6/ip': 'sit',
  ipip: 'ipip',
  'ip/ip': 'ipip',
  gre: 'gre',
  'gre/ip': 'gre',
};

export interface ReadTunnel {
  readonly name: string | undefined;
  readonly settings: TunnelSettings;
}

export const readTunnel = (words: readonly string[]): ReadTunnel | Exclude<Effect, { kind: 'done' }> => {
  const args = argumentsOf(words);
  let name: string | undefined;
  let settings: TunnelSettings | undefined;
  let rest: Omit<TunnelSettings, 'mode'> = {};
  for (let word = next(args); word !== undefined; word = next(args)) {
    if (word === 'nopmtudisc' || word === 'pmtudisc') continue;
    const value = word === 'name' || !isInterfaceName(word) || knownWords.has(word) ? (next(args) ?? '') : '';
    if (word === 'mode') {
      const mode = Object.hasOwn(modes, value) ? modes[value] : undefined;
      if (mode === undefined) return { kind: 'unsaid', message: `tunnels of mode \`${value}\` are not modelled` };
      settings = { mode };
    } else if (word === 'name') name = value;
    else if (word === 'remote' || word === 'local') {
      if (value === 'any') continue;
      if (parseIp(value)?.family !== 4) return { kind: 'wrong', message: `\`${value}\` is no IPv4 address` };
      if (parseIp(value)?.value !== 0n) rest = { ...rest, [word]: value };
    } else if (word === 'ttl') {
      const ttl = numberIn(value, 255);
      if (ttl !== undefined && ttl > 0) rest = { ...rest, ttl };
    } else if (word === '6rd-prefix') rest = { ...rest, sixRd: { ...rest.sixRd, prefix: value } };
    else if (word === '6rd-relay_prefix' && rest.sixRd !== undefined)
      rest = { ...rest, sixRd: { ...rest.sixRd, relayPrefix: value } };
    else if (word === 'dev' || word === 'tos') continue;
    else if (value === '' && name === undefined) name = word;
    else return { kind: 'unsaid', message: `\`${word}\` of a tunnel is not modelled` };
  }
  if (settings === undefined) return { kind: 'wrong', message: 'it says no mode' };
  return { name, settings: { ...settings, ...rest } };
};

const knownWords = new Set([
  'mode',
  'remote',
  'local',
  'ttl',
  'dev',
  'tos',
  'key',
  'ikey',
  'okey',
  '6rd-prefix',
  '6rd-relay_prefix',
]);

export const ipTunnel = (draft: RunningDraft, action: string, words: readonly string[], at: Place): Effect => {
  if (action === 'delete') {
    removeLink(draft, (words[0] === 'name' ? words[1] : words[0]) ?? '');
    return done;
  }
  if (action === '6rd') return unsaid('`ip tunnel 6rd` is not modelled; the prefix may stand in `add`');
  if (action !== 'add') return ignored('this only looks');
  const tunnel = readTunnel(words);
  if ('message' in tunnel) return tunnel;
  if (tunnel.name === undefined || !isInterfaceName(tunnel.name)) return wrong('it names no tunnel');
  makeLink(
    draft,
    tunnel.name,
    { kind: 'tunnel', mtuBytes: tunnelMtu[tunnel.settings.mode], up: false, tunnel: tunnel.settings },
    at,
  );
  return done;
};
