/**
 * The rules that a host's networks bring: `nat` networks go out under the host's addresses and are closed from outside,
 * except for what they publish (as libvirt does it); `host-only` ones are not forwarded at all. And a machine's own
 * `nat` towards the internet.
 */
import { knownAddresses } from '../lab/known-addresses.ts';
import { type Lab, type LabMachine, type LabNetwork, type LabPublish } from '../lab/lab.ts';
import { type Family } from '../net/address.ts';
import { type FilterMatch, type FilterRule } from '../state/packet-filter.ts';
import { hostBridge, interfaceOf, networkOf } from './names.ts';

const prefixesOf = (network: LabNetwork): readonly { family: Family; prefix: string }[] => [
  ...(network.ipv4 === undefined ? [] : [{ family: 4, prefix: network.ipv4 } as const]),
  ...(network.ipv6 === undefined ? [] : [{ family: 6, prefix: network.ipv6 } as const]),
];

const networksOf = (lab: Lab, machine: LabMachine, mode: LabNetwork['mode']): readonly LabNetwork[] =>
  Object.values(lab.networks).filter((network) => network.mode === mode && network.host === machine.name);

const single = (kind: 'source' | 'destination', family: Family, address: string): FilterMatch => ({
  kind,
  family,
  prefixes: [`${address}/${family === 4 ? 32 : 128}`],
});

const isWhole = (publish: LabPublish): boolean => publish.protocol === undefined;

export const publishText = ({ machine, outer, protocol, outerPort }: LabPublish): string =>
  `publish ${machine}: ${outer}${protocol === undefined ? '' : ` ${protocol} ${outerPort ?? 'any'}`}`;

/** IANA protocol numbers of outer packets. */
const tunnelProtocols = { '6in4': 41, '6to4': 41, '6rd': 41, ipip: 4, gre: 47 } as const;

const publishedPart = (protocol: LabPublish['protocol'], port: number | undefined): readonly FilterMatch[] => {
  if (protocol === undefined) return [];
  return protocol === 'tcp' || protocol === 'udp'
    ? [{ kind: 'port', protocol, ports: port === undefined ? [] : [port] }]
    : [{ kind: 'protocol', protocols: [tunnelProtocols[protocol]] }];
};

const publishRule = (publish: LabPublish): FilterRule => {
  const { family, outer, inner, protocol, outerPort, innerPort } = publish;
  return {
    matches: [single('destination', family, outer), ...publishedPart(protocol, outerPort)],
    verdict: { kind: 'dnat', address: inner, ...(innerPort === undefined ? {} : { port: innerPort }) },
    comment: publishText(publish),
  };
};

/** Single ports come before whole addresses: the narrower promise wins. */
export const publishRules = (lab: Lab, machine: LabMachine): readonly FilterRule[] => {
  const all = networksOf(lab, machine, 'nat').flatMap(({ publish }) => publish);
  return [...all.filter((it) => !isWhole(it)), ...all.filter(isWhole)].map(publishRule);
};

const natOut = (lab: Lab, network: LabNetwork): readonly FilterRule[] => {
  const bridge = hostBridge(lab, network);
  const notBack: FilterMatch = { kind: 'oif', names: [bridge], negate: true };
  const whole = network.publish.filter(isWhole).map((publish): FilterRule => ({
    matches: [notBack, single('source', publish.family, publish.inner)],
    verdict: { kind: 'snat', address: publish.outer },
    comment: publishText(publish),
  }));
  const blocks = prefixesOf(network).map(({ family, prefix }) => {
    const within: FilterMatch = { kind: 'source', family, prefixes: [prefix] };
    const beyond: FilterMatch = { kind: 'destination', family, prefixes: [prefix], negate: true };
    return { within, beyond, prefix, family };
  });
  // A guest that asks for a published address of its own network must get the answer from the host, not from its peer.
  const hairpin = blocks
    .filter(({ family }) => network.publish.some((publish) => publish.family === family))
    .map(({ within, prefix, family }): FilterRule => ({
      matches: [within, { kind: 'destination', family, prefixes: [prefix] }, { kind: 'dnatted' }],
      verdict: { kind: 'masquerade' },
      comment: `network ${network.name}: its published addresses from inside`,
    }));
  const out = blocks.map(({ within, beyond }): FilterRule => ({
    matches: [notBack, within, beyond],
    verdict: { kind: 'masquerade' },
    comment: `network ${network.name}: nat`,
  }));
  return [...whole, ...hairpin, ...out];
};

const onInternet = (lab: Lab, machine: LabMachine): readonly string[] =>
  machine.nics
    .filter((nic) => networkOf(lab, nic.network).kind === 'internet')
    .map((nic) => interfaceOf(lab, machine.name, nic.name));

const smtp = 25;

const speaksOfMail = ({ policy }: Lab): boolean =>
  policy.some(({ services }) => services.some(({ protocol, port }) => protocol === 'tcp' && port === smtp));

const isMailServer = (lab: Lab, { name }: LabMachine): boolean =>
  lab.roles?.[name]?.some(({ kind }) => kind === 'mail') === true;

/** All packets; where machines serve mail, all but theirs, a family at a time. */
const ofOthers = (lab: Lab): readonly (readonly FilterMatch[])[] => {
  const servers = Object.values(lab.machines).filter((machine) => isMailServer(lab, machine));
  if (servers.length === 0) return [[]];
  return ([4, 6] as const).map((family) => {
    const addresses = servers.flatMap((machine) => knownAddresses(lab, machine, family));
    const prefixes = addresses.filter((it) => !it.startsWith('fe80:')).map((it) => `${it}/${family === 4 ? 32 : 128}`);
    return [prefixes.length === 0 ? { kind: 'family', family } : { kind: 'source', family, prefixes, negate: true }];
  });
};

/**
 * One machine that sends spam puts the address of all on blacklists: what is made here lets no mail out to the internet
 * but that of mail servers, until the policy says who sends it. Mail is handed in at ports 587 and 465 (RFC 8314).
 */
export const mailGuard = (lab: Lab, machine: LabMachine): readonly FilterRule[] => {
  const names = onInternet(lab, machine);
  if (names.length === 0 || machine.role === 'outside' || machine.role === 'internet' || speaksOfMail(lab)) return [];
  return ofOthers(lab).map((sender) => ({
    matches: [{ kind: 'oif', names }, ...sender, { kind: 'port', protocol: 'tcp', ports: [smtp] }],
    verdict: { kind: 'reject', with: 'tcp-reset' },
    comment: 'no mail to the internet until `policy` says from whom',
  }));
};

/** The machine's interfaces on the internet, and which sources it masquerades there; undefined: none. */
const internetSide = (lab: Lab, machine: LabMachine): readonly (readonly FilterMatch[])[] => {
  const names = onInternet(lab, machine);
  if (machine.nat === undefined || names.length === 0) return [];
  const { only } = machine.nat;
  const out: FilterMatch = { kind: 'oif', names };
  if (only.length === 0) return [[out]];
  return ([4, 6] as const)
    .map((family) => ({ family, prefixes: only.filter((text) => text.includes(':') === (family === 6)) }))
    .filter(({ prefixes }) => prefixes.length > 0)
    .map(({ family, prefixes }) => [out, { kind: 'source', family, prefixes }]);
};

export const sourceNatRules = (lab: Lab, machine: LabMachine): readonly FilterRule[] => [
  ...networksOf(lab, machine, 'nat').flatMap((network) => natOut(lab, network)),
  ...internetSide(lab, machine).map((matches): FilterRule => ({
    matches,
    verdict: { kind: 'masquerade' },
    comment: 'nat towards the internet',
  })),
];

/** What a `forward: deny` still lets through: what the machine translates towards the internet. */
export const internetForwardRules = (lab: Lab, machine: LabMachine): readonly FilterRule[] =>
  internetSide(lab, machine).map((matches) => ({
    matches,
    verdict: { kind: 'accept' },
    comment: 'nat towards the internet',
  }));

const refused = { kind: 'reject', with: 'port-unreachable' } as const;

/** Towards all closed networks first: otherwise what leaves one of them would enter the next. */
export const networkForwardRules = (lab: Lab, machine: LabMachine): readonly FilterRule[] => {
  const nat = networksOf(lab, machine, 'nat').map((network) => ({
    names: [hostBridge(lab, network)],
    comment: `network ${network.name}: nat`,
  }));
  const hostOnly = networksOf(lab, machine, 'host-only').map((network) => ({
    names: [hostBridge(lab, network)],
    comment: `network ${network.name}: host-only`,
  }));
  return [
    ...hostOnly.flatMap(({ names, comment }): FilterRule[] => [
      { matches: [{ kind: 'oif', names }], verdict: refused, comment },
      { matches: [{ kind: 'iif', names }], verdict: refused, comment },
    ]),
    ...nat.flatMap(({ names, comment }): FilterRule[] => [
      { matches: [{ kind: 'oif', names }, { kind: 'dnatted' }], verdict: { kind: 'accept' }, comment },
      { matches: [{ kind: 'oif', names }], verdict: refused, comment },
    ]),
    ...nat.map(({ names, comment }): FilterRule => ({
      matches: [{ kind: 'iif', names }],
      verdict: { kind: 'accept' },
      comment,
    })),
  ];
};
