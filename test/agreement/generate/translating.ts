/** Chains that translate addresses and ports. */
import { type FilterChain, type FilterMatch, type FilterRule } from '../../../src/state/packet-filter.ts';
import { ownedTargets, type Draft, type DraftStack } from './draft.ts';
import { somePrefix } from './routing.ts';

const families = [4, 6] as const;

const natChain = (hook: FilterChain['hook'], rules: readonly FilterRule[]): FilterChain => ({
  name: `nat_${hook}`,
  type: 'nat',
  hook,
  priority: hook === 'prerouting' || hook === 'output' ? -100 : 100,
  policy: 'accept',
  rules,
});

const outside = (draft: Draft, stack: DraftStack): FilterMatch => ({
  kind: 'oif',
  names: [draft.chance.pick(Object.keys(stack.interfaces))],
  ...(draft.chance.flip(0.2) ? { negate: true } : {}),
});

const sourceRules = (draft: Draft, stack: DraftStack): FilterRule[] => {
  const { chance } = draft;
  const rules: FilterRule[] = [];
  if (draft.has('snat')) {
    for (const family of families) {
      const own = ownedTargets(draft).filter(
        (it) => it.family === family && (it.stack === stack.name || chance.flip(0.1)),
      );
      const target = chance.maybe(own);
      if (target !== undefined && chance.flip(0.7))
        rules.push({
          matches: [{ kind: 'family', family }, outside(draft, stack)],
          verdict: {
            kind: 'snat',
            address: target.address,
            ...(chance.flip(0.2) ? { port: 30000, lastPort: 31000 } : {}),
          },
        });
    }
  }
  if (draft.has('masquerade')) {
    const family = chance.pick(families);
    const from = chance.flip(0.5) ? somePrefix(draft, family) : undefined;
    rules.push({
      matches: [
        outside(draft, stack),
        ...(from === undefined ? [] : [{ kind: 'source' as const, family, prefixes: [from] }]),
      ],
      verdict: { kind: 'masquerade' },
    });
  }
  // Ports that a rule gives need a protocol that has them.
  return rules.flatMap((rule) =>
    'port' in rule.verdict
      ? (['tcp', 'udp'] as const).map((protocol): FilterRule => ({
          ...rule,
          matches: [...rule.matches, { kind: 'port', protocol, ports: [] }],
        }))
      : [rule],
  );
};

/** Only ports that have a listener are translated, and only to such: whether one listens stays the same. */
const destinationRules = (draft: Draft, hook: 'prerouting' | 'output'): FilterRule[] => {
  const { chance } = draft;
  const rules: FilterRule[] = [];
  const portsOf = (protocol: 'tcp' | 'udp'): FilterMatch => ({
    kind: 'port',
    protocol,
    ports: [chance.pick([80, 8080])],
  });
  if (hook === 'output' ? draft.has('dnat-output') : draft.has('dnat')) {
    for (const family of families) {
      const targets = ownedTargets(draft).filter((it) => it.family === family);
      const to = chance.maybe(targets);
      const asked = chance.flip(0.6) ? chance.maybe(targets)?.address : undefined;
      const virtual = family === 4 ? `10.${draft.universe}.230.1` : `fd00:${draft.universe.toString(16)}:230::1`;
      if (to === undefined || !chance.flip(0.8)) continue;
      const destination = asked ?? virtual;
      if (asked === undefined) draft.others.push({ stack: null, family, address: virtual });
      const matches: FilterMatch[] = [
        { kind: 'destination', family, prefixes: [`${destination}/${family === 4 ? 32 : 128}`] },
      ];
      if (chance.flip(0.5)) rules.push({ matches, verdict: { kind: 'dnat', address: to.address } });
      else
        rules.push({
          matches: [...matches, portsOf(chance.pick(['tcp', 'udp'] as const))],
          verdict: { kind: 'dnat', address: to.address, port: chance.pick([80, 8080]) },
        });
    }
  }
  if (draft.has('redirect') && (hook === 'prerouting' || chance.flip(0.5))) {
    const family = chance.pick(families);
    const to = somePrefix(draft, family);
    rules.push({
      matches: [
        ...(to === undefined || chance.flip(0.4) ? [] : [{ kind: 'destination' as const, family, prefixes: [to] }]),
        portsOf(chance.pick(['tcp', 'udp'] as const)),
      ],
      verdict: { kind: 'redirect', port: chance.pick([80, 8080]) },
    });
  }
  return rules;
};

/** The nat chains of a stack; none where nothing is translated. */
export const translatingChains = (draft: Draft, stack: DraftStack): FilterChain[] => {
  const chains = [
    natChain('prerouting', destinationRules(draft, 'prerouting')),
    natChain('output', destinationRules(draft, 'output')),
    natChain('postrouting', sourceRules(draft, stack)),
  ];
  return chains.filter(({ rules }) => rules.length > 0);
};
