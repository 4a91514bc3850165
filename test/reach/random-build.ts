/** Random stacks in the making: interfaces, addresses that now and then collide, cables. */
import {
  type Cable,
  type Interface,
  type InterfaceAddress,
  type NeighbourProxy,
  type PolicyRule,
  type Route,
} from '../../src/state/network-state.ts';
import { type FilterTable } from '../../src/state/packet-filter.ts';
import { Chance } from './chance.ts';

export interface Draft {
  interfaces: Record<string, Interface>;
  routes: Route[];
  rules: PolicyRule[];
  neighbourProxies: NeighbourProxy[];
  sysctls: Record<string, string>;
  filter: FilterTable[];
}

export interface Net {
  readonly index: number;
  readonly hasIpv6: boolean;
  next: number;
}

export const loopback: Interface = { kind: 'loopback', mtuBytes: 65536, up: true, addresses: [] };

const draft = (): Draft => ({
  interfaces: { lo: loopback },
  routes: [],
  rules: [],
  neighbourProxies: [],
  sysctls: {},
  filter: [],
});

export const v4 = (net: number, host: number): string => `10.0.${net}.${host}`;
export const v6 = (net: number, host: number): string => `fd00:0:0:${net.toString(16)}::${host.toString(16)}`;

export class Builder {
  readonly stacks: Record<string, Draft> = {};
  readonly cables: Cable[] = [];
  readonly nets: Net[] = [];
  readonly chance: Chance;
  private macs = 0;

  constructor(seed: number) {
    this.chance = new Chance(seed);
  }

  stack(name: string): Draft {
    return (this.stacks[name] ??= draft());
  }

  net(): Net {
    const net = { index: this.nets.length + 1, hasIpv6: this.chance.is(0.4), next: 1 };
    this.nets.push(net);
    return net;
  }

  mac(): string {
    const { chance } = this;
    // Now and then two stations have one address.
    if (!chance.is(0.01)) this.macs += 1;
    return `02:00:00:00:${(this.macs >> 8).toString(16).padStart(2, '0')}:${(this.macs & 255).toString(16).padStart(2, '0')}`;
  }

  addresses(net: Net): InterfaceAddress[] {
    const { chance } = this;
    const host = chance.is(0.02) && net.next > 1 ? net.next - 1 : net.next++;
    const length = chance.is(0.06) ? chance.of([23, 25, 26, 32]) : 24;
    const list: InterfaceAddress[] = chance.is(0.03)
      ? []
      : [{ family: 4, address: v4(net.index, host), prefixLength: length }];
    if (chance.is(0.05)) list.push({ family: 4, address: v4(net.index, host + 100), prefixLength: 24 });
    if (net.hasIpv6 && !chance.is(0.05)) list.push({ family: 6, address: v6(net.index, host), prefixLength: 64 });
    return list;
  }

  nic(stack: string, name: string, net: Net | undefined, more: Partial<Interface> = {}): Interface {
    const { chance } = this;
    const it: Interface = {
      kind: 'ethernet',
      mac: this.mac(),
      mtuBytes: chance.is(0.04) ? 1400 : 1500,
      up: !chance.is(0.01),
      addresses: net === undefined ? [] : this.addresses(net),
      ...more,
    };
    this.stack(stack).interfaces[name] = it;
    return it;
  }

  cable(a: string, an: string, b: string, bn: string): void {
    const ends = [
      { stack: a, interface: an },
      { stack: b, interface: bn },
    ].sort((x, y) => (x.stack < y.stack || (x.stack === y.stack && x.interface < y.interface) ? -1 : 1));
    this.cables.push({ a: ends[0]!, b: ends[1]! });
  }
}
