/** Lines that deny, about packets with forged sources: who lets them through, and what keeps them out. */
import { describe, expect, it } from 'vitest';
import { design } from '../../src/pipeline.ts';
import { proveLines, type Proof } from '../../src/probe/prove-lines.ts';
import { predictorOf } from '../../src/reach/predict.ts';
import { type NetworkState } from '../../src/state/network-state.ts';

const built = (() => {
  const text = `lab: forged
hosts: { host: { nics: { wan: internet } } }
networks:
  front: { mode: routed, ipv4: 10.9.8.0/24 }
  back: { mode: nat, ipv4: 10.9.9.0/24, publish: [{ to: db, tcp: 5432 }] }
machines:
  db: { nics: [back] }
  web: { nics: [front] }
  desk: { nics: [front] }
policy:
  - { allow: web, to: db, tcp: 5432 }
  - { deny: desk, to: db }
  - { deny: internet, to: db }
  - { deny: db, to: desk, udp: 53 }
`;
  const { value, diagnostics } = design({ file: 'forged.yaml', text }, undefined, {
    random: (bytes: number) => new Uint8Array(bytes).fill(0xab),
  });
  if (value === undefined) throw new Error(diagnostics.map(({ message }) => message).join('\n'));
  return value;
})();

const forged = (state: NetworkState): readonly Proof[] => proveLines(built.lab, predictorOf(state), { forges: true });

/** Source validation on all interfaces of a stack. */
const validating = (state: NetworkState, name: string): NetworkState => {
  const stack = state.stacks[name];
  if (stack === undefined) throw new Error(`no stack ${name}`);
  const sysctls = { ...stack.sysctls, 'net/ipv4/conf/all/rp_filter': '1' };
  return { ...state, stacks: { ...state.stacks, [name]: { ...stack, sysctls } } };
};

describe('forged sources', () => {
  const { state } = built.lowered;

  it('are nobody’s who keeps to its own', () => {
    expect(proveLines(built.lab, predictorOf(state)).map(({ verdict }) => verdict)).toEqual([
      'proven',
      'proven',
      'proven',
      'proven',
    ]);
  });

  it('pass a filter that believes them', () => {
    const [, desk, internet] = forged(state);
    expect(desk).toMatchObject({
      verdict: 'false',
      counterexample: { flow: { from: 'desk', isForged: true }, wanted: 'not-arrive' },
    });
    expect(internet).toMatchObject({
      verdict: 'false',
      counterexample: { flow: { from: 'internet', isForged: true } },
    });
    const flow = internet?.counterexample?.flow;
    expect(flow?.source).toBeDefined();
    // What the internet has no way to is not what it asks for.
    const { forward, deliveredTo } = predictorOf(state).walk(flow!);
    expect([forward.map(({ stack }) => stack).includes('host'), deliveredTo]).toEqual([true, 'db']);
  });

  it('from outside are kept out by source validation', () => {
    const [, desk, internet] = forged(validating(state, 'host'));
    expect(internet?.verdict).toBe('proven');
    // Its neighbour's address is on the very link.
    expect(desk).toMatchObject({ verdict: 'false', counterexample: { flow: { from: 'desk', source: '10.9.8.2' } } });
  });
});
