/**
 * Every block of configuration that five documents show: each imports, says what it says (`expected.json`; `UPDATE=1`
 * writes it anew: read the difference), and of its lines none is lost without a word.
 */
import { readFileSync, writeFileSync } from 'node:fs';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { type ConfigText, type Dialect } from '../../../src/dialects/dialect.ts';
import { readMachine } from '../../../src/dialects/read-machine.ts';
import { type ImportedText, readNetwork, type ReadNetwork } from '../../../src/dialects/read-network.ts';
import { nameOfService } from '../../../src/state/service.ts';
import { mutated, mutations, patienceMs, survivesMutations } from '../mutations.ts';
import { type Block } from './block.ts';
import { guideBlocks } from './guide-blocks.ts';
import { suseBlocks } from './suse-blocks.ts';
import { ubuntuBlocks } from './ubuntu-blocks.ts';
import { xenBlocks } from './xen-blocks.ts';

const blocks: readonly Block[] = [...guideBlocks, ...ubuntuBlocks, ...xenBlocks, ...suseBlocks];

const read = (texts: readonly ImportedText[]): ReadNetwork => readNetwork([{ name: 'm', texts }]);

const toldOf = ({ remarks }: ReadNetwork): readonly string[] =>
  remarks
    .filter(({ code }) => !/^assumed-(?:carrier|segment)$/.test(code))
    .map(({ kind, code, at }) => `${at.path}:${at.line}:${at.column} ${kind} ${code}`);

/** What the machine and its guests came to be, in short. */
const saidOf = ({ state }: ReadNetwork): readonly string[] =>
  Object.entries(state.stacks)
    .filter(([stack]) => !stack.startsWith('switch-'))
    .flatMap(([stack, own]) =>
      [
        ...Object.entries(own.interfaces).map(([name, { kind, master, addresses }]) =>
          [name, kind, ...(master === undefined ? [] : [`in ${master}`]), ...addresses.map(({ address, prefixLength }) => `${address}/${prefixLength}`)].join(' '),
        ),
        ...own.routes.map(({ type, to, via, dev }) => [type, to, ...(via === undefined ? [] : ['via', via]), ...(dev === undefined ? [] : ['dev', dev])].join(' ')),
        ...Object.entries(own.sysctls).map(([key, value]) => `${key}=${value}`),
        ...own.neighbourProxies.map(({ address, dev }) => `answers for ${address} on ${dev}`),
        ...own.services.map(nameOfService),
        ...own.filter.map(({ family, name, chains }) => `${family} ${name}: ${chains.flatMap(({ rules }) => rules).length} rules`),
        ...(own.resolver === undefined ? [] : [`asks ${own.resolver.nameservers.join(', ')}`]),
      ].map((line) => `${stack}: ${line}`),
    ); // prettier-ignore

const said = (texts: readonly ImportedText[]): string => {
  const network = read(texts);
  return JSON.stringify([network.state, network.remarks.map(({ code, message }) => [code, message])]);
};

/** Lines that could as well not be there, and of which nothing is told. */
const lostLines = ({ texts, silent }: Block): readonly string[] => {
  const network = read(texts);
  const told = new Set(network.remarks.map(({ at }) => `${at.path}:${at.line}`));
  const isLeftOut = network.remarks.some(({ code }) => code === 'printed-left-out');
  const whole = said(texts);
  return texts.flatMap(({ path, text }) => {
    const lines = text.split('\n');
    if (network.unread.includes(path)) return [];
    return lines.filter((line, index) => {
      if (silent.some((form) => form.test(line)) || told.has(`${path}:${index + 1}`)) return false;
      // The remark on a program's output is on all of it.
      if (isLeftOut && !/^\s*\S*[$#] /.test(line)) return false;
      const without = lines.with(index, '').join('\n');
      return said(texts.map((one) => (one.path === path ? { ...one, text: without } : one))) === whole;
    });
  });
};

const expectedPath = 'test/dialects/blocks/expected.json';

describe('blocks of configuration', () => {
  it('say what they say, and tell the rest with its place', () => {
    const found = Object.fromEntries(
      blocks.map((block) => {
        const network = read(block.texts);
        const dialects = [...new Set(network.dialectOf.values())];
        return [block.name, { dialects, unread: network.unread, said: saidOf(network), told: toldOf(network) }];
      }),
    );
    expect(Object.keys(found)).toHaveLength(blocks.length);
    if (process.env['UPDATE'] === '1') writeFileSync(expectedPath, `${JSON.stringify(found, undefined, 2)}\n`);
    expect(found).toEqual(JSON.parse(readFileSync(expectedPath, 'utf8')));
  });

  it.each(blocks.map((block) => [block.name, block] as const))('%s: no line is lost without a word', (_, block) => {
    expect(lostLines(block)).toEqual([]);
  });
});

/** Blocks by the dialect of their texts, as that dialect reads them. */
const byDialect = new Map<Dialect, (readonly ConfigText[])[]>();
for (const { texts } of blocks) {
  const { textsOf } = readMachine(texts, { stack: 'm' });
  for (const [dialect, own] of textsOf) byDialect.set(dialect, [...(byDialect.get(dialect) ?? []), own]);
}

describe('blocks that were broken', () => {
  it.each([...byDialect].map(([dialect, all]) => [dialect.name, dialect, all] as const))(
    '%s takes them, and points to what is wrong',
    { timeout: patienceMs },
    (_, dialect, all) => {
      survivesMutations(dialect, all, mutations);
    },
  );

  it('are taken apart at their prompts, whatever is left of these', { timeout: patienceMs }, () => {
    const texts = blocks.flatMap((block) => block.texts.filter(({ path }) => path === 'pasted'));
    fc.assert(
      fc.property(mutated(texts.map(({ text }) => text)), (text) => {
        const lines = text.split('\n');
        for (const { at, message } of read([{ path: 'pasted', file: 'pasted', text }]).remarks) {
          expect(at.line, message).toBeLessThanOrEqual(lines.length);
          expect(at.column, message).toBeGreaterThanOrEqual(1);
          expect(at.column, message).toBeLessThanOrEqual((lines[at.line - 1] ?? '').length + 1);
        }
      }),
      { numRuns: mutations / 5 },
    );
  });
});
