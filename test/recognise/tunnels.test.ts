/** What tunnels of 6to4 and 6rd bring by themselves is not written into the lab file of a state. */
import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { labText } from '../../src/recognise/lab-text.ts';
import { designOf } from '../lower/lab-of.ts';

describe('a lab file of a state with tunnels', () => {
  it.each(['v6-6to4', 'v6-6rd'])('says nothing of rule, table and refused ends: %s', (name) => {
    const { state } = designOf(readFileSync(`examples/${name}.yaml`, 'utf8')).lowered;
    expect(state.stacks['gate']?.rules).toMatchObject([{ protocol: 41, from: '192.0.2.10/32' }]);
    const { text, unsaid } = labText(state);
    expect(unsaid.filter((line) => /policy rule|other tables/.test(line))).toEqual([]);
    expect(text).not.toContain('unreachable');
  });
});
