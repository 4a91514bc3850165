/** Edited files of iptables, loaded by iptables-restore itself: what the kernel holds afterwards is what was wanted. */
import { execFileSync, spawnSync } from 'node:child_process';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { type ConfigText } from '../../../src/dialects/dialect.ts';
import { iptables } from '../../../src/dialects/iptables/dialect.ts';
import { readIptables } from '../../../src/dialects/iptables/read.ts';
import { normalFilter } from '../../../src/state/normal-filter.ts';
import { type FilterTable } from '../../../src/state/packet-filter.ts';
import { stateOf } from '../any-part.ts';
import { changedState, handWrittenState } from '../edits/changed-state.ts';
import { handWrittenFilters } from '../edits/hand-written-filters.ts';
import { iptablesTables } from '../small/iptables-tables.ts';

/** In CI a missing program is a failure. */
const isMissing =
  process.env['CI'] === undefined && spawnSync('sh', ['-c', 'command -v iptables-nft-restore']).status !== 0;

const inNamespace = (script: string, input: string): string =>
  execFileSync('unshare', ['-Urn', 'sh', '-ec', script], { input, encoding: 'utf8', stdio: 'pipe' });

/** What iptables-save prints of a text that iptables-restore has tested and loaded; kept words are spelt as it spells them. */
const loaded = ({ path, text }: ConfigText): readonly FilterTable[] => {
  const six = path.includes('6') ? '6' : '';
  expect(inNamespace(`ip${six}tables-nft-restore --test`, text)).toBe('');
  return readIptables(inNamespace(`ip${six}tables-nft-restore && ip${six}tables-nft-save`, text), six === '' ? 4 : 6)
    .tables;
};

/** The chains that the kernel has beside those that were said. */
const comparable = (tables: readonly FilterTable[]): readonly unknown[] =>
  tables.flatMap(({ family, name, chains, subchains = [] }) =>
    [...chains.filter(({ rules, policy }) => rules.length > 0 || policy === 'drop'), ...subchains].map((chain) => [
      family,
      name,
      chain,
    ]),
  );

describe.skipIf(isMissing)('a file of iptables that was edited', () => {
  const owners = handWrittenFilters.filter(({ dialect }) => dialect === iptables);
  it.each(
    owners.flatMap((owner) =>
      owner.changes
        // Tables of nat have no policy but ACCEPT.
        .filter(({ name }) => name !== 'a policy that nothing said')
        .map((change) => [change.name, owner, change] as const),
    ),
  )('loads: %s', (_, owner, { from, to }) => {
    const wanted = changedState(handWrittenState(owner, owner.files), from, to);
    if (wanted === undefined) throw new Error(`${from} is not there`);
    const [file] = iptables.edit?.(owner.files, wanted, 'm').files ?? [];
    const spelt = (tables: readonly unknown[]): string =>
      JSON.stringify(tables).replaceAll(/"kind":"other","text":"[^"]*"/g, '"kind":"other"');
    expect(spelt(comparable(file === undefined ? [] : loaded(file)))).toBe(
      spelt(comparable(wanted.stacks['m']?.filter ?? [])),
    );
  });

  const commented = (text: string): string =>
    text
      .split('\n')
      .flatMap((line, at) => (at % 3 === 0 && line !== '' ? [`# no. ${at}`, line] : [line]))
      .join('\n');

  const edited = (before: readonly FilterTable[], wanted: readonly FilterTable[]): readonly ConfigText[] => {
    const files = (iptables.write?.(stateOf({ filter: before }), 'm').files ?? []).map(({ path, text }) => ({
      path,
      text: commented(text),
    }));
    const writing = iptables.edit?.(files, stateOf({ filter: wanted }), 'm');
    expect(writing?.omissions).toEqual([]);
    for (const { path, text } of files) {
      const comments = (whole: string | undefined): readonly string[] =>
        (whole ?? '').split('\n').filter((line) => line.startsWith('#'));
      // Comments go with tables alone.
      const after = comments(writing?.files.find((file) => file.path === path)?.text);
      expect(comments(text)).toEqual(expect.arrayContaining([...after]));
    }
    return writing?.files ?? [];
  };

  it('says what was wanted, whatever tables and chains come and go', () => {
    fc.assert(
      fc.property(iptablesTables, iptablesTables, (before, wanted) => {
        const files = edited(normalFilter(before), normalFilter(wanted));
        expect(normalFilter(iptables.read(files, { stack: 'm' }).stacks['m']?.filter ?? [])).toEqual(
          normalFilter(wanted),
        );
      }),
      { numRuns: 60 },
    );
  }, 240_000);

  it('loads, whatever was changed', () => {
    fc.assert(
      fc.property(iptablesTables, iptablesTables, (before, wanted) => {
        const files = edited(normalFilter(before), normalFilter(wanted));
        expect(comparable(normalFilter(files.flatMap(loaded)))).toEqual(comparable(normalFilter(wanted)));
      }),
      { numRuns: 20 },
    );
  }, 240_000);
});
