/** Files of packet filters that are broken somewhere: an edit says what is wanted, or tells that it does not. */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { type ConfigText } from '../../../src/dialects/dialect.ts';
import { normalize } from '../../../src/state/normal-form.ts';
import { type FilterTable } from '../../../src/state/packet-filter.ts';
import { mutatedFiles, mutations, patienceMs, survivesMutations } from '../mutations.ts';
import { handWrittenState, stack } from './changed-state.ts';
import { type HandWritten } from './hand-written-file.ts';
import { handWrittenFilters } from './hand-written-filters.ts';
import { handWrittenUfw } from './hand-written-ufw.ts';

const filters = [...handWrittenFilters, handWrittenUfw];

/** The first rule is gone, and another one is the last of its chain. */
const changedTables = (tables: readonly FilterTable[]): readonly FilterTable[] =>
  tables.map((table, at) =>
    at > 0
      ? table
      : {
          ...table,
          chains: table.chains.map((chain, index) =>
            index > 0
              ? chain
              : {
                  ...chain,
                  rules: [
                    ...chain.rules.slice(1),
                    { matches: [{ kind: 'iif', names: ['eth9'] }], verdict: { kind: 'drop' } },
                  ],
                },
          ),
        },
  );

const staysTold = (owner: HandWritten, texts: readonly ConfigText[]): void => {
  const before = handWrittenState(owner, texts);
  const own = before.stacks[stack];
  if (own === undefined) return;
  const wanted = normalize({
    ...before,
    stacks: { ...before.stacks, [stack]: { ...own, filter: changedTables(own.filter) } },
  });
  const edited = owner.dialect.edit?.(texts, wanted, stack);
  if (edited === undefined || edited.omissions.length > 0) return;
  expect(handWrittenState(owner, edited.files)).toEqual(wanted);
};

const names = [...new Set(filters.map(({ dialect }) => dialect.name))];

describe.each(names)('broken files of %s', (name) => {
  const owners = filters.filter(({ dialect }) => dialect.name === name);

  it('are read, and what is wrong has its place', { timeout: patienceMs }, () => {
    for (const { dialect, files } of owners) survivesMutations(dialect, [files], Math.ceil(mutations / owners.length));
  });

  it.each(owners.map((owner, at) => [at + 1, owner] as const))(
    'are edited, or it is told: no. %i',
    { timeout: patienceMs },
    (_, owner) => {
      fc.assert(
        fc.property(mutatedFiles([owner.files]), (texts) => staysTold(owner, texts)),
        { numRuns: Math.ceil(mutations / 20), includeErrorInReport: true },
      );
    },
  );
});
