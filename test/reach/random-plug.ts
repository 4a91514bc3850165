/** Random ways to plug a guest into a port: a cable, now and then two in a bond, one with a VLAN, or one with a macvlan on it. */
import { type BondSettings, type Interface } from '../../src/state/network-state.ts';
import { type Builder, type Net } from './random-build.ts';

interface End {
  readonly stack: string;
  readonly dev: string;
  readonly net: Net | undefined;
  readonly more?: Partial<Interface>;
}

const plain = (build: Builder, a: End, b: End): void => {
  for (const { stack, dev, net, more } of [a, b]) build.nic(stack, dev, net, more);
  build.cable(a.stack, a.dev, b.stack, b.dev);
};

const bare = (build: Builder, { stack, dev }: End, suffix: string, more: Partial<Interface> = {}): string => {
  build.nic(stack, `${dev}${suffix}`, undefined, more);
  return `${dev}${suffix}`;
};

const bonded = (build: Builder, a: End, b: End): void => {
  const mode = build.chance.of<BondSettings['mode']>(['active-backup', '802.3ad', 'balance-rr']);
  for (const { stack, dev, net, more } of [a, b]) build.nic(stack, dev, net, { ...more, kind: 'bond', bond: { mode } });
  for (const suffix of ['x', 'y']) {
    const [one, other] = [a, b].map((end) => bare(build, end, suffix, { master: end.dev }));
    build.cable(a.stack, one!, b.stack, other!);
  }
};

const tagged = (build: Builder, a: End, b: End): void => {
  for (const { stack, dev, net, more } of [a, b])
    build.nic(stack, dev, net, { ...more, kind: 'vlan', vlan: { link: `${dev}t`, id: 10 } });
  build.cable(a.stack, bare(build, a, 't'), b.stack, bare(build, b, 't'));
};

const stacked = (build: Builder, a: End, b: End): void => {
  build.nic(a.stack, a.dev, a.net, a.more);
  build.nic(b.stack, b.dev, b.net, { ...b.more, kind: 'macvlan', macvlan: { link: `${b.dev}t`, mode: 'bridge' } });
  build.cable(a.stack, a.dev, b.stack, bare(build, b, 't'));
};

export const plug = (build: Builder, port: End, guest: End): void => {
  const { chance } = build;
  if (!chance.is(0.06)) plain(build, port, guest);
  else chance.of([bonded, tagged, stacked])(build, port, guest);
};
