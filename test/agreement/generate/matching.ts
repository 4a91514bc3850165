/** Matches of filter rules, about things that the variant has. */
import { type Family } from '../../../src/net/address.ts';
import { type FilterMatch } from '../../../src/state/packet-filter.ts';
import { interfaceOf, type Draft, type DraftStack } from './draft.ts';
import { somePrefix } from './routing.ts';

export type Hook = 'prerouting' | 'input' | 'forward' | 'output' | 'postrouting';

const namesOf = (stack: DraftStack): string[] => Object.keys(stack.interfaces);

const oneOf = (kind: 'iif' | 'oif', draft: Draft, stack: DraftStack): FilterMatch => ({
  kind,
  names: [draft.chance.pick(namesOf(stack))],
  ...(draft.chance.flip(0.2) ? { negate: true } : {}),
});

const prefixMatch = (draft: Draft, kind: 'source' | 'destination', family: Family): FilterMatch[] => {
  const text = somePrefix(draft, family);
  if (text === undefined) return [];
  return [{ kind, family, prefixes: [text], ...(draft.chance.flip(0.2) ? { negate: true } : {}) }];
};

const stateMatch = (draft: Draft): FilterMatch => ({
  kind: 'conntrack',
  states: draft.chance.pick([
    ['new'],
    ['established', 'related'],
    ['established'],
    ['related'],
    ['invalid'],
    ['new', 'established', 'related'],
  ] as const),
});

/** The MAC of an interface on one of the stack's segments. */
const someMac = (draft: Draft, stack: DraftStack): string | undefined => {
  const near = draft.segments.filter(({ members }) => members.some((member) => member.stack === stack.name));
  const member = draft.chance.maybe(near.flatMap(({ members }) => members));
  return member && interfaceOf(draft, member).mac;
};

const packetMatch = (draft: Draft, stack: DraftStack, hook: Hook): FilterMatch[] => {
  const { chance } = draft;
  switch (chance.below(8)) {
    case 0:
      return [
        {
          kind: 'protocol',
          protocols: [chance.pick([1, 6, 17, 58])],
          ...(chance.flip(0.3) ? { negate: true as const } : {}),
        },
      ];
    case 1: {
      const mac = someMac(draft, stack);
      const sees = hook === 'prerouting' || hook === 'input' || hook === 'forward';
      return mac === undefined || !sees ? [] : [{ kind: 'source-mac', macs: [mac] }];
    }
    case 2:
      return [
        {
          kind: 'length',
          range: chance.pick([
            [0, 100],
            [1000, 2000],
          ] as const),
        },
      ];
    case 3:
      return [{ kind: 'tcp-flags', mask: 0x12, value: chance.pick([0x02, 0x12]) }];
    case 4:
      return [
        { kind: 'icmp-type', family: chance.pick([4, 6] as const), types: [chance.pick([0, 3, 8, 128, 129, 1])] },
      ];
    case 5:
      return [{ kind: 'mark', value: chance.pick([0, 7]), mask: 0xffffffff }];
    case 6:
      return [{ kind: 'source-port', protocol: chance.pick(['tcp', 'udp'] as const), ports: [80] }];
    default:
      return [{ kind: 'family', family: chance.pick([4, 6] as const) }];
  }
};

/** One to three matches that can hold together. */
export const someMatches = (draft: Draft, stack: DraftStack, hook: Hook): FilterMatch[] => {
  const { chance } = draft;
  const matches: FilterMatch[] = [];
  const family = chance.pick([4, 6] as const);
  if (draft.has('ct-state') && chance.flip(0.4)) matches.push(stateMatch(draft));
  if (chance.flip(0.35)) {
    const hasIn = hook === 'prerouting' || hook === 'input' || hook === 'forward';
    const hasOut = hook === 'forward' || hook === 'output' || hook === 'postrouting';
    if (hasIn && (!hasOut || chance.flip(0.5))) matches.push(oneOf('iif', draft, stack));
    else if (hasOut) matches.push(oneOf('oif', draft, stack));
  }
  if (chance.flip(0.3)) matches.push(...prefixMatch(draft, 'source', family));
  if (chance.flip(0.3)) matches.push(...prefixMatch(draft, 'destination', family));
  if (chance.flip(0.35))
    matches.push({
      kind: 'port',
      protocol: chance.pick(['tcp', 'udp'] as const),
      ports: chance.pick([[80], [8080], [80, 8080], []]),
    });
  else if (chance.flip(0.3)) matches.push({ kind: 'icmp', types: 'echo-request' });
  else if (chance.flip(0.4)) matches.push(...packetMatch(draft, stack, hook));
  if (matches.length === 0) matches.push({ kind: 'port', protocol: chance.pick(['tcp', 'udp'] as const), ports: [80] });
  return matches;
};
