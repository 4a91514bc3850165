/**
 * Ten probe guests from `up` to the first ping of each, beside ten bare QEMU commands of a script with the same kernel and
 * modules; and what the supervisor costs beside them. Emulated guests take all processors: on a busy machine look at the
 * processor seconds.
 */
import { spawnSync } from 'node:child_process';
import { mkdirSync, readFileSync, readdirSync, writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { isInstalled, lanwright, pause, program, run, withDirectory } from './run.mjs';

const sandbox = ['unshare', '--user', '--map-root-user', '--net', '--mount', '--pid', '--fork', '--kill-child'];

const labText = (count) =>
  `lab: bench-machines
networks: { lan: { mode: host-only, ipv4: 10.9.0.0/24 } }
machines:
  guest: { kind: vm, count: ${count}, nics: [lan] }
`;

/** The first process of bare guests: modules as in the probe guest, and an address from the kernel's command line. */
const bareInit = (modules) => `#!/bin/busybox sh
export PATH=/usr/sbin:/usr/bin:/sbin:/bin
mount -t proc proc /proc
mount -t sysfs sysfs /sys
mount -t devtmpfs devtmpfs /dev
${modules.join('\n')}
for word in $(cat /proc/cmdline); do
  case $word in bench.ip=*) ip addr add "\${word#bench.ip=}" dev eth0 ;; esac
done
ip link set eth0 up
while :; do sleep 3600; done
`;

/** The archive of the probe guest with another /init behind it: the last one counts. */
const bareInitrd = (initrd, directory) => {
  const archive = readFileSync(initrd);
  const modules = [...new Set(archive.toString('latin1').match(/^insmod \S+$/gm))];
  mkdirSync(join(directory, 'root'));
  writeFileSync(join(directory, 'root/init'), bareInit(modules), { mode: 0o755 });
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

const childTicks = (parent) =>
  readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name))
    .reduce((sum, pid) => {
      try {
        const found = ticksOf(pid);
        return found.parent === parent ? sum + found.ticks : sum;
      } catch {
        return sum;
      }
    }, 0);

const residentMiB = (pid) => Number(/^VmRSS:\s+(\d+)/m.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1]) / 1024;

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
      const processorMs = childTicks(pid) * 10;
      const before = ticksOf(pid).ticks;
      await pause(5000);
      return {
        ms,
        processorMs,
        supervisorMs: before * 10,
        idleMs: (ticksOf(pid).ticks - before) * 10,
        memory: residentMiB(pid),
        accelerator: machines[0].accelerator,
      };
    } finally {
      await run([process.execPath, program, 'down', '-f', file, '--force']);
    }
  });

/** The files that the guests of `up` boot from: those of the newest entry, which it has just used. */
const bootFiles = () => {
  const cache = resolve(process.env.XDG_CACHE_HOME ?? join(process.env.HOME, '.cache'), 'lanwright');
  const kernels = readdirSync(cache).filter((name) => name.startsWith('kernels-'));
  const kernel = kernels.flatMap((folder) =>
    readdirSync(join(cache, folder)).flatMap((name) =>
      name.startsWith('.') ? [] : [join(cache, folder, name, 'kernel')],
    ),
  );
  const guests = readdirSync(join(cache, 'probe')).filter((name) => !name.startsWith('.'));
  const sized = guests
    .map((name) => join(cache, 'probe', name, 'initrd'))
    .map((path) => ({ path, size: readFileSync(path).length }));
  return { kernel: kernel.at(-1), initrd: sized.sort((a, b) => a.size - b.size)[0]?.path };
};

const measureBare = (count) =>
  withDirectory(async (directory) => {
    const { kernel, initrd } = bootFiles();
    const own = bareInitrd(initrd, directory);
    const words = 'console=ttyS0 quiet panic=1 nokaslr noreplace-smp mitigations=off random.trust_cpu=on net.ifnames=0';
    const script = resolve(import.meta.dirname, 'bare-guests.sh');
    const began = performance.now();
    const ran = await run([...sandbox, '--mount-proc', 'sh', script, String(count), kernel, own, words, directory]);
    if (ran.status !== 0) throw new Error(`bare guests: ${ran.stderr}`);
    return { ms: performance.now() - began, processorMs: Number(/processor (\d+)/.exec(ran.stdout)?.[1]) };
  });

export async function* benchMachines({ isQuick }) {
  const count = isQuick ? 3 : 10;
  if (!isInstalled('qemu-system-x86_64')) {
    yield { what: `${count} virtual machines`, skipped: 'qemu-system-x86_64 is not installed' };
    return;
  }
  const ours = await measureUp(count);
  const bare = await measureBare(count);
  const ratio = ours.ms / bare.ms;
  const processorRatio = (ours.processorMs + ours.supervisorMs) / bare.processorMs;
  yield {
    what: `${count} probe guests from up to first ping, beside bare QEMU (${ours.accelerator})`,
    value: `${(ours.ms / 1000).toFixed(1)} s, bare ${(bare.ms / 1000).toFixed(1)} s: ${ratio.toFixed(2)}×`,
    limit: '≤ 1.2×',
    ok: ratio <= 1.2,
  };
  yield {
    what: `${count} probe guests: processor time`,
    value: `${(ours.processorMs / 1000).toFixed(1)} s, bare ${(bare.processorMs / 1000).toFixed(1)} s: ${processorRatio.toFixed(2)}×`,
    limit: '≤ 1.2×',
    ok: processorRatio <= 1.2,
  };
  yield {
    what: `supervisor beside ${count} guests: processor time to bring them up, at rest in 5 s, memory`,
    value: `${ours.supervisorMs} ms, ${ours.idleMs} ms, ${ours.memory.toFixed(0)} MiB`,
    limit: '',
    ok: true,
  };
}
