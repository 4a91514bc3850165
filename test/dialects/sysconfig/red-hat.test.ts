/** network-scripts of Red Hat that are written say what they were written from. */
import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { type ConfigText } from '../../../src/dialects/dialect.ts';
import { dialectFor } from '../../../src/dialects/dialects.ts';
import { normalPart } from '../../../src/dialects/differences.ts';
import { editSysconfig } from '../../../src/dialects/sysconfig/edit.ts';
import { readSysconfig } from '../../../src/dialects/sysconfig/read.ts';
import { redHat } from '../../../src/dialects/sysconfig/red-hat.ts';
import { type Interface, type NetworkState, type Route, type Stack } from '../../../src/state/network-state.ts';
import { normalize } from '../../../src/state/normal-form.ts';
import { anyStack } from '../any-stack.ts';
import { handWrittenRedHat } from '../edits/hand-written-red-hat.ts';
import { sayable, vocabulary } from '../kernel-sayable.ts';
import { mutatedFiles, mutations, patienceMs } from '../mutations.ts';

/** ifup-aliases comes after the other addresses; ifup-sit gives no IPv4 address, and ifup-tunnel one. */
const asGiven = (own: Interface): Interface => {
  if (own.tunnel === undefined) {
    const addresses = own.addresses.toSorted((a, b) => Number('label' in a) - Number('label' in b));
    return { ...own, addresses };
  }
  const [first] = own.addresses.filter(({ family }) => family === 4);
  const six = own.addresses.filter(({ family }) => family === 6);
  return { ...own, addresses: first === undefined || own.tunnel.mode === 'sit' ? six : [first, ...six] };
};

const asScriptsGive = (state: NetworkState): NetworkState => {
  const host = state.stacks['host'];
  if (host === undefined) return state;
  const interfaces = Object.fromEntries(Object.entries(host.interfaces).map(([name, own]) => [name, asGiven(own)]));
  const routes = host.routes.map((route): Route => {
    const { source, ...rest } = route;
    const own = interfaces[route.dev ?? '']?.addresses ?? [];
    return own.some(({ address }) => address === source) ? route : rest;
  });
  return { ...state, stacks: { host: { ...host, interfaces, routes } } };
};

const any = anyStack({
  ...vocabulary,
  kinds: ['ethernet', 'bridge', 'bond', 'vlan', 'tunnel'],
  neighbours: false,
  down: false,
  forwarding: false,
}).map((state) => sayable(asScriptsGive(state)));

const written = (state: NetworkState): ReturnType<NonNullable<typeof redHat.write>> =>
  redHat.write?.(state, 'host') ?? { files: [], omissions: [] };

const commented = ({ path, text }: ConfigText): ConfigText => ({ path, text: `# kept\n${text}# at the end\n` });

const saidBy = (texts: readonly ConfigText[]): Stack => normalPart(readSysconfig(texts, 'host').stacks['host']);

describe('writing network-scripts', () => {
  it('says every state it has words for, and reads it back as the same', () => {
    fc.assert(
      fc.property(any, (state) => {
        const { files, omissions } = written(state);
        const text = JSON.stringify(files, undefined, 1);
        expect(omissions, text).toEqual([]);
        expect(readSysconfig(files, 'host').remarks, text).toEqual([]);
        expect(normalPart(readSysconfig(files, 'host').stacks['host'])).toEqual(state.stacks['host']);
        for (const file of files) expect(dialectFor(file)?.name).toBe('sysconfig');
      }),
      { numRuns: 150 },
    );
  });

  it('has a file for each device, its routes and rules beside it, and lists what it cannot say', () => {
    const eth0 = {
      kind: 'ethernet' as const,
      mtuBytes: 1500,
      up: true,
      addresses: [
        { family: 4 as const, address: '192.0.2.7', prefixLength: 24 },
        { family: 4 as const, address: '192.0.2.8', prefixLength: 24, label: 'eth0:1' },
      ],
    };
    const state = normalize({
      version: 1,
      stacks: {
        host: {
          interfaces: { eth0 },
          routes: [
            { family: 4, to: '0.0.0.0/0', type: 'unicast', via: '192.0.2.1', dev: 'eth0', metric: 0, table: 254 },
          ],
          rules: [{ family: 6, priority: 100, from: '2001:db8::/32', table: 7 }],
          neighbourProxies: [],
          sysctls: { 'net/ipv4/ip_forward': '1', 'net/ipv6/conf/all/forwarding': '1' },
          filter: [],
          services: [],
        },
      },
      cables: [],
    });
    const { files, omissions } = written(state);
    const folder = 'etc/sysconfig/network-scripts';
    expect(Object.fromEntries(files.map(({ path, text }) => [path, text]))).toEqual({
      'etc/sysconfig/network': 'NETWORKING=yes\nNOZEROCONF=yes\nIPV6FORWARDING=yes\n',
      [`${folder}/ifcfg-eth0`]:
        "DEVICE='eth0'\nTYPE='Ethernet'\nONBOOT='yes'\nBOOTPROTO='none'\nIPADDR='192.0.2.7'\nPREFIX='24'\nGATEWAY='192.0.2.1'\n",
      [`${folder}/ifcfg-eth0:1`]: "DEVICE='eth0:1'\nONPARENT='yes'\nIPADDR='192.0.2.8'\nPREFIX='24'\n",
      [`${folder}/rule6-eth0`]: 'from 2001:db8::/32 pref 100 table 7\n',
    });
    expect(omissions.map(({ what, why }) => [what, why])).toEqual([
      ['sysctls/net/ipv4/ip_forward', 'it belongs into a file of sysctl.d(5)'],
    ]);
  });
});

describe('editing network-scripts', () => {
  it('gives back the very bytes where nothing changes, and else keeps all comments of files that stay', () => {
    fc.assert(
      fc.property(any, any, (before, wanted) => {
        const files = written(before).files.map(commented);
        expect(editSysconfig(files, before, 'host')).toEqual({ files, omissions: [] });
        const edited = editSysconfig(files, wanted, 'host');
        expect(edited.omissions, JSON.stringify([files, edited.files], undefined, 1)).toEqual([]);
        expect(saidBy(edited.files)).toEqual(wanted.stacks['host']);
        for (const { path, text } of edited.files)
          if (files.some((file) => file.path === path)) expect(text).toMatch(/# kept\n[^]*# at the end\n/);
      }),
      { numRuns: 150 },
    );
  });

  it('says what is wanted of broken files too, or lists what it does not say', { timeout: patienceMs }, () => {
    fc.assert(
      fc.property(mutatedFiles(handWrittenRedHat.map(({ files }) => files)), any, (texts, wanted) => {
        const edited = redHat.edit?.(texts, wanted, 'host');
        if (edited === undefined || edited.omissions.length > 0) return;
        expect(saidBy(edited.files)).toEqual(wanted.stacks['host']);
      }),
      { numRuns: Math.ceil(mutations / 20) },
    );
  });
});
