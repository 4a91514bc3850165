/**
 * What Xen's scripts do on the host: network-bridge, network-nat and network-route once, vif-bridge, vif-nat and vif-route
 * for each interface of a guest.
 */
import { ip, printIp } from '../../net/address.ts';
import { type FilterMatch, type FilterTable } from '../../state/packet-filter.ts';
import { addRoute, interfaceIn, setSysctl, type Draft } from '../draft.ts';
import { type Vif } from './vif.ts';
import { type Script } from './xend-config.ts';

const masquerade = (matches: readonly FilterMatch[]): FilterTable => ({
  family: 'ip',
  name: 'nat',
  chains: [
    {
      name: 'POSTROUTING',
      type: 'nat',
      hook: 'postrouting',
      priority: 100,
      policy: 'accept',
      rules: [{ matches, verdict: { kind: 'masquerade' } }],
    },
  ],
});

/** The bridge that network-bridge makes; undefined where no script makes one. */
export const setUpHost = (script: Script, draft: Draft): string | undefined => {
  const { name, options, at } = script;
  const netdev = options.get('netdev') ?? 'eth0';
  switch (name) {
    case 'network-bridge': {
      // Since Xen 3.2 the bridge takes the name of the NIC, which becomes pNAME; before, it was xenbr0.
      const bridge = options.get('bridge') ?? netdev;
      Object.assign(interfaceIn(draft, bridge, at), { kind: 'bridge', bridge: { stp: false, forwardDelaySeconds: 0 } });
      const port = bridge === netdev ? `p${netdev}` : netdev;
      interfaceIn(draft, port, at).master = bridge;
      return bridge;
    }
    case 'network-nat':
      setSysctl(draft, 'net/ipv4/ip_forward', '1', at);
      draft.filter.push(masquerade([{ kind: 'oif', names: [netdev] }]));
      return undefined;
    case 'network-route':
      setSysctl(draft, 'net/ipv4/ip_forward', '1', at);
      setSysctl(draft, `net/ipv4/conf/${netdev}/proxy_arp`, '1', at);
      return undefined;
    case 'network-dummy':
    case '/bin/true':
    case 'true':
      return undefined;
    default:
      draft.tell('not-said', 'unknown-script', `what the script \`${name}\` does is not known here`, at);
      return undefined;
  }
};

/** vif-nat's address on the host's side: the guest's with 127 added to its last byte, or taken off. */
const routerAddress = (address: string): string => {
  const own = ip(address);
  const last = own.value & 255n;
  const other = last < 128n ? last + 127n : last - 127n;
  return printIp({ family: 4, value: own.value - last + other });
};

const routeTo = (vif: Vif, device: string, source: string | undefined, draft: Draft): void => {
  for (const address of vif.addresses) {
    const family = address.includes(':') ? 6 : 4;
    addRoute(
      draft,
      {
        family,
        to: `${address}/${family === 4 ? 32 : 128}`,
        type: 'unicast',
        dev: device,
        metric: family === 4 ? 0 : 1024,
        table: 254,
        ...(source === undefined || family === 6 ? {} : { source }),
      },
      vif.at,
    );
  }
};

export interface VifDefaults {
  readonly script: string;
  readonly bridge: string | undefined;
}

const routedScripts: ReadonlySet<string> = new Set(['vif-nat', 'vif-route', 'vif-route-ifup']);

/** Whether the interface is there, and may carry packets, by then. */
export const setUpVif = (vif: Vif, device: string, defaults: VifDefaults, draft: Draft): void => {
  const script = vif.script ?? defaults.script;
  const it = interfaceIn(draft, device, vif.at);
  if (vif.mtuBytes !== undefined) it.mtuBytes = vif.mtuBytes;
  // netback gives all its interfaces one MAC address (drivers/net/xen-netback/interface.c); it shows where they are no ports.
  if (routedScripts.has(script)) it.mac = 'fe:ff:ff:ff:ff:ff';
  switch (script) {
    case 'vif-bridge': {
      const bridge = vif.bridge ?? defaults.bridge;
      if (bridge === undefined) {
        draft.tell('assumed', 'no-bridge', `no \`bridge=\` says where \`${device}\` goes; xenbr0 was taken`, vif.at);
      }
      it.master = bridge ?? 'xenbr0';
      if (!draft.interfaces.has(it.master))
        Object.assign(interfaceIn(draft, it.master, vif.at), {
          kind: 'bridge',
          bridge: { stp: false, forwardDelaySeconds: 15 },
        });
      return;
    }
    case 'vif-nat': {
      const [own] = vif.addresses.filter((address) => !address.includes(':'));
      if (own === undefined) {
        draft.tell(
          'not-said',
          'address-from-pool',
          `vif-nat gives a guest without \`ip=\` an address of its own choice`,
          vif.at,
        );
        return;
      }
      const router = routerAddress(own);
      it.addresses = [{ family: 4, address: router, prefixLength: 32 }];
      setSysctl(draft, `net/ipv4/conf/${device}/proxy_arp`, '1', vif.at);
      routeTo(vif, device, router, draft);
      return;
    }
    case 'vif-route':
    case 'vif-route-ifup':
      if (script === 'vif-route-ifup') {
        // Whatever `ifup VIF` does stands in the host's own files.
        return;
      }
      setSysctl(draft, `net/ipv4/conf/${device}/proxy_arp`, '1', vif.at);
      draft.tell(
        'assumed',
        'borrowed-address',
        `vif-route gives \`${device}\` the host’s own main address, which is left out here`,
        vif.at,
      );
      if (vif.addresses.length === 0)
        draft.tell('assumed', 'no-route', `without \`ip=\` vif-route lays no route to the guest`, vif.at);
      routeTo(vif, device, undefined, draft);
      return;
    default:
      draft.tell('not-said', 'unknown-script', `what the script \`${script}\` does is not known here`, vif.at);
  }
};
