/** Files of sysconfig that are written say what they were written from; edits stay in their places. */
import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { type ConfigText } from '../../../src/dialects/dialect.ts';
import { normalPart } from '../../../src/dialects/differences.ts';
import { editSysconfig } from '../../../src/dialects/sysconfig/edit.ts';
import { readSysconfig } from '../../../src/dialects/sysconfig/read.ts';
import { writeSysconfig } from '../../../src/dialects/sysconfig/write.ts';
import { type NetworkState, type Stack } from '../../../src/state/network-state.ts';
import { anyStack } from '../any-stack.ts';
import { sayable, vocabulary } from '../kernel-sayable.ts';

const saidBy = (texts: readonly ConfigText[]): Stack => normalPart(readSysconfig(texts, 'host').stacks['host']);

/** DHCP clients of SUSE take no metric from a file, and are asked for by the machine's own name. */
const withPlainClients = (state: NetworkState): NetworkState => {
  const host = state.stacks['host'];
  if (host === undefined) return state;
  const services = host.services.map((service) =>
    service.kind === 'dhcp-client' ? { ...service, metric: 0, hostname: 'host' } : service,
  );
  return { ...state, stacks: { host: { ...host, services } } };
};

const any = anyStack({
  ...vocabulary,
  kinds: ['ethernet', 'bridge', 'bond', 'vlan', 'dummy', 'tunnel'],
  rules: false,
  neighbours: false,
  ports: false,
  down: false,
}).map((state) => withPlainClients(sayable(state)));

const commented = ({ path, text }: ConfigText): ConfigText => ({ path, text: `# kept\n${text}# at the end\n` });

describe('writing sysconfig', () => {
  it('says every state it has words for, and reads it back as the same', () => {
    fc.assert(
      fc.property(any, (state) => {
        const { files, omissions } = writeSysconfig(state, 'host');
        const text = JSON.stringify(files, undefined, 1);
        expect(omissions, text).toEqual([]);
        expect(readSysconfig(files, 'host').remarks, text).toEqual([]);
        expect(saidBy(files)).toEqual(state.stacks['host']);
      }),
      { numRuns: 150 },
    );
  });
});

describe('editing sysconfig', () => {
  it('gives back the very bytes where nothing changes, and else keeps all comments of files that stay', () => {
    fc.assert(
      fc.property(any, any, (before, wanted) => {
        const files = writeSysconfig(before, 'host').files.map(commented);
        expect(editSysconfig(files, before, 'host')).toEqual({ files, omissions: [] });
        const edited = editSysconfig(files, wanted, 'host');
        expect(edited.omissions, JSON.stringify([files, edited.files], undefined, 1)).toEqual([]);
        expect(saidBy(edited.files)).toEqual(wanted.stacks['host']);
        for (const { path, text } of edited.files)
          if (files.some((file) => file.path === path)) expect(text).toMatch(/# kept\n[^]*# at the end\n/);
      }),
      { numRuns: 100 },
    );
  });
});
