/** sysctl.conf(5) of OpenBSD: what its kernel parameters are called on Linux, as far as there is such a thing. */
import { type Place } from '../dialect.ts';
import { setSysctl } from '../draft.ts';
import { done, type Effect, ignored, unsaid, wrong } from '../shell-commands/effect.ts';
import { type RunningDraft } from '../shell-commands/running-draft.ts';
import { ownEntry } from '../plain-values.ts';

const forwarding: Readonly<Record<string, string>> = {
  'net.inet.ip.forwarding': 'net/ipv4/ip_forward',
  'net.inet6.ip6.forwarding': 'net/ipv6/conf/all/forwarding',
};

/** `text`: as in `net.inet.ip.forwarding=1`. */
export const setParameter = (draft: RunningDraft, text: string, at: Place): Effect => {
  const [, name = '', value = ''] = /^([^=\s]+)\s*=\s*(.*)$/.exec(text) ?? [];
  if (name === '') return wrong(`\`${text}\` is not \`name=value\``);
  const key = ownEntry(forwarding, name);
  if (key === undefined)
    return name.startsWith('net.')
      ? unsaid(`\`${name}\` has no like on Linux that is modelled`)
      : ignored('this is not about the network');
  // With 2 it forwards what IPsec carries, and nothing else (sysctl(2)).
  if (value === '2') return unsaid(`\`${name}=2\` forwards what IPsec carries, which is not modelled`);
  if (value !== '0' && value !== '1') return wrong(`\`${value}\` is no value of \`${name}\``);
  setSysctl(draft, key, value, at);
  return done;
};
