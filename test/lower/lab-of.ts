/** A lab from the text of a file, and its rules as one line of text each. */
import { type Lab } from '../../src/lab/lab.ts';
import { design } from '../../src/pipeline.ts';
import { type Lowered } from '../../src/lower/lower.ts';
import { writeNft } from '../../src/dialects/nft/write.ts';

export const designOf = (text: string): { readonly lab: Lab; readonly lowered: Lowered } => {
  const random = (bytes: number): Uint8Array => new Uint8Array(bytes).fill(7);
  const outcome = design({ file: 'lab.yaml', text }, undefined, { random });
  if (outcome.value === undefined) throw new Error(JSON.stringify(outcome.diagnostics, null, 1));
  return outcome.value;
};

/** The rules of a chain of a stack as nft would be told, without comments. */
export const rulesOf = ({ state }: Lowered, stack: string, chain: string): readonly string[] => {
  const lines = writeNft(state.stacks[stack]?.filter ?? []).split('\n');
  const start = lines.findIndex((line) => line.trim() === `chain ${chain} {`);
  if (start === -1) return [];
  const end = lines.indexOf('  }', start);
  return lines.slice(start + 2, end).map((line) => line.trim().replace(/ comment ".*"$/, ''));
};
