/** The Xen guide: a host on an office LAN whose machines are bridged, behind NAT, or routed. */
import { expect, it } from 'vitest';
import { internet4, misses, reaches, scenario, tcp } from './scenario.ts';

const vm01 = '10.0.0.1';
const vm02 = '10.0.0.2';
const desktop = '192.168.0.5';
const dom0 = '192.168.0.3';

scenario('xen-bridge', [
  reaches('desktop', '192.168.0.6', desktop),
  reaches('vm01', desktop, '192.168.0.6'),
  reaches('vm01', internet4),
  reaches('vm01', dom0, '192.168.0.6'),
  reaches('dom0', '192.168.0.6', dom0),
]);

scenario('xen-nat', [
  reaches('vm01', desktop, dom0),
  tcp('vm01', desktop, 22, 'yes', dom0),
  reaches('vm02', desktop, dom0),
  reaches('vm01', internet4),
  ...misses('desktop', vm01, vm02),
  ...misses('router', vm01, vm02),
  reaches('vm01', vm02, vm01),
  reaches('vm02', vm01, vm02),
]);

scenario('xen-routed', [
  reaches('desktop', vm01, desktop),
  reaches('vm01', desktop, vm01),
  reaches('vm01', internet4),
  reaches('vm01', vm02, vm01),
]);

scenario('xen-routed-own-nat', [
  reaches('desktop', vm01, desktop),
  reaches('vm01', desktop, vm01),
  reaches('desktop', internet4),
  ...misses('vm01', internet4),
]);

scenario(
  'xen-routed-no-return',
  [...misses('vm01', desktop), ...misses('desktop', vm01), reaches('vm01', dom0, vm01), ...misses('vm01', internet4)],
  (lab, report) => {
    it('tells a lost reply from a lost request', () => {
      const details = report()
        .pairs.filter((pair) => pair.from === 'vm01' && pair.address === desktop && pair.protocol === 'icmp')
        .map((pair) => pair.detail);
      expect(details).toContain('request-arrived');
    });

    it('explains it as it is, and what it says to look at shows it', async () => {
      const explained = await lab().run('explain', '-f', lab().file, 'vm01', 'desktop', '--json');
      const { cause, confirm } = JSON.parse(explained.stdout) as { cause: { machine: string }; confirm: string };
      expect(explained.status).toBe(1);
      expect(cause.machine).toBe('router');
      const words = confirm.split(' ').slice(1);
      const { stdout } = await lab().run(...words);
      expect(stdout).toContain('10.0.0.1 via 203.0.113.1');
    });

    it('foresees what the one route changes in the running lab, and nothing else', async () => {
      const before = lab().text();
      lab().rewrite(before.replace('nat: true }', 'nat: true, routes: [{ to: servers, via: dom0 }] }'));
      const { impact } = await lab().json<{ impact: readonly { change: string; from: string[]; to: string[] }[] }>(
        ...['up', '--dry-run', '--impact', lab().file],
      );
      lab().rewrite(before);
      expect(new Set(impact.map(({ change }) => change))).toEqual(new Set(['appears']));
      const opened = impact.flatMap(({ from, to }) => from.flatMap((a) => to.map((b) => `${a} → ${b}`)));
      expect(opened).toEqual(expect.arrayContaining(['desktop → vm01', 'vm01 → desktop', 'vm01 → internet']));
    });

    it('plans the one missing route, on the router that lacks it', async () => {
      const { stdout } = await lab().run('plan', lab().file);
      expect(stdout).toContain('ip route add 10.0.0.0/24 via 192.168.0.3');
      expect(stdout).toContain('router');
    });
  },
);
