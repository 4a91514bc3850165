/**
 * What runs in the bed of a hypervisor: QEMU, which emulates a machine without any network, Xen on it, and dom0, which
 * takes scripts over the second serial port. The first one is Xen's console, and goes to a file.
 */
import { spawn } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { createInterface } from 'node:readline';
import { serveBed } from '../agreement/bed/serve-bed.ts';
import { type HypervisorBoot, type ScriptAnswer } from './hypervisor-words.ts';

const consolePath = '/run/console.log';
const { hypervisor, kernel, initrd } = JSON.parse(process.env['HYPERVISOR_BOOT'] ?? '{}') as HypervisorBoot;

/**
 * TCG of QEMU 7.2 reads the frame of dom0's `iretq` as the supervisor, which `smap` forbids. dom0 has its memory at
 * once: what is left is for guests.
 */
const argv = [
  ...['-accel', 'tcg,tb-size=256', '-cpu', 'qemu64', '-m', '1792', '-nodefaults', '-no-reboot'],
  ...['-display', 'none', '-nic', 'none', '-serial', `file:${consolePath}`, '-serial', 'stdio', '-kernel', hypervisor],
  ...['-append', 'console=com1 com1=115200,8n1 dom0_mem=768M,max:768M dom0_max_vcpus=1 noreboot'],
  ...['-initrd', `${kernel} console=hvc0 quiet panic=-1 net.ifnames=0 mitigations=off,${initrd}`],
];

type Hear = (line: string | undefined) => void;

serveBed(() => {
  const qemu = spawn('nice', ['-n', '10', 'qemu-system-x86_64', ...argv], { stdio: ['pipe', 'pipe', 'inherit'] });
  const waiting: Hear[] = [];
  let isOver = false;
  createInterface({ input: qemu.stdout }).on('line', (line) => waiting.shift()?.(line.trim()));
  qemu.once('close', () => {
    isOver = true;
    for (const hear of waiting.splice(0)) hear(undefined);
  });
  const nextLine = async (): Promise<string> => {
    const line = isOver ? undefined : await new Promise<string | undefined>((resolve) => waiting.push(resolve));
    if (line === undefined) throw new Error(`the hypervisor ended:\n${readFileSync(consolePath, 'latin1')}`);
    return line;
  };
  const ready = nextLine();
  // Whoever asks hears of it.
  ready.catch(() => undefined);
  return async (script: string): Promise<ScriptAnswer> => {
    await ready;
    qemu.stdin.write(`${Buffer.from(script).toString('base64')}\n`);
    const [status = '', output = ''] = (await nextLine()).split(' ');
    return { status: Number(status), output: Buffer.from(output, 'base64').toString('utf8') };
  };
});
