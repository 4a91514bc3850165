/**
 * An appliance booted from its own image, on the cable of a machine of a running lab: what comes by the machine's card goes
 * to the appliance's, and back, so that the machine is but the place where the appliance is plugged in.
 */
import { connect, type Socket } from 'node:net';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { type LabRun } from '../scenarios/lab-run.ts';

export interface Appliance {
  /** What its serial console shows from now on, until it matches. */
  readonly shows: (pattern: RegExp) => Promise<RegExpExecArray>;
  /** Types a line. */
  readonly type: (line: string) => void;
  /** Presses the power button, and waits for it to end. */
  readonly pressPower: () => Promise<void>;
}

const limitMs = 240_000;

/** The two cards hand each other every frame. */
const plug = `
ip link set eth0 up
ip tuntap add tap0 mode tap 2>/dev/null
ip link set tap0 up
hand() {
  tc qdisc replace dev $1 ingress
  tc filter replace dev $1 ingress pref 1 protocol all u32 match u32 0 0 action mirred egress redirect dev $2
}
for each in eth0 tap0; do echo 1 > /proc/sys/net/ipv6/conf/$each/disable_ipv6; done
hand eth0 tap0 && hand tap0 eth0`;

const reach = async (path: string): Promise<Socket> => {
  for (const end = Date.now() + limitMs; Date.now() < end;) {
    await pause(100);
    const socket = await new Promise<Socket | undefined>((resolve) => {
      const made = connect(path, () => resolve(made)).on('error', () => resolve(undefined));
    });
    if (socket !== undefined) return socket;
  }
  throw new Error(`nothing listens at ${path}`);
};

let started = 0;

/** `arguments_`: of QEMU, for its disks; `card`: the model of its card. It ends with the lab. */
export const plugIn = async (
  lab: LabRun,
  machine: string,
  disks: readonly string[],
  card: string,
): Promise<Appliance> => {
  started += 1;
  const socketOf = (name: string): string => join(lab.directory, `${name}-${started}`);
  const plugged = await lab.exec(machine, 'sh', '-c', plug);
  if (plugged.status !== 0) throw new Error(plugged.stderr);
  const ended = lab.exec(
    machine,
    ...['qemu-system-x86_64', '-nodefaults', '-no-user-config', '-display', 'none', '-no-reboot'],
    ...['-machine', 'pc', '-accel', 'tcg,tb-size=64', '-cpu', 'qemu64,+rdrand', '-m', '128'],
    ...disks,
    ...['-netdev', 'tap,id=net0,ifname=tap0,script=no,downscript=no'],
    ...['-device', `${card},netdev=net0,mac=52:54:00:12:34:56,romfile=`],
    ...['-serial', `unix:${socketOf('console')},server=on,wait=off`],
    ...['-monitor', `unix:${socketOf('monitor')},server=on,wait=off`],
  );
  let isOver = false;
  void ended.then(() => {
    isOver = true;
  });
  const [console, monitor] = await Promise.all([reach(socketOf('console')), reach(socketOf('monitor'))]);
  let shown = '';
  console.on('data', (data) => {
    shown += data.toString('latin1').replaceAll('\r', '');
  });
  for (const socket of [console, monitor]) socket.on('error', () => undefined);
  monitor.resume();
  return {
    shows: async (pattern) => {
      for (const end = Date.now() + limitMs; Date.now() < end;) {
        await pause(50);
        const found = pattern.exec(shown);
        if (found !== null) {
          shown = shown.slice(found.index + found[0].length);
          return found;
        }
        if (isOver) throw new Error(`QEMU ended:\n${(await ended).stderr}\n${shown}`);
      }
      throw new Error(`the console does not show ${String(pattern)}:\n${shown}`);
    },
    type: (line) => console.write(`${line}\n`),
    pressPower: async () => {
      monitor.write('system_powerdown\n');
      await ended;
    },
  };
};
