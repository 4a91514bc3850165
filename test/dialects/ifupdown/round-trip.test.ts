/** interfaces(5) that is written says what it was written from; edits stay in their places; nothing makes the reader fail. */
import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { normalPart } from '../../../src/dialects/differences.ts';
import { readInterfaces } from '../../../src/dialects/ifupdown/read.ts';
import { writeInterfaces } from '../../../src/dialects/ifupdown/write.ts';
import { type Stack } from '../../../src/state/network-state.ts';
import { anyStack } from '../any-stack.ts';
import { sayable, vocabulary } from '../kernel-sayable.ts';

const saidBy = (texts: Parameters<typeof readInterfaces>[0]): Stack =>
  normalPart(readInterfaces(texts, 'host').stacks['host']);

describe('writing interfaces(5)', () => {
  it('says every state it has words for, and reads it back as the same', () => {
    fc.assert(
      fc.property(anyStack(vocabulary).map(sayable), (state) => {
        const { files, omissions } = writeInterfaces(state, 'host');
        expect(omissions, files[0]?.text).toEqual([]);
        const { remarks } = readInterfaces(files, 'host');
        expect(
          remarks.filter(({ code }) => code !== 'gateway-outside'),
          files[0]?.text,
        ).toEqual([]);
        expect(saidBy(files)).toEqual(state.stacks['host']);
      }),
      { numRuns: 300 },
    );
  });
});
