/** Proofs of lines against states with holes in them: published ports, translations, rules that let too much through. */
import { describe, expect, it } from 'vitest';
import { design } from '../../src/pipeline.ts';
import { proveLines, type Proof } from '../../src/probe/prove-lines.ts';
import { predictorOf } from '../../src/reach/predict.ts';
import { type NetworkState } from '../../src/state/network-state.ts';
import { type FilterChain, type FilterRule } from '../../src/state/packet-filter.ts';

const text = `lab: holes
hosts:
  host: { nics: { wan: internet } }
networks:
  lan:
    mode: nat
    ipv4: 10.9.8.0/24
    publish: [{ to: db, tcp: 5432 }]
machines:
  db: { nics: [lan] }
  mail: { nics: [lan] }
  desk: { nics: [lan] }
policy:
  - { deny: any, to: internet, tcp: 25, except: mail }
  - { deny: internet, to: db, tcp: 5432 }
  - { deny: desk, to: db }
`;

const built = (() => {
  const { value, diagnostics } = design({ file: 'holes.yaml', text }, undefined, {
    random: (bytes: number) => new Uint8Array(bytes).fill(0xab),
  });
  if (value === undefined) throw new Error(diagnostics.map(({ message }) => message).join('\n'));
  return value;
})();

/** The state with some chains of a stack's table changed. */
const withChains = (stack: string, change: (chain: FilterChain) => FilterChain): NetworkState => {
  const { state } = built.lowered;
  const before = state.stacks[stack];
  if (before === undefined) throw new Error(`no stack ${stack}`);
  const filter = before.filter.map((table) => ({ ...table, chains: table.chains.map(change) }));
  return { ...state, stacks: { ...state.stacks, [stack]: { ...before, filter } } };
};

const withRule = (stack: string, name: string, rule: FilterRule): NetworkState =>
  withChains(stack, (chain) => (chain.name === name ? { ...chain, rules: [rule, ...chain.rules] } : chain));

/** The state with a machine that filters nothing itself. */
const unguarded = (state: NetworkState, name: string): NetworkState => {
  const stack = state.stacks[name];
  if (stack === undefined) throw new Error(`no stack ${name}`);
  return { ...state, stacks: { ...state.stacks, [name]: { ...stack, filter: [] } } };
};

const proofs = (state: NetworkState): readonly Proof[] => proveLines(built.lab, predictorOf(state));

const toDb: FilterRule = {
  matches: [{ kind: 'destination', family: 4, prefixes: ['10.9.8.1/32'] }],
  verdict: { kind: 'accept' },
};

describe('lines that deny', () => {
  it('are proven of all packets where the published port is closed by the policy', () => {
    expect(proofs(built.lowered.state).map(({ verdict, kinds }) => [verdict, kinds])).toEqual([
      ['proven', undefined],
      ['proven', undefined],
      ['proven', undefined],
    ]);
  });

  it('notice a published port', () => {
    const leaky = withRule('host', 'forward', toDb);
    // The machine's own filter holds what the host lets through.
    expect(proofs(leaky)[1]?.verdict).toBe('proven');
    const [, second, third] = proofs(unguarded(leaky, 'db'));
    expect(second).toMatchObject({
      verdict: 'false',
      counterexample: { flow: { from: 'internet', protocol: 'tcp', port: 5432 } },
    });
    // The internet knows no way to 10.9.8.1: only what the host publishes leads there.
    expect(second?.counterexample?.flow.destination).not.toBe('10.9.8.1');
    expect(third).toMatchObject({ verdict: 'false', counterexample: { flow: { port: 5432 } } });
  });

  it('notice a port that a translation turns into the denied one', () => {
    const smtp: FilterRule = {
      matches: [
        { kind: 'source', family: 4, prefixes: ['10.9.8.0/24'] },
        { kind: 'port', protocol: 'tcp', ports: [2525] },
      ],
      verdict: { kind: 'dnat', address: '198.51.100.1', port: 25 },
    };
    const open: FilterRule = {
      matches: [{ kind: 'port', protocol: 'tcp', ports: [25] }, { kind: 'dnatted' }],
      verdict: { kind: 'accept' },
    };
    const state = withRule('host', 'prerouting', smtp);
    expect(proofs(state)[0]?.verdict).toBe('proven');
    const { stacks } = state;
    const opened = withRule('host', 'forward', open).stacks['host']?.filter[0]?.chains ?? [];
    const forward = opened.filter(({ name }) => name === 'forward');
    const host = stacks['host'];
    if (host === undefined) throw new Error('no host');
    const both = host.filter.map((table) => ({
      ...table,
      chains: [...table.chains.filter(({ name }) => name !== 'forward'), ...forward],
    }));
    const [first] = proofs({ ...state, stacks: { ...stacks, host: { ...host, filter: both } } });
    expect(first).toMatchObject({ verdict: 'false', counterexample: { flow: { protocol: 'tcp', port: 2525 } } });
    expect(first?.counterexample?.flow.from).not.toBe('mail');
  });

  it('notice that others than the excepted one get out', () => {
    const without = withChains('host', (chain) => ({
      ...chain,
      rules: chain.rules.filter(({ comment }) => comment?.startsWith('policy 1') !== true),
    }));
    const [first] = proofs(unguarded(without, 'desk'));
    expect(first).toMatchObject({ verdict: 'false', counterexample: { flow: { protocol: 'tcp', port: 25 } } });
    expect(['host', 'desk']).toContain(first?.counterexample?.flow.from);
  });

  it('stay open where a rule is not modelled, with a packet that meets it', () => {
    const limited: FilterRule = {
      matches: [...toDb.matches, { kind: 'other', text: 'recent' }],
      verdict: toDb.verdict,
    };
    const [, second] = proofs(unguarded(withRule('host', 'forward', limited), 'db'));
    expect(second).toMatchObject({ verdict: 'unknown', counterexample: undefined });
    expect(second?.blockedBy?.flow.port).toBe(5432);
    expect(second?.kinds).toBeGreaterThan(0);
  });
});

describe('where frames are filtered', () => {
  const guarded = ((): ReturnType<typeof design> =>
    design({ file: 'holes.yaml', text: text.replace('mode: nat\n', 'mode: nat\n    antispoof: true\n') }, undefined, {
      random: (bytes: number) => new Uint8Array(bytes).fill(0xab),
    }))().value;

  it('no packet that a line does not speak of contradicts it', () => {
    if (guarded === undefined) throw new Error('the lab is not built');
    const { state } = guarded.lowered;
    const plain = proveLines(guarded.lab, predictorOf(state));
    const forged = proveLines(guarded.lab, predictorOf(state), { forges: true });
    const before = proofs(built.lowered.state);
    expect(plain.map(({ verdict }) => verdict)).toEqual(before.map(({ verdict }) => verdict));
    expect(forged.map(({ verdict }) => verdict)).not.toContain('false');
  });
});
