/** `up` and `down` of N machines on one bridge, beside a hand-written script that does the same kernel work. */
import { desiredState, writeLab } from './lab.mjs';
import { writeHandWritten } from './hand-written.mjs';
import { inPrivateNamespaces, lanwright, median, pause, runUntilReady, withDirectory } from './run.mjs';
import { ratioRow, seconds } from './report.mjs';

/** The kernel takes namespaces apart after their processes have ended; let it, before the next measurement. */
const settle = (machines) => pause(1000 + machines * 10);

const measure = (machines, rounds) =>
  withDirectory(async (directory) => {
    const file = writeLab(directory, machines);
    const script = writeHandWritten(directory, await desiredState(file));
    const times = { hand: [], up: [], again: [], down: [] };
    for (let round = 0; round < rounds; round += 1) {
      times.hand.push((await runUntilReady(inPrivateNamespaces(['bash', script]))).ms);
      await settle(machines);
      times.up.push((await lanwright('up', file)).ms);
      times.again.push((await lanwright('up', file)).ms);
      times.down.push((await lanwright('down', file)).ms);
      await settle(machines);
    }
    return Object.fromEntries(Object.entries(times).map(([name, values]) => [name, median(values)]));
  });

export async function* benchUp({ isQuick }) {
  for (const [machines, rounds] of isQuick
    ? [[50, 1]]
    : [
        [200, 3],
        [1000, 1],
      ]) {
    const { hand, up, again, down } = await measure(machines, rounds);
    yield { what: `hand-written script, ${machines} machines`, value: seconds(hand) };
    yield ratioRow(`up, ${machines} machines`, up, hand, machines === 200 ? 1.5 : undefined);
    yield { what: `up again, nothing to change, ${machines} machines`, value: seconds(again) };
    yield {
      what: `down, ${machines} machines`,
      value: seconds(down),
      limit: machines === 200 ? '≤ 1 s' : '',
      ok: machines !== 200 || down <= 1000,
    };
  }
}
