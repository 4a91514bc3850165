/** Policy rules and the tables they lead to. */
import { type PolicyRule } from '../../../src/state/network-state.ts';
import { type Draft, type DraftStack } from './draft.ts';
import { fillTable, somePrefix } from './routing.ts';

type Criterion = Omit<PolicyRule, 'family' | 'priority' | 'table'>;

/** The mark that filters set and rules ask for. */
export const routingMark = 7;

const criteria = (draft: Draft, stack: DraftStack, family: 4 | 6): Criterion[] => {
  const { chance } = draft;
  const wanted: Criterion[] = [];
  const dev = chance.maybe(Object.keys(stack.interfaces).filter((name) => name !== 'lo'));
  const prefixFor = (key: 'from' | 'to'): void => {
    const text = somePrefix(draft, family);
    if (text !== undefined) wanted.push({ [key]: text, ...(chance.flip(0.1) ? { not: true as const } : {}) });
  };
  if (draft.has('rule-from')) prefixFor('from');
  if (draft.has('rule-to')) prefixFor('to');
  if (draft.has('rule-iif')) wanted.push({ iif: chance.flip(0.8) ? (dev ?? 'lo') : 'lo' });
  if (draft.has('rule-oif') && dev !== undefined) wanted.push({ oif: dev });
  if (draft.has('rule-mark')) wanted.push({ mark: { value: routingMark, mask: chance.pick([0xffffffff, 0xf]) } });
  if (draft.has('rule-port'))
    wanted.push({
      protocol: chance.pick([6, 17]),
      ...(chance.flip(0.8)
        ? { destinationPorts: [80, chance.pick([80, 100])] as const }
        : { sourcePorts: [20000, 40000] as const }),
    });
  return wanted;
};

export const addPolicies = (draft: Draft): void => {
  const { chance } = draft;
  for (const stack of chance.shuffle(draft.stacks).slice(0, 2)) {
    let priority = 100;
    for (const family of [4, 6] as const) {
      for (const [index, criterion] of criteria(draft, stack, family).entries()) {
        priority += 10;
        if (draft.has('rule-action') && chance.flip(0.5)) {
          const action = chance.pick(['blackhole', 'unreachable', 'prohibit'] as const);
          stack.rules.push({ family, priority, ...criterion, action, table: 0 });
          continue;
        }
        const table = 100 + index;
        fillTable(draft, stack, family, table);
        stack.rules.push({ family, priority, ...criterion, table });
      }
      if (draft.has('suppress')) {
        priority += 10;
        stack.rules.push({ family, priority, table: 254, suppressPrefixLength: 0 });
        fillTable(draft, stack, family, 120);
        stack.rules.push({ family, priority: priority + 1, table: 120 });
      }
    }
  }
};
