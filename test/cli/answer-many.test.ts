/** Very many questions are answered as each by itself, whatever tells the machines apart. */
import { describe, expect, it } from 'vitest';
import { answererOf } from '../../src/cli/answer-many.ts';
import { predictorFor, questionsOf } from '../../src/cli/predict-matrix.ts';
import { design } from '../../src/pipeline.ts';
import { predictProbe } from '../../src/probe/predict-probes.ts';
import { predictorOf } from '../../src/reach/predict.ts';

const networks = 6;
const each = 25;
const machineCount = networks * each;
const numbers = (count: number): readonly number[] => Array.from({ length: count }, (_, index) => index);

/** Each machine opens a port of its own to all, and another to one neighbour. */
const text = `lab: many
hosts: { host: { nics: { wan: internet } } }
networks:
${numbers(networks)
  .map((net) => `  n${net}: { mode: ${['nat', 'routed', 'host-only'][net % 3] ?? ''}, ipv4: 10.${net}.0.0/24 }\n`)
  .join('')}machines:
${numbers(machineCount)
  .map((number) => {
    const neighbour = (number + networks) % machineCount;
    const own = `{ tcp: ${1000 + number} }, { tcp: 443, from: m${neighbour} }`;
    return `  m${number}: { nics: [n${number % networks}], services: [{ firewall: { incoming: deny, allow: [ping, ${own}] } }] }\n`;
  })
  .join('')}`;

const { lab, lowered } = (() => {
  const { value, diagnostics } = design({ file: 'many.yaml', text }, undefined, {
    random: (bytes: number) => new Uint8Array(bytes).fill(0xab),
  });
  if (value === undefined) throw new Error(diagnostics.map(({ message }) => message).join('\n'));
  return value;
})();
const machines = Object.values(lab.machines);
const scope = { from: machines, to: machines };

describe('a hundred and fifty machines that all differ', () => {
  const predictor = predictorOf(lowered.state);

  it('are twins as far as another service goes', () => {
    const narrow = predictorFor(lab, predictor, scope, { protocol: 'icmp', port: null });
    const classes = (asked: typeof predictor): number =>
      new Set(machines.map(({ name }) => asked.twins.classOf(name))).size;
    expect(classes(predictor)).toBe(machines.length);
    expect(classes(narrow)).toBeLessThan(20);
  });

  it('are answered for by sets as by walks', () => {
    const service = { protocol: 'tcp', port: 443 } as const;
    const questions = questionsOf(lab, scope, service);
    expect(questions.length).toBeGreaterThan(20_000);
    const disputed: unknown[] = [];
    const answer = answererOf(predictor, service, questions, (question) => disputed.push(question));
    expect(disputed).toEqual([]);
    const sample = questions.filter((_, index) => index % 17 === 0);
    const opened = questions.filter(
      ({ from, to }) => Number(from.slice(1)) === (Number(to.slice(1)) + networks) % machineCount,
    );
    const asked = [...sample, ...opened];
    expect(asked.filter((question) => answer(question) !== predictProbe(predictor, question).predicted)).toEqual([]);
    expect(opened.filter((question) => answer(question) === 'yes').length).toBeGreaterThan(0);
  });
});
