/** What Xen's scripts do on the host once: network-bridge, network-nat and network-route, which xend starts. */
import { type FilterMatch, type FilterTable } from '../../state/packet-filter.ts';
import { interfaceIn, setSysctl, type Draft } from '../draft.ts';
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
