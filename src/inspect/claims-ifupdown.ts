/**
 * ifupdown: what it brought up stands in /run/network/ifstate; it made those whose stanza says how (interfaces(5)). DHCP
 * clients that run by themselves are told here too.
 */
import { parseInterfaces, type Stanza } from '../dialects/ifupdown/parse.ts';
import { linkNamed, processesNamed, textsIn, type Claim, type ClaimsOf } from './claim.ts';
import { type HostFacts } from './host-facts.ts';

export const ifupdown = 'ifupdown';

const mainFile = '/etc/network/interfaces';

/** Interfaces that are up by ifup(8): `eth0=eth0`, or `eth0=home` where a mapping chose. Files of one each are newer. */
const broughtUp = (host: HostFacts): ReadonlyMap<string, string> => {
  const files = textsIn(host, '/run/network').filter(([name]) => name === 'ifstate' || name.startsWith('ifstate.'));
  const entries = files.flatMap(([file, text]) =>
    text.split('\n').flatMap((line): [string, string][] => {
      const [name = '', stanza] = (line.trim().split(/\s+/)[0] ?? '').split('=');
      if (file === 'ifstate') return name === '' || stanza === undefined ? [] : [[name, stanza]];
      return name === '' ? [] : [[file.slice('ifstate.'.length), name]];
    }),
  );
  return new Map(entries);
};

const makes = /^(?:bridge[_-]|bond[_-](?:slaves|mode)|vlan[_-]?raw[_-]device|tunnel|mode$|endpoint$)/;
const makingCommand =
  /\bip\b.*\blink\s+add\b|\bbrctl\s+addbr\b|\btunctl\b|\bip\b.*\btun(?:nel|tap)\s+add\b|\bvconfig\s+add\b/;

const saysHow = ({ head, options }: Stanza): boolean =>
  /\s(?:tunnel|v4tunnel|6to4)$/.test(head.value) ||
  /^\S+\.\d+\s/.test(head.value) ||
  options.some(({ name, value }) => makes.test(name) || makingCommand.test(value));

const stanzasIn = (host: HostFacts): readonly (readonly [path: string, stanza: Stanza])[] =>
  Object.entries(host.texts).flatMap(([path, text]) =>
    path === mainFile || path.startsWith(`${mainFile}.d/`)
      ? parseInterfaces({ path, text })
          .stanzas.filter(({ head }) => head.name === 'iface')
          .map((stanza) => [path, stanza] as const)
      : [],
  );

const ifstateClaims = (host: HostFacts): readonly Claim[] => {
  const stanzas = stanzasIn(host);
  return [...broughtUp(host)].flatMap(([name, logical]): Claim[] => {
    if (linkNamed(host, name) === undefined) return [];
    const own = stanzas.filter(([, { head }]) => head.value.split(/\s+/)[0] === logical);
    const [where] = own.map(([path, { head }]) => `${path}:${head.at.line}`);
    const evidence = where === undefined ? '/run/network/ifstate' : `${where}, up by /run/network/ifstate`;
    const claim = { interface: name, program: ifupdown, evidence } as const;
    const isMade = own.some(([, stanza]) => saysHow(stanza));
    return [...(isMade ? [{ ...claim, does: 'made' as const }] : []), { ...claim, does: 'runs' }];
  });
};

const clients = ['dhclient', 'udhcpc', 'dhcpcd'];

const clientClaims = (host: HostFacts): readonly Claim[] =>
  processesNamed(host, ...clients).flatMap(({ pid, name, argv }) =>
    host.links
      .filter((link) => argv.slice(1).includes(link.name))
      .map((link) => ({ interface: link.name, program: name, does: 'runs', evidence: `process ${pid}` }) as const),
  );

export const ifupdownClaims: ClaimsOf = (host) => [...ifstateClaims(host), ...clientClaims(host)];
