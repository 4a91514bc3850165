/**
 * Adding a machine to any example changes no other machine's number, MAC, address or port: at the end of the file
 * even where nothing is pinned yet, anywhere once the lock file is there.
 */
import { readdirSync } from 'node:fs';
import { resolve } from 'node:path';
import { describe, expect, it } from 'vitest';
import { parse, stringify } from 'yaml';
import { exampleText, labOf, type LabRun } from '../scenarios/lab-run.ts';

interface PlannedMachine {
  readonly machine: string;
}

const examples = readdirSync(resolve(import.meta.dirname, '../../examples'))
  .filter((file) => file.endsWith('.yaml') && !file.endsWith('.lock.yaml'))
  .map((file) => file.replace(/\.yaml$/, ''));

type Section = Record<string, unknown>;
interface Data {
  outside?: { machines?: Section };
  networks?: Section;
  machines?: Section;
}

/** The text with a further machine on the first network there is. */
const withMachine = (text: string, where: 'first' | 'last'): string => {
  const data = parse(text) as Data;
  const made = Object.keys(data.networks ?? {})[0];
  const added = { newcomer: { nics: [made ?? 'office'] } };
  const into = (section: Section | undefined): Section =>
    where === 'first' ? { ...added, ...section } : { ...section, ...added };
  if (made === undefined)
    return stringify({ ...data, outside: { ...data.outside, machines: into(data.outside?.machines) } });
  return stringify({ ...data, machines: into(data.machines) });
};

const machinesOf = async (lab: LabRun, ...options: readonly string[]): Promise<readonly PlannedMachine[]> =>
  (await lab.json<{ readonly machines: readonly PlannedMachine[] }>('plan', lab.file, ...options)).machines;

const others = (machines: readonly PlannedMachine[]): readonly PlannedMachine[] =>
  machines.filter(({ machine }) => machine !== 'newcomer').toSorted((a, b) => a.machine.localeCompare(b.machine));

describe('adding a machine', () => {
  it.each(examples)(
    'to %s changes nothing else',
    async (example) => {
      const text = exampleText(example);
      const lab = labOf(text);
      const before = others(await machinesOf(lab, '--dry-run'));
      lab.rewrite(withMachine(text, 'last'));
      const atTheEnd = await machinesOf(lab, '--dry-run');
      expect(atTheEnd.some(({ machine }) => machine === 'newcomer')).toBe(true);
      // Without a lock a random IPv6 prefix is drawn anew each time, so compare what does not depend on it.
      const withoutDrawn = (machines: readonly PlannedMachine[]): string =>
        JSON.stringify(machines).replace(/fd[0-9a-f:]+/g, 'fd');
      expect(withoutDrawn(others(atTheEnd))).toBe(withoutDrawn(before));
      lab.rewrite(text);
      const pinned = others(await machinesOf(lab));
      lab.rewrite(withMachine(text, 'first'));
      expect(others(await machinesOf(lab))).toEqual(pinned);
      await lab.dispose();
    },
    30_000,
  );
});
