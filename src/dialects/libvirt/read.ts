/** All networks and domains of a host: the host with its bridges and rules, and a stack for each guest. */
import { type Cable, type Interface } from '../../state/network-state.ts';
import { compareText, field } from '../../state/spelling.ts';
import { type ConfigText, type ReadContext, type Reading, type Remark, type StackPart } from '../dialect.ts';
import { interfaceIn, newDraft, partOf, tellInto, type Draft } from '../draft.ts';
import { isInterfaceName, readInteger, readMac } from '../plain-values.ts';
import { emptyStack } from '../../state/empty-stack.ts';
import { plainNic } from '../reading.ts';
import { attributeOf, childOf, childrenOf, parseXml, type Element } from '../xml/tree.ts';
import { type VirtualNetwork } from './networks.ts';
import { makeTap, plugFor, tapNameFor, type Networks } from './plugs.ts';
import { directSourceOf, modeOf, readOwnNetwork, tellOthers } from './read-network.ts';
import { rulesOf } from './rules.ts';

export const ownsPath = (path: string): boolean => /^(etc|run)\/libvirt\/(qemu|libxl|lxc)\/.*\.xml$/.test(path);

export const nameOf = (element: Element): string => childOf(element, 'name')?.text ?? '';

/** Undefined where the network takes a bridge of the host's, or none at all. */
const ownBridge = (network: Element, taken: ReadonlySet<string>, draft: Draft): string | undefined => {
  const mode = modeOf(network, draft);
  if (mode === 'bridge' || mode === 'direct') return undefined;
  const said = attributeOf(childOf(network, 'bridge'), 'name');
  if (said !== undefined && said !== '' && !said.includes('%')) {
    if (isInterfaceName(said)) return said;
    draft.tell('error', 'bad-name', `\`${said}\` cannot be the name of an interface`, network.at);
  }
  // libvirt calls bridges without a name virbr0, virbr1, … as they are free.
  const stem = said?.includes('%d') === true ? said.replace('%d', '') : 'virbr';
  for (let index = 0; ; index += 1) if (!taken.has(`${stem}${index}`)) return `${stem}${index}`;
};

/** Networks in the order of their names, with the bridges of those that have one of their own. */
export const bridgesOf = (roots: readonly Element[], draft: Draft): ReadonlyMap<Element, string | undefined> => {
  const elements = roots.filter(({ name }) => name === 'network');
  const taken = new Set(elements.map((element) => attributeOf(childOf(element, 'bridge'), 'name') ?? ''));
  return new Map(
    [...elements]
      .sort((a, b) => compareText(nameOf(a), nameOf(b)))
      .map((element) => {
        const bridge = ownBridge(element, taken, draft);
        if (bridge !== undefined) taken.add(bridge);
        return [element, bridge];
      }),
  );
};

const readNetworks = (roots: readonly Element[], draft: Draft): Networks => {
  const byName = new Map<string, VirtualNetwork>();
  const own: VirtualNetwork[] = [];
  for (const [element, name] of bridgesOf(roots, draft)) {
    const mode = modeOf(element, { ...draft, tell: () => undefined });
    if (name === undefined) {
      tellOthers(element, mode, draft);
      byName.set(nameOf(element), {
        bridge: attributeOf(childOf(element, 'bridge'), 'name') ?? '',
        mode,
        addresses: [],
        natsIpv6: false,
        ...field('direct', mode === 'direct' ? directSourceOf(element) : undefined),
        ...(isIsolated(element) ? { isIsolated: true } : {}),
      });
      continue;
    }
    const network = readOwnNetwork(name, element, mode, draft);
    byName.set(nameOf(element), network);
    own.push(network);
  }
  return { byName, own };
};

interface Guest {
  readonly name: string;
  readonly interfaces: Record<string, Interface>;
}

const knownParts = new Set([
  'mac', 'source', 'model', 'target', 'address', 'alias', 'boot', 'driver', 'link', 'mtu', 'acpi', 'rom', 'script', 'port',
]); // prettier-ignore

/** `<port isolated='yes'/>`: guests of one network do not reach each other. */
const isIsolated = (element: Element): boolean => attributeOf(childOf(element, 'port'), 'isolated') === 'yes';

const plugIn = (
  guest: Guest,
  nics: readonly Element[],
  networks: Networks,
  host: Draft,
  taken: Set<string>,
): readonly Cable[] =>
  nics.flatMap((nic, index) => {
    for (const part of nic.children)
      if (!knownParts.has(part.name))
        host.tell('not-said', 'no-words-for', `<${part.name}> of an interface has no place in the model`, part.at);
    const name = `eth${index}`;
    const mac = readMac(attributeOf(childOf(nic, 'mac'), 'address') ?? '');
    const saidMtu = readInteger(attributeOf(childOf(nic, 'mtu'), 'size') ?? '', 68, 65535);
    const plug = plugFor(nic, networks, host);
    const bridge = plug?.kind === 'bridge' ? plug.bridge : undefined;
    const networkMtu = networks.own.find((network) => network.bridge === bridge)?.mtuBytes;
    // Of the models that libvirt knows, virtio alone tells the guest.
    const isTold = attributeOf(childOf(nic, 'model'), 'type')?.startsWith('virtio') === true;
    const mtuBytes = saidMtu ?? (isTold ? networkMtu : undefined);
    guest.interfaces[name] = { ...plainNic, ...field('mac', mac), ...field('mtuBytes', mtuBytes) };
    if (plug === undefined) return [];
    const tap = tapNameFor(nic, plug, taken);
    const isDown = attributeOf(childOf(nic, 'link'), 'state') === 'down';
    if (isDown) host.tell('not-said', 'link-down', 'a link that is down is taken as unplugged', nic.at);
    makeTap(tap, plug, mac, host, nic.at);
    const port = interfaceIn(host, tap, nic.at);
    const named = networks.byName.get(attributeOf(childOf(nic, 'source'), 'network') ?? '');
    if (bridge !== undefined && (isIsolated(nic) || named?.isIsolated === true)) port.port = { isolated: true };
    const tapMtu = saidMtu ?? networkMtu;
    if (tapMtu !== undefined) {
      port.mtuBytes = tapMtu;
      host.sized.add(tap);
    }
    return isDown ? [] : [{ a: { stack: host.stack, interface: tap }, b: { stack: guest.name, interface: name } }];
  });

const readDomain = (
  domain: Element,
  networks: Networks,
  host: Draft,
  taken: Set<string>,
): readonly [Guest, readonly Cable[]] => {
  const guest: Guest = { name: nameOf(domain) || 'guest', interfaces: {} };
  host.origins[`${guest.name}/interfaces/eth0`] = domain.at;
  return [guest, plugIn(guest, childrenOf(childOf(domain, 'devices'), 'interface'), networks, host, taken)];
};

export const readLibvirt = (texts: readonly ConfigText[], { stack }: ReadContext): Reading => {
  const remarks: Remark[] = [];
  const tell = tellInto(remarks);
  const draft = newDraft(stack, tell);
  const roots = texts.flatMap((text) => parseXml(text, tell) ?? []);
  for (const root of roots)
    if (!['network', 'domain', 'interface'].includes(root.name))
      tell('error', 'other-document', `<${root.name}> is neither a network nor a domain`, root.at);
  const networks = readNetworks(roots, draft);
  draft.filter.push(...rulesOf(networks.own));
  const stacks: Record<string, StackPart> = {};
  const cables: Cable[] = [];
  const taken = new Set<string>();
  for (const domain of roots.filter(({ name }) => name === 'domain')) {
    const [guest, plugged] = readDomain(domain, networks, draft, taken);
    stacks[guest.name] = { ...emptyStack, interfaces: guest.interfaces };
    cables.push(...plugged);
  }
  const loose = roots.filter(({ name }) => name === 'interface');
  if (loose.length > 0) {
    // A part of a domain, pasted alone.
    const guest: Guest = { name: 'guest', interfaces: {} };
    cables.push(...plugIn(guest, loose, networks, draft, taken));
    stacks[guest.name] = { ...emptyStack, interfaces: guest.interfaces };
  }
  const part = partOf(draft);
  if (Object.keys(part).length > 0) stacks[stack] = part;
  return { stacks, cables, remarks, origins: draft.origins };
};
