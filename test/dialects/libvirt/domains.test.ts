/** Networks and domains that are written or edited, defined by libvirt itself: what it prints says the same. */
import * as fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type ConfigText } from '../../../src/dialects/dialect.ts';
import { libvirt } from '../../../src/dialects/libvirt/dialect.ts';
import { mergeReadings } from '../../../src/dialects/merge-readings.ts';
import { type Interface, type NetworkState, type Stack } from '../../../src/state/network-state.ts';
import { throughLibvirt } from '../programs/libvirt-domains.ts';
import { isTreeMissing, openProgramBed, type ProgramBed } from '../programs/program-bed.ts';
import { anyLibrary, anyStyle, plainStyle, textsOf } from './any-library.ts';

const stateOf = (texts: readonly ConfigText[]): NetworkState =>
  mergeReadings([{ dialect: 'libvirt', reading: libvirt.read(texts, { stack: 'host' }) }]).state;

/** libvirt chooses MACs where none are said. */
const withMacsOf = (state: NetworkState, wanted: NetworkState): NetworkState => {
  const bare = (stack: string, name: string, own: Interface): Interface => {
    const { mac, ...rest } = own;
    return mac === undefined || wanted.stacks[stack]?.interfaces[name]?.mac === undefined ? rest : own;
  };
  const stacks = Object.entries(state.stacks).map(([stack, own]): readonly [string, Stack] => [
    stack,
    {
      ...own,
      interfaces: Object.fromEntries(
        Object.entries(own.interfaces).map(([name, one]) => [name, bare(stack, name, one)]),
      ),
    },
  ]);
  return { ...state, stacks: Object.fromEntries(stacks) };
};

const count = process.env['LANWRIGHT_SOAK'] === '1' ? 100 : 5;

describe.skipIf(isTreeMissing)('libvirt itself', () => {
  let bed: ProgramBed;
  beforeAll(async () => {
    bed = await openProgramBed();
  });
  afterAll(() => bed.close());

  const expectTaken = async (files: readonly ConfigText[], wanted: NetworkState): Promise<void> => {
    const printed = await throughLibvirt(bed, files);
    const shown = [...files, ...printed].map(({ path, text }) => `--- ${path}\n${text}`).join('\n');
    expect(withMacsOf(stateOf(printed), wanted), shown).toEqual(wanted);
  };

  it('takes what is written', { timeout: 30_000 + count * 5000 }, async () => {
    for (const library of fc.sample(anyLibrary, count)) {
      const { files = [] } = libvirt.write?.(stateOf(textsOf(library, plainStyle)), 'host') ?? {};
      await expectTaken(files, stateOf(files));
    }
  });

  it('takes what is edited, from whatever it was', { timeout: 30_000 + count * 5000 }, async () => {
    for (const [before, after, style] of fc.sample(fc.tuple(anyLibrary, anyLibrary, anyStyle), count)) {
      const wanted = stateOf(textsOf(after, plainStyle));
      const { files = [] } = libvirt.edit?.(textsOf(before, style), wanted, 'host') ?? {};
      await expectTaken(files, wanted);
    }
  });
});
