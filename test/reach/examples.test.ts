/** The walker on every example: what the files expect is what it predicts. */
import { readdirSync, readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { design } from '../../src/pipeline.ts';
import { planProbes, type Probe } from '../../src/probe/plan-probes.ts';
import { buildModel } from '../../src/reach/model/build-model.ts';
import { settledFacts } from '../../src/reach/settled.ts';
import { walk } from '../../src/reach/walker/walk.ts';
import { type Walk } from '../../src/reach/walk.ts';

const examples = readdirSync('examples').filter((name) => /^[^.]+\.yaml$/.test(name));

const isAsExpected = ({ expected, expectedSource }: Probe, { verdict, clientSees, seenSource }: Walk): boolean => {
  switch (expected) {
    case null:
      return true;
    case 'yes':
      return verdict === 'yes' && (expectedSource === undefined || seenSource === expectedSource);
    case 'refused':
      return clientSees === 'refused';
    case 'timeout':
      return clientSees === 'timeout';
    default:
      return verdict === 'no';
  }
};

describe.each(examples)('%s', (name) => {
  it('is predicted as its file expects', () => {
    const file = `examples/${name}`;
    const { value, diagnostics } = design({ file, text: readFileSync(file, 'utf8') }, undefined, {
      random: (bytes: number) => new Uint8Array(bytes).fill(0xab),
    });
    expect(diagnostics.filter(({ severity }) => severity === 'error')).toEqual([]);
    if (value === undefined) return;
    const { state } = value.lowered;
    const model = buildModel(state, settledFacts(state));
    const wrong = planProbes(value.lab).probes.flatMap((probe) => {
      const answer = walk(model, { ...probe, destination: probe.address });
      return isAsExpected(probe, answer)
        ? []
        : [
            `${probe.from} ${probe.address} ${probe.protocol} ${probe.port ?? ''} expected ${probe.expected ?? ''} ${probe.expectedSource ?? ''}: ${answer.verdict} ${answer.clientSees} ${answer.seenSource ?? ''} ${answer.stop?.stack ?? ''} ${answer.stop?.reason ?? ''} ${answer.stop?.because.text ?? ''}`,
          ];
    });
    expect(wrong).toEqual([]);
  });
});
