/** The filters of all examples as files of ufw: read again they decide as before, but for what was listed as not said. */
import { readdirSync, readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { normalPart } from '../../../src/dialects/differences.ts';
import { ufw } from '../../../src/dialects/ufw/dialect.ts';
import { emptyStack } from '../../../src/state/empty-stack.ts';
import { type NetworkState, type Stack } from '../../../src/state/network-state.ts';
import { designOf } from '../../lower/lab-of.ts';
import { expectSameDecisions } from './same-decisions.ts';

const examples = readdirSync('examples').filter((name) => name.endsWith('.yaml') && !name.endsWith('.lock.yaml'));
const iptablesCannot = 'iptables has no words for this `destination`';

const alone = (stack: Partial<Stack>): NetworkState => ({
  version: 1,
  stacks: { m: { ...emptyStack, ...stack } },
  cables: [],
});

describe('filters of examples', () => {
  it.each(examples)('%s: are files of ufw', (example) => {
    const { state } = designOf(readFileSync(`examples/${example}`, 'utf8')).lowered;
    const filters: Record<string, Stack['filter']> = {};
    for (const [machine, { filter, sysctls }] of Object.entries(state.stacks)) {
      if (filter.length === 0) continue;
      const writing = ufw.write?.(alone({ filter, sysctls }), 'm');
      expect(writing?.omissions.filter(({ why }) => why !== iptablesCannot)).toEqual([]);
      const { stacks, remarks } = ufw.read(writing?.files ?? [], { stack: 'm' });
      expect(remarks).toEqual([]);
      const read = normalPart(stacks['m']);
      expect(read.sysctls).toEqual(sysctls);
      expect(ufw.write?.(alone(read), 'm').files).toEqual(writing?.files);
      if (writing?.omissions.length === 0) filters[machine] = read.filter;
    }
    expectSameDecisions(state, filters, 150);
  });
});
