/**
 * Adding a machine to any example changes no other machine's number, MAC, address or port: at the end of the file even
 * where nothing is pinned yet, anywhere once its decisions are. And `plan` prints what this test sees.
 */
import { readdirSync } from 'node:fs';
import { resolve } from 'node:path';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { parse, stringify } from 'yaml';
import { type LabMachine } from '../../src/lab/lab.ts';
import { type LockFile, printLock } from '../../src/lab/lock-file.ts';
import { design, type Design } from '../../src/pipeline.ts';
import { exampleText, labOf } from '../scenarios/lab-run.ts';

const examples = readdirSync(resolve(import.meta.dirname, '../../examples'))
  .filter((file) => file.endsWith('.yaml') && !file.endsWith('.lock.yaml'))
  .map((file) => file.replace(/\.yaml$/, ''));

type Section = Readonly<Record<string, unknown>>;
interface Data {
  readonly outside?: { readonly networks?: Section; readonly machines?: Section };
  readonly networks?: Section;
  readonly machines?: Section;
}

const insertAt = (section: Section | undefined, place: number, added: Section): Section => {
  const entries = Object.entries(section ?? {});
  return Object.fromEntries([...entries.slice(0, place), ...Object.entries(added), ...entries.slice(place)]);
};

const full: ReadonlySet<string> = new Set(['subnet-too-small', 'tunnel-ends']);

/** A network for exactly the machines that it has takes no other. */
const isFull = (text: string, network: string, isOutside: boolean): boolean => {
  const { value, diagnostics } = designed(withMachine(text, network, isOutside, Infinity));
  return value === undefined && diagnostics.every(({ code, severity }) => severity !== 'error' || full.has(code));
};

/** Where a machine can be added: an outside network, or one that Lanwright makes. */
const networksOf = (text: string): readonly { readonly network: string; readonly isOutside: boolean }[] => {
  const { outside, networks } = parse(text) as Data;
  return [
    ...Object.keys(networks ?? {}).map((network) => ({ network, isOutside: false })),
    ...Object.keys(outside?.networks ?? {}).map((network) => ({ network, isOutside: true })),
  ].filter(({ network, isOutside }) => !isFull(text, network, isOutside));
};

const withMachine = (text: string, network: string, isOutside: boolean, place: number): string => {
  const data = parse(text) as Data;
  const added = { newcomer: { nics: [network] } };
  return isOutside
    ? stringify({ ...data, outside: { ...data.outside, machines: insertAt(data.outside?.machines, place, added) } })
    : stringify({ ...data, machines: insertAt(data.machines, place, added) });
};

const designed = (text: string, lock?: LockFile): ReturnType<typeof design> => {
  const pinned = lock === undefined ? undefined : { file: 'lab.lock.yaml', text: printLock(lock) };
  const random = (bytes: number): Uint8Array => new Uint8Array(bytes).fill(7);
  return design({ file: 'lab.yaml', text }, pinned, { random });
};

const designOf = (text: string, lock?: LockFile): Design => {
  const { value, diagnostics } = designed(text, lock);
  if (value === undefined) throw new Error(`${text}\n${JSON.stringify(diagnostics, null, 1)}`);
  return value;
};

const withoutPlaces = (machine: LabMachine): unknown =>
  JSON.parse(JSON.stringify(machine, (key, value: unknown) => (key === 'at' ? undefined : value)));

const others = ({ lab }: Design): unknown =>
  Object.fromEntries(
    Object.values(lab.machines)
      .filter(({ name }) => name !== 'newcomer')
      .map((machine) => [machine.name, withoutPlaces(machine)]),
  );

describe('adding a machine', () => {
  it.each(examples)('at the end of %s changes nothing else, with nothing pinned', (example) => {
    const text = exampleText(example);
    for (const { network, isOutside } of networksOf(text)) {
      expect(others(designOf(withMachine(text, network, isOutside, Infinity)))).toEqual(others(designOf(text)));
    }
  });

  it('anywhere in any example changes nothing else, once decisions are pinned', () => {
    const cases = examples.flatMap((example) => networksOf(exampleText(example)).map((at) => ({ example, ...at })));
    fc.assert(
      fc.property(fc.constantFrom(...cases), fc.nat(6), ({ example, network, isOutside }, place) => {
        const text = exampleText(example);
        const before = designOf(text);
        const after = designOf(withMachine(text, network, isOutside, place), before.lock);
        expect(Object.keys(after.lab.machines)).toContain('newcomer');
        expect(others(after)).toEqual(others(before));
      }),
      { numRuns: 200 },
    );
  });

  it('leaves the other lines of `plan --json` as they were', async () => {
    interface PlannedMachine {
      readonly machine: string;
    }
    const text = exampleText('quickstart');
    const lab = labOf(text);
    const linesOf = async (): Promise<readonly string[]> => {
      const { machines } = await lab.json<{ readonly machines: readonly PlannedMachine[] }>('plan', lab.file);
      return machines.filter(({ machine }) => machine !== 'newcomer').map((line) => JSON.stringify(line));
    };
    const before = await linesOf();
    lab.rewrite(withMachine(text, 'private', false, 0));
    expect([...(await linesOf())].sort()).toEqual([...before].sort());
    await lab.dispose();
  });
});
