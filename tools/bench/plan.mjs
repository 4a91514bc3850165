/** `lanwright plan` of the quickstart beside an empty Node process. */
import { cpSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { lanwright, median, run, withDirectory } from './run.mjs';
import { milliseconds, ratioRow } from './report.mjs';

/** Turn about, so that what else the machine does meets both alike. */
const turnAbout = async (rounds, ...programs) => {
  const times = programs.map(() => []);
  for (let round = 0; round < rounds; round += 1)
    for (const [index, once] of programs.entries()) times[index].push((await once()).ms);
  return times.map(median);
};

export async function* benchPlan({ isQuick }) {
  const rounds = isQuick ? 5 : 15;
  const example = resolve(import.meta.dirname, '../../examples/quickstart.yaml');
  const [empty, plan] = await withDirectory(async (directory) => {
    const file = join(directory, 'quickstart.yaml');
    cpSync(example, file);
    await lanwright('plan', file);
    return turnAbout(
      rounds,
      () => run([process.execPath, '-e', '0']),
      () => lanwright('plan', file),
    );
  });
  yield { what: 'node -e 0', value: milliseconds(empty) };
  yield ratioRow('plan of the quickstart', plan, empty, 3);
}
