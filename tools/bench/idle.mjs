/** What a supervisor costs while nothing happens: memory, and processor time over ten seconds. */
import { cpSync, readFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { lanwright, pause, withDirectory } from './run.mjs';

const processorTicks = (pid) => {
  const fields = readFileSync(`/proc/${pid}/stat`, 'utf8')
    .replace(/^.*\) /, '')
    .split(' ');
  return Number(fields[11]) + Number(fields[12]);
};

const residentMiB = (pid) => Number(/^VmRSS:\s+(\d+)/m.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1]) / 1024;

export async function* benchIdle({ isQuick }) {
  const watchedMs = isQuick ? 3000 : 10_000;
  const { ticks, memory } = await withDirectory(async (directory) => {
    const file = join(directory, 'quickstart.yaml');
    cpSync(resolve(import.meta.dirname, '../../examples/quickstart.yaml'), file);
    await lanwright('up', file);
    try {
      await lanwright('verify', file, '--json');
      const { pid } = JSON.parse((await lanwright('status', '-f', file, '--json')).stdout);
      await pause(1000);
      const before = processorTicks(pid);
      await pause(watchedMs);
      return { ticks: processorTicks(pid) - before, memory: residentMiB(pid) };
    } finally {
      await lanwright('down', file);
    }
  });
  yield {
    what: 'supervisor at rest: memory',
    value: `${memory.toFixed(0)} MiB`,
    limit: '≤ 80 MB',
    ok: memory * 1.048576 <= 80,
  };
  yield {
    what: `supervisor at rest: processor time in ${watchedMs / 1000} s`,
    value: `${ticks * 10} ms`,
    limit: '≤ 10 ms',
    ok: ticks <= 1,
  };
}
