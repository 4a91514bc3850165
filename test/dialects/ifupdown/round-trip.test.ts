/** interfaces(5) that is written says what it was written from; edits stay in their places; nothing makes the reader fail. */
import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { normalPart } from '../../../src/dialects/differences.ts';
import { editInterfaces } from '../../../src/dialects/ifupdown/edit.ts';
import { readInterfaces } from '../../../src/dialects/ifupdown/read.ts';
import { writeInterfaces } from '../../../src/dialects/ifupdown/write.ts';
import { type NetworkState, type Stack } from '../../../src/state/network-state.ts';
import { normalize } from '../../../src/state/normal-form.ts';
import { anyStack } from '../any-stack.ts';
import { sayable, vocabulary } from '../kernel-sayable.ts';

const spoken = { ...vocabulary, kinds: [...vocabulary.kinds, 'wireguard' as const] };

const saidBy = (texts: Parameters<typeof readInterfaces>[0]): Stack =>
  normalPart(readInterfaces(texts, 'host').stacks['host']);

describe('writing interfaces(5)', () => {
  it('says every state it has words for, and reads it back as the same', () => {
    fc.assert(
      fc.property(anyStack(spoken).map(sayable), (state) => {
        const { files, omissions } = writeInterfaces(state, 'host');
        expect(omissions, files[0]?.text).toEqual([]);
        const { remarks } = readInterfaces(files, 'host');
        expect(
          remarks.filter(({ code }) => code !== 'gateway-outside'),
          files[0]?.text,
        ).toEqual([]);
        expect(saidBy(files)).toEqual(state.stacks['host']);
      }),
      { numRuns: 150 },
    );
  });
});

/** As people have it: comments, blank lines, and lines that no reader understands. */
const commented = (text: string): string =>
  text
    .split('\n')
    .flatMap((line, index) =>
      index % 4 === 1 && line.startsWith('iface') ? [line, '    # as told', '    wpa-ssid home'] : [line],
    )
    .join('\n');

describe('editing interfaces(5)', () => {
  it('gives back the very bytes where nothing changes', () => {
    fc.assert(
      fc.property(anyStack(spoken).map(sayable), (state) => {
        const files = writeInterfaces(state, 'host').files.map(({ path, text }) => ({ path, text: commented(text) }));
        expect(editInterfaces(files, state, 'host')).toEqual({ files, omissions: [] });
      }),
      { numRuns: 40 },
    );
  });

  it('says all anew where a port that others bring up is to stay down', () => {
    const down = { mtuBytes: 1500, up: false, addresses: [] } as const;
    const ethernet = { kind: 'ethernet', ...down } as const;
    const stateOf = (interfaces: Stack['interfaces']): NetworkState => {
      const host = { interfaces, routes: [], rules: [], neighbourProxies: [], sysctls: {}, filter: [], services: [] };
      return normalize({ version: 1, stacks: { host }, cables: [] });
    };
    const wanted = stateOf({
      bridge0: { kind: 'bridge', ...down, bridge: { stp: false, forwardDelaySeconds: 0 } },
      eth0: { ...ethernet, addresses: [{ family: 6, address: '2001:db8:1::1', prefixLength: 64 }] },
      eth1: { ...ethernet, mac: '02:00:00:00:00:00', master: 'bridge0' },
    });
    const { files } = writeInterfaces(stateOf({ eth0: ethernet, eth1: ethernet }), 'host');
    const edited = editInterfaces(files, wanted, 'host');
    expect(edited.omissions, edited.files[0]?.text).toEqual([]);
    expect(saidBy(edited.files)).toEqual(wanted.stacks['host']);
  });

  it('makes any file say any state, and keeps comments and what it does not understand', () => {
    const any = anyStack(spoken).map(sayable);
    fc.assert(
      fc.property(any, any, (before, wanted) => {
        const files = writeInterfaces(before, 'host').files.map(({ path, text }) => ({ path, text: commented(text) }));
        const edited = editInterfaces(files, wanted, 'host');
        expect(edited.omissions, `${files[0]?.text}\n=====\n${edited.files[0]?.text}`).toEqual([]);
        expect(saidBy(edited.files)).toEqual(wanted.stacks['host']);
        const strange = (text = ''): number => text.split(/# as told|wpa-ssid home/).length;
        expect(strange(edited.files[0]?.text)).toBe(strange(files[0]?.text));
      }),
      { numRuns: 150 },
    );
  });
});
