/**
 * A site that has only IPv4, as a test of the IPv6 router sees it: `desk` is a host of its network, `web` a server with
 * nothing but IPv6 on the internet, and both serve a page.
 */
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { type LabRun, type Ran } from '../scenarios/lab-run.ts';

/** The address of `web`: the 50th host of the internet. */
export const web = '2001:db8:ffff::32';

/** What a command printed; throws where it failed. */
export const fine = ({ status, stdout, stderr }: Ran): string => {
  if (status !== 0) throw new Error(`ended with ${status}:\n${stdout}${stderr}`);
  return stdout;
};

export const addressIn = (line: string): string => / inet6 ([^/]+)\//.exec(line)?.[1] ?? '';

/** Has both machines serve the page. */
export const serveWeb = async (lab: LabRun): Promise<void> => {
  const served = join(lab.directory, 'served');
  mkdirSync(served);
  writeFileSync(join(served, 'page'), 'by IPv6 alone\n');
  for (const machine of ['web', 'desk'])
    fine(await lab.exec(machine, 'busybox', 'httpd', '-p', '[::]:80', '-h', served));
};

export interface Site {
  /** Runs a line of the shell on a machine. */
  readonly on: (machine: string, line: string) => Promise<Ran>;
  readonly pings: (machine: string, address: string) => Promise<boolean>;
  /** What a machine reads from a server; empty where it reads nothing. */
  readonly page: (machine: string, address: string) => Promise<string>;
  /** What `desk` reads from `web`, once it has heard of a router. */
  readonly pageInTime: () => Promise<string>;
  /** Addresses of `desk` below a prefix, as ip(8) tells them, once there is one. */
  readonly addressBelow: (prefix: string) => Promise<string>;
}

export const siteOf = (lab: LabRun): Site => {
  const on: Site['on'] = (machine, line) => lab.exec(machine, 'sh', '-c', line);
  const page: Site['page'] = async (machine, address) =>
    (await on(machine, `timeout 10 busybox wget -q -O - 'http://[${address}]/page'`)).stdout;
  return {
    on,
    page,
    pings: async (machine, address) => (await on(machine, `ping -c 3 -i 0.3 -W 3 ${address}`)).status === 0,
    pageInTime: async () => {
      for (const end = Date.now() + 60_000; Date.now() < end;) {
        await pause(500);
        const read = await page('desk', web);
        if (read !== '') return read;
      }
      return (await on('desk', 'ip -6 address show dev eth0; ip -6 route')).stdout;
    },
    addressBelow: async (prefix) => {
      for (const end = Date.now() + 120_000; Date.now() < end;) {
        await pause(200);
        const shown = fine(await on('desk', 'ip -6 -o address show dev eth0 scope global'));
        const line = shown.split('\n').find((text) => text.includes(` ${prefix}`) && !text.includes('tentative'));
        if (line !== undefined) return line;
      }
      throw new Error(`desk gets no address below ${prefix}`);
    },
  };
};
