/**
 * Where an interface of a guest is plugged in: a bridge of the host, or a macvtap on one of its devices (formatdomain.html,
 * "Direct attachment to physical interface"). The macvtap is the end of the guest's cable, with the guest's MAC.
 */
import { type Interface } from '../../state/network-state.ts';
import { field } from '../../state/spelling.ts';
import { interfaceIn, type Draft } from '../draft.ts';
import { isInterfaceName } from '../plain-values.ts';
import { attributeOf, childOf, type Element } from '../xml/tree.ts';
import { isGivenOut, macvtapModeOf, type DirectSource, type VirtualNetwork } from './networks.ts';

export interface Networks {
  readonly byName: ReadonlyMap<string, VirtualNetwork>;
  readonly own: readonly VirtualNetwork[];
}

export type Plug =
  { readonly kind: 'bridge'; readonly bridge: string } | { readonly kind: 'macvtap'; readonly source: DirectSource };

const directPlug = (nic: Element, draft: Draft): Plug | undefined => {
  const source = childOf(nic, 'source');
  const device = attributeOf(source, 'dev') ?? '';
  // virDomainActualNetDefParseXML: without a mode it is vepa.
  const word = attributeOf(source, 'mode') ?? 'vepa';
  const mode = macvtapModeOf(word);
  if (!isInterfaceName(device)) {
    draft.tell('error', 'bad-name', `\`${device}\` cannot be the name of an interface`, nic.at);
    return undefined;
  }
  if (mode !== undefined) return { kind: 'macvtap', source: { mode, devices: [device] } };
  draft.tell(
    'not-said',
    'macvtap',
    word === 'passthrough'
      ? `\`${device}\` is the guest’s alone, and the host hears nothing by it any more; the interface is taken as unplugged`
      : `\`${word}\` is no mode of macvtap; the interface is taken as unplugged`,
    nic.at,
    `write in wiring.yaml what is on the wire of \`${device}\``,
  );
  return undefined;
};

const networkPlug = (nic: Element, { byName }: Networks, draft: Draft): Plug | undefined => {
  const name = attributeOf(childOf(nic, 'source'), 'network') ?? '';
  const network = byName.get(name);
  if (network === undefined)
    draft.tell(
      'assumed',
      'unknown-network',
      `the network \`${name}\` is in none of the files; the interface is taken as unplugged`,
      nic.at,
    );
  if (network?.direct !== undefined) return { kind: 'macvtap', source: network.direct };
  return network === undefined || network.bridge === '' ? undefined : { kind: 'bridge', bridge: network.bridge };
};

/** Undefined: it is plugged in nowhere, which is told where the model lacks words. */
export const plugFor = (nic: Element, networks: Networks, draft: Draft): Plug | undefined => {
  const type = attributeOf(nic, 'type');
  switch (type) {
    case 'network':
      return networkPlug(nic, networks, draft);
    case 'direct':
      return directPlug(nic, draft);
    case 'bridge': {
      const bridge = attributeOf(childOf(nic, 'source'), 'bridge');
      return bridge === undefined ? undefined : { kind: 'bridge', bridge };
    }
    default:
      draft.tell(
        'not-said',
        'no-words-for',
        `an interface of type ${type ?? 'none'} has no place in the model`,
        nic.at,
      );
      return undefined;
  }
};

/** The host's end: `stem` and the first free number, or the name that the file gives it. */
export const tapNameFor = (nic: Element, plug: Plug, taken: Set<string>): string => {
  const said = attributeOf(childOf(nic, 'target'), 'dev');
  const stem = plug.kind === 'macvtap' ? 'macvtap' : 'vnet';
  let tap = said !== undefined && isInterfaceName(said) && !isGivenOut(said) ? said : '';
  for (let free = 0; tap === '' || taken.has(tap); free += 1) tap = `${stem}${free}`;
  taken.add(tap);
  return tap;
};

/** Of several devices that which has fewest guests on it (networkAllocatePort). */
const leastUsed = ({ devices }: DirectSource, host: Draft): string => {
  const links = [...host.interfaces.values()].map(({ macvlan }) => macvlan?.link);
  const users = (device: string): number => links.filter((link) => link === device).length;
  return devices.reduce((best, device) => (users(device) < users(best) ? device : best), devices[0] ?? '');
};

/** Makes the host's end of a guest's cable; `mac`: the guest's. */
export const makeTap = (tap: string, plug: Plug, mac: string | undefined, host: Draft, at: Element['at']): void => {
  if (plug.kind === 'bridge') {
    interfaceIn(host, tap, at).master = plug.bridge;
    if (!host.interfaces.has(plug.bridge))
      Object.assign(interfaceIn(host, plug.bridge, at), {
        kind: 'bridge',
        bridge: { stp: false, forwardDelaySeconds: 15 },
      });
    return;
  }
  const link = leastUsed(plug.source, host);
  interfaceIn(host, link, at);
  const macvtap: Partial<Interface> = {
    kind: 'macvlan',
    macvlan: { link, mode: plug.source.mode },
    ...field('mac', mac),
  };
  Object.assign(interfaceIn(host, tap, at), macvtap);
};
