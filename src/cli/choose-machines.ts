/** Names on the command line to machines: one, all on a network, or all copies of one that is counted. */
import { suggest } from '../diagnostics/suggest.ts';
import { type Lab, type LabMachine } from '../lab/lab.ts';
import { fault } from './complain.ts';
import { type Found } from './flow-ends.ts';

const namedBy = (lab: Lab, word: string): readonly LabMachine[] => {
  const all = Object.values(lab.machines);
  if (Object.hasOwn(lab.machines, word)) return all.filter(({ name }) => name === word);
  if (Object.hasOwn(lab.networks, word)) return all.filter(({ nics }) => nics.some(({ network }) => network === word));
  return all.filter(({ name }) => name.startsWith(`${word}-`) && /^\d+$/.test(name.slice(word.length + 1)));
};

/** In the order of the lab; no words: all machines. */
export const chooseMachines = (lab: Lab, words: readonly string[]): Found<readonly LabMachine[]> => {
  const all = Object.values(lab.machines);
  if (words.length === 0) return { value: all };
  const chosen = new Set<LabMachine>();
  for (const word of words) {
    const found = namedBy(lab, word);
    if (found.length === 0) {
      const near = suggest(word, [...Object.keys(lab.machines), ...Object.keys(lab.networks)]);
      const help = near === undefined ? '`lanwright plan` lists machines and networks' : `did you mean \`${near}\`?`;
      return { wrong: fault('unknown-name', `\`${word}\` is no machine and no network of \`${lab.name}\``, help) };
    }
    for (const machine of found) chosen.add(machine);
  }
  return { value: all.filter((machine) => chosen.has(machine)) };
};
