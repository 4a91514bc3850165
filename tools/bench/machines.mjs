/**
 * Ten probe guests from `up` to the first ping of each, beside ten bare QEMU commands of a script with the same kernel,
 * command line, modules and processor; and what the supervisor costs beside them. Emulated guests take all processors:
 * on a busy machine look at the processor seconds.
 */
import { spawnSync } from 'node:child_process';
import { mkdirSync, readFileSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { homedir } from 'node:os';
import { join, resolve } from 'node:path';
import { isInstalled, lanwright, pause, program, run, withDirectory } from './run.mjs';

const sandbox = ['unshare', '--user', '--map-root-user', '--net', '--mount', '--pid', '--fork', '--kill-child'];

const labText = (count) =>
  `lab: bench-machines
networks: { lan: { mode: host-only, ipv4: 10.9.0.0/24 } }
machines:
  guest: { kind: vm, count: ${count}, nics: [lan] }
`;

/** The first process of bare guests: what the probe guest mounts and loads, and an address from the command line. */
const bareInit = (modprobe) => `#!/bin/busybox sh
export PATH=/usr/sbin:/usr/bin:/sbin:/bin
mount -a
${modprobe}
for word in $(cat /proc/cmdline); do
  case $word in bench.ip=*) ip addr add "\${word#bench.ip=}" dev eth0 ;; esac
done
ip link set eth0 up
while :; do sleep 3600; done
`;

/** The archive of the probe guest with another /init behind it: the last one counts. */
const bareInitrd = (initrd, directory) => {
  const archive = readFileSync(initrd);
  const [modprobe] = archive.toString('latin1').match(/^modprobe -a .*$/m) ?? [''];
  mkdirSync(join(directory, 'root'));
  writeFileSync(join(directory, 'root/init'), bareInit(modprobe), { mode: 0o755 });
  const packed = spawnSync('busybox', ['cpio', '-o', '-H', 'newc'], { cwd: join(directory, 'root'), input: 'init\n' });
  const path = join(directory, 'initrd');
  writeFileSync(path, Buffer.concat([archive, packed.stdout]));
  return path;
};

const ticksOf = (pid) => {
  const fields = readFileSync(`/proc/${pid}/stat`, 'utf8')
    .replace(/^.*\) /, '')
    .split(' ');
  return { parent: Number(fields[1]), ticks: Number(fields[11]) + Number(fields[12]) };
};

/** Of children that have ended: a guest that was booted to be saved, and what helped. */
const reapedMs = (pid) => {
  const fields = readFileSync(`/proc/${pid}/stat`, 'utf8')
    .replace(/^.*\) /, '')
    .split(' ');
  return (Number(fields[13]) + Number(fields[14])) * 10;
};

const childrenOf = (parent) =>
  readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name))
    .flatMap((pid) => {
      try {
        return ticksOf(pid).parent === parent ? [pid] : [];
      } catch {
        return [];
      }
    });

/** The words that a guest of `up` was started with: bare guests get the same kernel, archive, processor and firmware. */
const bootWords = (parent) => {
  const lines = childrenOf(parent).map((pid) => readFileSync(`/proc/${pid}/cmdline`, 'utf8').split('\0'));
  const words = lines.find(([name]) => name.startsWith('qemu-system'));
  const after = (option) => words[words.indexOf(option) + 1];
  const machine = after('-machine').replace(/,memory-backend=[^,]*/, '');
  const same = ['-accel', '-cpu', '-bios', '-m', '-smp'].flatMap((option) => [option, after(option)]);
  same.push('-machine', machine);
  return { kernel: after('-kernel'), initrd: after('-initrd'), append: after('-append'), same };
};

const residentMiB = (pid) => Number(/^VmRSS:\s+(\d+)/m.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1]) / 1024;

/** Saved states of guests: without them the first `up` boots one, and saves it. */
const forgetStates = () => {
  const cache = process.env.XDG_CACHE_HOME ?? join(homedir(), '.cache');
  rmSync(join(cache, 'lanwright/states'), { recursive: true, force: true });
};

const measureUp = (count) =>
  withDirectory(async (directory) => {
    const file = join(directory, 'lab.yaml');
    writeFileSync(file, labText(count));
    const began = performance.now();
    await lanwright('up', file);
    try {
      const hosts = Array.from({ length: count }, (_, index) => `10.9.0.${index + 1}`);
      const pings = hosts.map((address) => `ping -c1 -W5 ${address} >/dev/null`).join(' && ');
      const ran = await run([process.execPath, program, 'exec', '-f', file, 'host', '--', 'sh', '-c', pings]);
      if (ran.status !== 0) throw new Error(`a guest does not answer: ${ran.stderr}`);
      const ms = performance.now() - began;
      const { pid, machines } = JSON.parse((await lanwright('status', '-f', file, '--json')).stdout);
      const processorMs = childrenOf(pid).reduce((sum, child) => sum + ticksOf(child).ticks, 0) * 10 + reapedMs(pid);
      const before = ticksOf(pid).ticks;
      await pause(5000);
      return {
        ms,
        processorMs,
        supervisorMs: before * 10,
        idleMs: (ticksOf(pid).ticks - before) * 10,
        memory: residentMiB(pid),
        accelerator: machines[0].accelerator,
        boot: bootWords(pid),
      };
    } finally {
      await run([process.execPath, program, 'down', '-f', file, '--force']);
    }
  });

const measureBare = (count, { kernel, initrd, append, same }) =>
  withDirectory(async (directory) => {
    const own = bareInitrd(initrd, directory);
    const script = resolve(import.meta.dirname, 'bare-guests.sh');
    const began = performance.now();
    const words = [String(count), kernel, own, append, directory, ...same];
    const ran = await run([...sandbox, '--mount-proc', 'sh', script, ...words]);
    if (ran.status !== 0) throw new Error(`bare guests: ${ran.stderr}`);
    return { ms: performance.now() - began, processorMs: Number(/processor (\d+)/.exec(ran.stdout)?.[1]) };
  });

function* besideBare(who, ours, bare) {
  const ratio = ours.ms / bare.ms;
  const processorMs = ours.processorMs + ours.supervisorMs;
  const processorRatio = processorMs / bare.processorMs;
  yield {
    what: `${who} from up to first ping, beside bare QEMU (${ours.accelerator})`,
    value: `${(ours.ms / 1000).toFixed(1)} s, bare ${(bare.ms / 1000).toFixed(1)} s: ${ratio.toFixed(2)}×`,
    limit: '≤ 1.2×',
    ok: ratio <= 1.2,
  };
  yield {
    what: `${who}: processor time`,
    value: `${(processorMs / 1000).toFixed(1)} s, bare ${(bare.processorMs / 1000).toFixed(1)} s: ${processorRatio.toFixed(2)}×`,
    limit: '≤ 1.2×',
    ok: processorRatio <= 1.2,
  };
}

export async function* benchMachines({ isQuick }) {
  const count = isQuick ? 2 : 10;
  if (!isInstalled('qemu-system-x86_64')) {
    yield { what: `${count} virtual machines`, skipped: 'qemu-system-x86_64 is not installed' };
    return;
  }
  forgetStates();
  const first = await measureUp(count);
  const ours = await measureUp(count);
  const bare = await measureBare(count, ours.boot);
  yield* besideBare(`${count} probe guests`, first, bare);
  yield* besideBare(`${count} probe guests again, from their saved state`, ours, bare);
  yield {
    what: `supervisor beside ${count} guests: processor time to bring them up, at rest in 5 s, memory`,
    value: `${ours.supervisorMs} ms, ${ours.idleMs} ms, ${ours.memory.toFixed(0)} MiB`,
    limit: '',
    ok: true,
  };
}
