/** Each example, lowered to a state and written again as a lab file, makes a network in which the same machines reach each other. */
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { hasErrors } from '../../src/diagnostics/diagnostic.ts';
import { printDiagnostics } from '../../src/diagnostics/print-text.ts';
import { type Lab } from '../../src/lab/lab.ts';
import { design, type Design } from '../../src/pipeline.ts';
import { predictProbe } from '../../src/probe/predict-probes.ts';
import { pingsBetween } from '../../src/probe/plan-probes.ts';
import { predictorOf } from '../../src/reach/predict.ts';
import { labText } from '../../src/recognise/lab-text.ts';

const folder = join(import.meta.dirname, '../../examples');
const examples = readdirSync(folder).filter((name) => name.endsWith('.yaml') && !name.endsWith('.lock.yaml'));

const designed = (file: string, text: string): Design => {
  const { value, diagnostics } = design({ file, text }, undefined, { random: (bytes) => new Uint8Array(bytes) });
  const told = printDiagnostics(diagnostics, new Map([[file, text]]), { color: false, width: 120 });
  if (value === undefined || hasErrors(diagnostics)) throw new Error(`${text}\n${told}`);
  return value;
};

/** Every ping between static addresses of machines that both labs have, with its answer. */
const answers = ({ lab, lowered }: Design): ReadonlyMap<string, string> => {
  const predictor = predictorOf(lowered.state);
  const machines = Object.values(lab.machines).filter(({ role }) => role !== 'internet');
  // Addresses on the internet are planned, and may be others.
  const isStatic = (asked: Lab, address: string): boolean =>
    Object.values(asked.machines).some(({ nics }) =>
      nics.some(({ addresses, network }) => network !== 'internet' && addresses.some((own) => own.address === address)),
    );
  return new Map(
    pingsBetween(lab, machines, machines)
      .filter(({ address }) => isStatic(lab, address))
      .map((probe) => [`${probe.from} → ${probe.to} ${probe.address}`, predictProbe(predictor, probe).predicted]),
  );
};

/** Whose packet filter says more than a mode of a network, and whose hosts proxy: a lab file of a state lacks those. */
const beyond = /quickstart|firewall|redundancy|behind-nat|guide-vpn\.|guide-stages|ubuntu-bridge/;

describe('a lab file of a state', () => {
  it.each(examples)('%s can be read', (name) => {
    const { lowered } = designed(name, readFileSync(join(folder, name), 'utf8'));
    designed('lab.yaml', labText(lowered.state).text);
  });

  it.each(examples.filter((name) => !beyond.test(name)))('%s makes the same network', (name) => {
    const first = designed(name, readFileSync(join(folder, name), 'utf8'));
    const { text } = labText(first.lowered.state);
    const second = answers(designed('lab.yaml', text));
    const differing = [...answers(first)].flatMap(([ping, answer]) =>
      second.get(ping) === answer ? [] : [`${ping}: ${answer}, then ${second.get(ping) ?? 'not asked'}`],
    );
    expect(differing, text).toEqual([]);
  });
});
