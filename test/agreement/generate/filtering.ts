/** Packet filters: chains on all hooks, with rules that let through, drop, refuse, mark and translate. */
import {
  type FilterChain,
  type FilterMatch,
  type FilterRule,
  type FilterSubchain,
  type FilterTable,
  type FilterVerdict,
  type RejectWith,
} from '../../../src/state/packet-filter.ts';
import { type Draft, type DraftStack } from './draft.ts';
import { someMatches, type Hook } from './matching.ts';
import { routingMark } from './policies.ts';
import { somePrefix } from './routing.ts';
import { translatingChains } from './translating.ts';

const rejections: readonly RejectWith[] = [
  'tcp-reset',
  'port-unreachable',
  'admin-prohibited',
  'host-unreachable',
  'net-unreachable',
  'host-prohibited',
  'net-prohibited',
];

const isTcp = (matches: readonly FilterMatch[]): boolean =>
  matches.some((match) => match.kind === 'port' && match.protocol === 'tcp');

/** nft refuses other icmpx codes: those of one family need a match of that family. */
const rejection = (draft: Draft, matches: FilterMatch[]): FilterVerdict => {
  const kind = draft.chance.pick(rejections);
  if (kind === 'tcp-reset' && !isTcp(matches)) return { kind: 'reject', with: 'port-unreachable' };
  if ((kind === 'host-prohibited' || kind === 'net-prohibited') && !matches.some((match) => 'family' in match))
    matches.push({ kind: 'family', family: 4 });
  return { kind: 'reject', with: kind };
};

const verdictFor = (draft: Draft, hook: Hook, matches: FilterMatch[]): FilterVerdict => {
  const { chance } = draft;
  const canReject = hook === 'input' || hook === 'forward' || hook === 'output';
  if (draft.has('reject') && canReject && chance.flip(0.45)) return rejection(draft, matches);
  return { kind: chance.flip(0.5) ? 'drop' : 'accept' };
};

const someRules = (draft: Draft, stack: DraftStack, hook: Hook, subchain: string | undefined): FilterRule[] =>
  Array.from({ length: 1 + draft.chance.below(3) }, (): FilterRule => {
    const matches = someMatches(draft, stack, hook);
    if (subchain !== undefined && draft.chance.flip(0.4))
      return { matches, verdict: { kind: draft.chance.pick(['jump', 'goto'] as const), chain: subchain } };
    const verdict = verdictFor(draft, hook, matches);
    return { matches, verdict };
  });

/** What a firewall that drops by default must let through for anything to work at all. */
const essentials = (draft: Draft): FilterRule[] => [
  ...(draft.chance.flip(0.85)
    ? [{ matches: [{ kind: 'icmp', types: 'neighbour-discovery' }], verdict: { kind: 'accept' } } as const]
    : []),
  ...(draft.has('ct-state') && draft.chance.flip(0.8)
    ? [
        {
          matches: [{ kind: 'conntrack', states: ['established', 'related'] }],
          verdict: { kind: 'accept' },
        } as const,
      ]
    : []),
];

const filterChain = (draft: Draft, stack: DraftStack, hook: Hook, subchain: string | undefined): FilterChain => {
  const isClosed = draft.has('policy-drop') && draft.chance.flip(0.6);
  return {
    name: `filter_${hook}`,
    type: 'filter',
    hook,
    priority: 0,
    policy: isClosed ? 'drop' : 'accept',
    rules: [...(isClosed ? essentials(draft) : []), ...someRules(draft, stack, hook, subchain)],
  };
};

const hooks = ['prerouting', 'input', 'forward', 'output', 'postrouting'] as const;

/** Marks that policy rules ask for, before routing; and connections that are not tracked. */
const manglingChains = (draft: Draft, stack: DraftStack): FilterChain[] => {
  const chains: FilterChain[] = [];
  for (const hook of ['prerouting', 'output'] as const) {
    const rules: FilterRule[] = [];
    if (draft.has('set-mark'))
      rules.push({
        matches: someMatches(draft, stack, hook),
        verdict: { kind: 'set-mark', value: routingMark, mask: draft.chance.pick([0xffffffff, 0xf]) },
      });
    if (draft.has('connection-mark')) {
      rules.unshift({
        matches: [{ kind: 'conntrack', states: ['established', 'related'] }],
        verdict: { kind: 'restore-mark' },
      });
      rules.push({
        matches: [{ kind: 'mark', value: routingMark, mask: 0xf }],
        verdict: draft.chance.flip(0.5)
          ? { kind: 'save-mark' }
          : { kind: 'set-connection-mark', value: routingMark, mask: 0xffffffff },
      });
    }
    if (rules.length > 0)
      chains.push({
        name: `mangle_${hook}`,
        type: hook === 'output' ? 'route' : 'filter',
        hook,
        priority: -150,
        policy: 'accept',
        rules,
      });
    if (draft.has('notrack') && draft.chance.flip(0.6))
      chains.push({
        name: `raw_${hook}`,
        type: 'filter',
        hook,
        priority: -300,
        policy: 'accept',
        rules: [
          {
            matches: someMatches(draft, stack, hook).filter(({ kind }) => kind !== 'conntrack'),
            verdict: { kind: 'notrack' },
          },
        ],
      });
  }
  return chains;
};

const subchainFor = (draft: Draft, stack: DraftStack): FilterSubchain => {
  const rules = someRules(draft, stack, 'forward', undefined).map((rule): FilterRule => ({
    matches: rule.matches.filter(({ kind }) => kind !== 'iif' && kind !== 'oif'),
    verdict: draft.chance.flip(0.3) ? { kind: 'return' } : { kind: draft.chance.flip(0.6) ? 'drop' : 'accept' },
  }));
  return { name: 'sub', rules };
};

const inetTable = (draft: Draft, stack: DraftStack): FilterTable => {
  const sub = draft.has('subchain') ? subchainFor(draft, stack) : undefined;
  const chosen = hooks.filter((hook) => draft.has(`filter-${hook}`) && draft.chance.flip(0.7));
  const chains = chosen.map((hook) => filterChain(draft, stack, hook, sub?.name));
  const again = draft.has('second-chain') ? chosen[0] : undefined;
  return {
    family: 'inet',
    name: 'trial',
    chains: [
      ...chains,
      ...(again === undefined ? [] : [{ ...filterChain(draft, stack, again, undefined), name: 'later', priority: 20 }]),
      ...manglingChains(draft, stack),
      ...translatingChains(draft, stack),
    ],
    ...(sub === undefined ? {} : { subchains: [sub] }),
  };
};

const arpTable = (draft: Draft): FilterTable[] => {
  const from = somePrefix(draft, 4);
  if (from === undefined) return [];
  const hook = draft.chance.pick(['input', 'output'] as const);
  const kind = draft.chance.pick(['source', 'destination'] as const);
  const rules: FilterRule[] = [{ matches: [{ kind, family: 4, prefixes: [from] }], verdict: { kind: 'drop' } }];
  return [
    {
      family: 'arp',
      name: 'trial',
      chains: [{ name: 'requests', type: 'filter', hook, priority: 0, policy: 'accept', rules }],
    },
  ];
};

const linkMatch = (draft: Draft): FilterMatch => {
  const { chance } = draft;
  const family = chance.pick([4, 6] as const);
  const from = somePrefix(draft, family);
  if (chance.flip(0.4) || from === undefined)
    return { kind: 'ethertype', types: [chance.pick([0x0800, 0x0806, 0x86dd])] };
  return { kind: 'source', family, prefixes: [from] };
};

const bridgeTable = (draft: Draft): FilterTable => ({
  family: 'bridge',
  name: 'trial',
  chains: [
    {
      name: 'frames',
      type: 'filter',
      hook: draft.chance.pick(['prerouting', 'input', 'forward', 'output', 'postrouting'] as const),
      priority: 0,
      policy: 'accept',
      rules: [{ matches: [linkMatch(draft)], verdict: { kind: 'drop' } }],
    },
  ],
});

const ingressTable = (draft: Draft, stack: DraftStack): FilterTable[] => {
  const device = draft.chance.maybe(Object.keys(stack.interfaces).filter((name) => name !== 'lo'));
  if (device === undefined) return [];
  const rules: FilterRule[] = [{ matches: [linkMatch(draft)], verdict: { kind: 'drop' } }];
  return [
    {
      family: 'netdev',
      name: 'trial',
      chains: [{ name: 'early', type: 'filter', hook: 'ingress', priority: 0, policy: 'accept', device, rules }],
    },
  ];
};

/** iptables' own families beside inet. */
const familyTable = (draft: Draft, stack: DraftStack): FilterTable => {
  const hook = draft.chance.pick(['input', 'forward', 'output'] as const);
  const rules: FilterRule[] = [
    {
      matches: [{ kind: 'port', protocol: draft.chance.pick(['tcp', 'udp'] as const), ports: [80] }],
      verdict: { kind: 'drop' },
    },
  ];
  return {
    family: draft.chance.pick(['ip', 'ip6'] as const),
    name: `trial_${stack.name}`,
    chains: [
      { name: 'classic', type: 'filter', hook, priority: draft.chance.pick([-10, 10]), policy: 'accept', rules },
    ],
  };
};

export const filter = (draft: Draft): void => {
  for (const stack of draft.chance.shuffle(draft.stacks).slice(0, 1 + draft.chance.below(2))) {
    const table = inetTable(draft, stack);
    if (table.chains.length > 0) stack.filter.push(table);
    if (draft.has('filter-arp') && draft.chance.flip(0.7)) stack.filter.push(...arpTable(draft));
    if (draft.has('filter-bridge') && draft.chance.flip(0.7)) stack.filter.push(bridgeTable(draft));
    if (draft.has('filter-ingress') && draft.chance.flip(0.7)) stack.filter.push(...ingressTable(draft, stack));
    if (draft.has('filter-ip') && draft.chance.flip(0.7)) stack.filter.push(familyTable(draft, stack));
  }
};
