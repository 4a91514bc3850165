/**
 * What Xen's scripts do on the host for each interface of a guest: vif-bridge, vif-nat and vif-route, as those of Xen 4.17
 * do it (tools/hotplug/Linux). A guest whose script fails is not started.
 */
import { ip, printIp } from '../../net/address.ts';
import { printPrefix, prefixOf } from '../../net/prefix.ts';
import { type Interface, type Stack } from '../../state/network-state.ts';
import { addRoute, interfaceIn, setSysctl, type Draft, type Mutable } from '../draft.ts';
import { type AddressAndLength } from '../plain-values.ts';
import { type Vif } from './vif.ts';

export interface VifDefaults {
  readonly script: string;
  readonly bridge: string | undefined;
  /** Whose address vif-route borrows. */
  readonly gatewayDevice: string;
  /** Of the routes of vif-route: those of xl's time have 2, those of xend's none. */
  readonly routeMetric: number;
  /** What other files say of the host's interfaces. */
  readonly known: Stack['interfaces'];
}

interface Setting {
  readonly vif: Vif;
  readonly device: string;
  readonly it: Mutable<Interface>;
  readonly defaults: VifDefaults;
  readonly draft: Draft;
}

/** The error of a script: xl gives the guest up. */
const refuse = ({ vif, draft }: Setting, code: string, reason: string, help?: string): void =>
  draft.tell('error', code, `${reason}, and the guest does not start`, vif.at, help);

const bridgeNamed = ({ draft, defaults }: Setting, name: string): Interface | undefined =>
  draft.interfaces.get(name) ?? (Object.hasOwn(defaults.known, name) ? defaults.known[name] : undefined);

/** Where there is no xenbr0, and eth0 is a bridge, that is meant: so files from before Xen 3.2 go on working. */
const bridgeMeant = (setting: Setting, name: string): string => {
  const renamed = /^xenbr(.*)$/.exec(name)?.[1];
  if (renamed === undefined || bridgeNamed(setting, name) !== undefined) return name;
  return bridgeNamed(setting, `eth${renamed}`)?.kind === 'bridge' ? `eth${renamed}` : name;
};

const bridged = (setting: Setting): void => {
  const { vif, device, it, defaults, draft } = setting;
  const said = vif.bridge ?? defaults.bridge;
  const bridge = bridgeMeant(setting, said ?? 'xenbr0');
  if (said === undefined)
    draft.tell('assumed', 'no-bridge', `no \`bridge=\` says where \`${device}\` goes; ${bridge} was taken`, vif.at);
  it.master = bridge;
  const known = bridgeNamed(setting, bridge);
  it.mtuBytes = vif.mtuBytes ?? known?.mtuBytes ?? 1500;
  if (known === undefined)
    Object.assign(interfaceIn(draft, bridge, vif.at), {
      kind: 'bridge',
      bridge: { stp: false, forwardDelaySeconds: 15 },
    });
};

/** Routed vifs keep the one MAC address that netback gives all its interfaces (drivers/net/xen-netback/interface.c). */
const unbridged = ({ vif, it, draft }: Setting): void => {
  it.mac = 'fe:ff:ff:ff:ff:ff';
  if (vif.mtuBytes !== undefined && vif.mtuBytes !== it.mtuBytes)
    draft.tell(
      'ignored',
      'mtu-of-routed',
      '`mtu=` is for vif-bridge alone; other scripts leave the MTU at 1500',
      vif.at,
    );
};

const routeTo = (
  { vif, device, draft }: Setting,
  { family, address, prefixLength }: AddressAndLength,
  metric: number,
  source: string | undefined,
): void =>
  addRoute(
    draft,
    {
      ...{ family, to: printPrefix(prefixOf(ip(address), prefixLength)), type: 'unicast', dev: device, metric },
      ...{ table: 254, ...(source === undefined ? {} : { source }) },
    },
    vif.at,
  );

/** vif-nat's address on the host's side: the guest's with 127 added to its last byte. */
export const routerOf = (address: string): string | undefined => {
  const own = ip(address);
  return (own.value & 255n) > 128n ? undefined : printIp({ family: 4, value: own.value + 127n });
};

const natted = (setting: Setting): void => {
  const { vif, device, it, draft } = setting;
  unbridged(setting);
  setSysctl(draft, `net/ipv4/conf/${device}/proxy_arp`, '1', vif.at);
  const [own, ...more] = vif.addresses;
  if (own === undefined) {
    draft.tell(
      'not-said',
      'address-from-number',
      'vif-nat gives a guest without `ip=` an address of 10.0.0.0/8 that is made of the number of the domain',
      vif.at,
    );
    return;
  }
  if (own.family === 6 || more.length > 0) {
    refuse(setting, 'one-address', 'vif-nat takes one address, of IPv4');
    return;
  }
  const router = routerOf(own.address);
  if (router === undefined) {
    refuse(
      setting,
      'no-router-address',
      `vif-nat adds 127 to the last byte of \`${own.address}\` for an address of the host, which is none`,
      'give the guest an address that ends in 128 or less',
    );
    return;
  }
  it.addresses = [{ family: 4, address: router, prefixLength: 32 }];
  routeTo(setting, { ...own, prefixLength: 32 }, 0, router);
};

const hasHostBits = ({ address, prefixLength }: AddressAndLength): boolean =>
  prefixOf(ip(address), prefixLength).value !== ip(address).value;

/** The first address of the interface that leads outside, where other files say it. */
const mainAddressOf = (setting: Setting, name: string): string | undefined =>
  bridgeNamed(setting, name)?.addresses.find(({ family }) => family === 4)?.address;

const routed = (setting: Setting): void => {
  const { vif, device, it, defaults, draft } = setting;
  unbridged(setting);
  setSysctl(draft, `net/ipv4/conf/${device}/proxy_arp`, '1', vif.at);
  const lender = vif.gatewayDevice ?? defaults.gatewayDevice;
  const source = mainAddressOf(setting, lender);
  if (source === undefined)
    draft.tell(
      'assumed',
      'borrowed-address',
      `vif-route gives \`${device}\` the first IPv4 address of \`${lender}\`, which these files do not say`,
      vif.at,
    );
  else it.addresses = [{ family: 4, address: source, prefixLength: 32 }];
  if (vif.addresses.length === 0)
    draft.tell('assumed', 'no-route', `without \`ip=\` vif-route lays no route to the guest`, vif.at);
  for (const address of vif.addresses) {
    if (address.family === 6)
      refuse(
        setting,
        'no-ipv6-route',
        `vif-route lays the route to \`${address.address}\` with an IPv4 address as its source, which the kernel refuses`,
        'lay the route by other means, and leave the address out of `ip=`',
      );
    else if (hasHostBits(address))
      refuse(
        setting,
        'not-a-prefix',
        `\`${address.address}/${address.prefixLength}\` has bits behind its length, which no route may have`,
        `write \`ip=${address.address}\``,
      );
    else routeTo(setting, address, defaults.routeMetric, source);
  }
};

/** Whether the interface is there, and may carry packets, by then. */
export const setUpVif = (vif: Vif, device: string, defaults: VifDefaults, draft: Draft): void => {
  const setting = { vif, device, it: interfaceIn(draft, device, vif.at), defaults, draft };
  const script = vif.script ?? defaults.script;
  switch (script) {
    case 'vif-bridge':
      bridged(setting);
      return;
    case 'vif-nat':
      natted(setting);
      return;
    case 'vif-route':
      routed(setting);
      return;
    case 'vif-route-ifup':
      // SUSE's: whatever `ifup VIF` does stands in the host's own files.
      unbridged(setting);
      return;
    default:
      draft.tell('not-said', 'unknown-script', `what the script \`${script}\` does is not known here`, vif.at);
  }
};
