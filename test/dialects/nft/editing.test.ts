/** Edited files of nft, loaded by nft itself: what the kernel holds afterwards is what was wanted. */
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import fc from 'fast-check';
import { afterAll, describe, expect, it } from 'vitest';
import { type ConfigText } from '../../../src/dialects/dialect.ts';
import { nft } from '../../../src/dialects/nft/dialect.ts';
import { writeNft } from '../../../src/dialects/nft/write.ts';
import { normalFilter } from '../../../src/state/normal-filter.ts';
import { type FilterRule, type FilterTable } from '../../../src/state/packet-filter.ts';
import { stateOf } from '../any-part.ts';
import { changedState, handWrittenState } from '../edits/changed-state.ts';
import { handWrittenFilters } from '../edits/hand-written-filters.ts';
import { changedLines } from '../edits/kept-lines.ts';
import { tableOf } from './arbitrary.ts';
import { throughNft } from './through-nft.ts';

const folder = mkdtempSync(join(tmpdir(), 'lanwright-nft-'));
afterAll(() => rmSync(folder, { recursive: true }));

/** Included files are found below a folder of their own. */
const loaded = (files: readonly ConfigText[]): ReturnType<typeof throughNft> => {
  const placed = files.map(({ path, text }) => ({
    path: join(folder, path),
    text: text.replaceAll('include "/', `include "${folder}/`),
  }));
  for (const { path, text } of placed) {
    mkdirSync(dirname(path), { recursive: true });
    writeFileSync(path, text);
  }
  return throughNft(placed[0]?.text ?? '');
};

/** What the model has no words for is spelt in nft's own when nft lists it. */
const comparable = (tables: readonly FilterTable[]): string =>
  JSON.stringify(tables).replaceAll(/"kind":"other","text":"(?:[^"\\]|\\.)*"/g, '"kind":"other"');

const ownFilters = handWrittenFilters.filter(({ dialect }) => dialect === nft);

describe('a file of nft that was edited', () => {
  it.each(ownFilters.flatMap((owner) => owner.changes.map((change) => [change.name, owner, change] as const)))(
    'loads: %s',
    (_, owner, { from, to }) => {
      const wanted = changedState(handWrittenState(owner, owner.files), from, to);
      if (wanted === undefined) throw new Error(`${from} is not there`);
      const files = nft.edit?.(owner.files, wanted, 'm').files ?? [];
      expect(comparable(loaded(files).tables)).toBe(comparable(wanted.stacks['m']?.filter ?? []));
    },
  );

  /** Two rulesets of the same tables, of which the second has some rules of the first. */
  const pair = fc
    .uniqueArray(fc.constantFrom('inet', 'ip', 'ip6', 'bridge'), { minLength: 1, maxLength: 2 })
    .chain((families) =>
      fc.tuple(
        fc.tuple(...families.map(tableOf)),
        fc.tuple(...families.map(tableOf)),
        fc.infiniteStream(fc.integer({ min: 0, max: 9 })),
      ),
    )
    .map(([before, other, dice]) => {
      const roll = (): number => Number(dice.next().value);
      const mixed = before.map((table, at): FilterTable => {
        const rulesOf = <C extends FilterTable['chains'][number] | NonNullable<FilterTable['subchains']>[number]>(
          chain: C,
          fresh: readonly C[],
        ): C => ({
          ...chain,
          rules: chain.rules.flatMap((rule, index) => {
            const instead = fresh.find(({ name }) => name === chain.name)?.rules[index];
            const [keep, add] = [roll() > 2, roll() > 7];
            return [...(keep ? [rule] : []), ...(add && instead !== undefined ? [instead] : [])];
          }),
        });
        return {
          ...table,
          chains: table.chains.filter(() => roll() > 0).map((chain) => rulesOf(chain, other[at]?.chains ?? [])),
          subchains: (table.subchains ?? []).map((chain) => rulesOf(chain, other[at]?.subchains ?? [])),
        };
      });
      return [normalFilter(before), normalFilter(mixed)] as const;
    });

  const edited = (
    [before, wanted]: readonly [readonly FilterTable[], readonly FilterTable[]],
    ugly: (text: string) => string,
  ): readonly [string, string] => {
    const text = ugly(writeNft(before));
    const files = [{ path: 'etc/nftables.conf', text }];
    const writing = nft.edit?.(files, stateOf({ filter: wanted }), 'm');
    expect(writing?.omissions).toEqual([]);
    return [text, writing?.files[0]?.text ?? ''];
  };

  const uglier = (text: string): string =>
    text
      .split('\n')
      .map((line, at) => (line === '' ? line : `${line}${at % 3 === 0 ? '  # no. ' + String(at) : ''}`))
      .join('\n');

  it('keeps every line of what stays', () => {
    fc.assert(
      fc.property(pair, ([before, wanted]) => {
        const [text, after] = edited([before, wanted], uglier);
        expect(
          normalFilter(
            nft.read([{ path: 'etc/nftables.conf', text: after }], { stack: 'm' }).stacks['m']?.filter ?? [],
          ),
        ).toEqual(wanted);
        const rules = (tables: readonly FilterTable[]): number =>
          tables.reduce(
            (sum, { chains, subchains = [] }) =>
              sum + [...chains, ...subchains].reduce((all, chain) => all + chain.rules.length + 3, 0),
            0,
          );
        const { gone, come } = changedLines(text, after);
        expect(gone.length).toBeLessThanOrEqual(rules(before));
        expect(come.length).toBeLessThanOrEqual(rules(wanted));
      }),
      { numRuns: 100 },
    );
  }, 120_000);

  it("says `continue` where a rule is to have no more than a comment, which would be the chain's", () => {
    const rule = (verdict: FilterRule['verdict'], comment?: string): FilterRule => ({
      matches: [],
      verdict,
      ...(comment === undefined ? {} : { comment }),
    });
    const tables = (rules: readonly FilterRule[]): readonly FilterTable[] => [
      {
        family: 'ip6',
        name: 'trial',
        chains: [{ name: 'out', type: 'route', hook: 'output', priority: -150, policy: 'accept', rules }],
      },
    ];
    const marked = [0, 1].map((value) => rule({ kind: 'set-connection-mark', value, mask: 0xffffffff }));
    const wanted = tables([rule({ kind: 'continue' }, ' ')]);
    const [, after] = edited([tables([...marked, rule({ kind: 'accept' })]), wanted], (text) => text);
    expect(throughNft(after).tables).toEqual(wanted);
  });

  it('loads, whatever was changed', () => {
    fc.assert(
      fc.property(pair, ([before, wanted]) => {
        const [, after] = edited([before, wanted], uglier);
        expect(throughNft(after)).toEqual({ tables: wanted, unknown: [] });
      }),
      { numRuns: 60 },
    );
  }, 240_000);
});
