/**
 * libvirt: bridges of its networks, by its own files, which only root may read, or by the names of files that everybody
 * may list; taps and macvtaps of its domains.
 */
import { attributeOf, childOf, childrenOf, parseXml, type Element } from '../dialects/xml/tree.ts';
import { linkNamed, textsIn, type Claim, type ClaimsOf } from './claim.ts';
import { type HostFacts, type LinkFacts } from './host-facts.ts';

export const libvirt = 'libvirt';

export const dnsmasqFolder = '/var/lib/libvirt/dnsmasq';
const networkFolders = ['/run/libvirt/network', '/etc/libvirt/qemu/networks'];
const domainFolder = '/run/libvirt/qemu';

const made = (name: string, evidence: string): Claim => ({ interface: name, program: libvirt, does: 'made', evidence });

const madeAndRun = (name: string, evidence: string): readonly Claim[] => {
  const claim = made(name, evidence);
  return [claim, { ...claim, does: 'runs' }];
};

const xmlIn = (path: string, text: string): Element | undefined => parseXml({ path, text }, () => undefined);

const networkClaims = (host: HostFacts): readonly Claim[] =>
  networkFolders.flatMap((folder) =>
    textsIn(host, folder).flatMap(([file, text]): readonly Claim[] => {
      const root = file.endsWith('.xml') ? xmlIn(file, text) : undefined;
      const network = root?.name === 'networkstatus' ? childOf(root, 'network') : root;
      const mode = attributeOf(childOf(network, 'forward'), 'mode');
      const bridge = attributeOf(childOf(network, 'bridge'), 'name');
      // A bridge that a network only uses was there before (formatnetwork, forward mode bridge).
      if (bridge === undefined || mode === 'bridge' || linkNamed(host, bridge) === undefined) return [];
      const evidence = `network \`${childOf(network, 'name')?.text ?? file}\`, by ${folder}/${file}`;
      return madeAndRun(bridge, evidence);
    }),
  );

/** `virbr0.status` and `virbr0.macs` are named after the bridge. */
const listedClaims = (host: HostFacts): readonly Claim[] =>
  (host.listings[dnsmasqFolder] ?? []).flatMap((file): readonly Claim[] => {
    const name = /^(.+)\.(?:status|macs)$/.exec(file)?.[1];
    const link = name === undefined ? undefined : linkNamed(host, name);
    return link?.kind === 'bridge' ? madeAndRun(link.name, `${dnsmasqFolder}/${file}`) : [];
  });

export interface DomainTap {
  readonly interface: string;
  readonly domain: string;
  readonly evidence: string;
}

const tapsOfStatus = (host: HostFacts): readonly DomainTap[] =>
  textsIn(host, domainFolder).flatMap(([file, text]) => {
    const domain = file.endsWith('.xml') ? childOf(xmlIn(file, text), 'domain') : undefined;
    const name = childOf(domain, 'name')?.text ?? file;
    return childrenOf(childOf(domain, 'devices'), 'interface').flatMap((nic): DomainTap[] => {
      const target = attributeOf(childOf(nic, 'target'), 'dev');
      return target === undefined ? [] : [{ interface: target, domain: name, evidence: `${domainFolder}/${file}` }];
    });
  });

/** The tap of a guest has the guest's MAC, but for its first byte (virNetDevTapCreateInBridgePort). */
const tail = (mac: string | undefined): string => mac?.slice(3) ?? '';

const macsOf = (text: string): readonly { readonly domain?: unknown; readonly macs?: unknown }[] => {
  try {
    const value: unknown = JSON.parse(text);
    return Array.isArray(value) ? (value as { domain?: unknown; macs?: unknown }[]) : [];
  } catch {
    return [];
  }
};

const tapsOfMacs = (host: HostFacts): readonly DomainTap[] =>
  textsIn(host, dnsmasqFolder).flatMap(([file, text]) => {
    if (!file.endsWith('.macs')) return [];
    const bridge = file.slice(0, -'.macs'.length);
    return macsOf(text).flatMap(({ domain, macs }): DomainTap[] => {
      const tails = Array.isArray(macs) ? macs.map((mac) => tail(String(mac).toLowerCase())) : [];
      const link = host.links.find((it: LinkFacts) => it.master === bridge && tails.includes(tail(it.mac)));
      return link === undefined || typeof domain !== 'string'
        ? []
        : [{ interface: link.name, domain, evidence: `${dnsmasqFolder}/${file}, by its MAC` }];
    });
  });

/** Which interface belongs to which domain. */
export const domainTaps = (host: HostFacts): readonly DomainTap[] => [...tapsOfStatus(host), ...tapsOfMacs(host)];

export const libvirtClaims: ClaimsOf = (host) => [
  ...networkClaims(host),
  ...listedClaims(host),
  ...domainTaps(host)
    .filter((tap) => linkNamed(host, tap.interface) !== undefined)
    .map(({ interface: name, domain, evidence }) => made(name, `domain \`${domain}\`, by ${evidence}`)),
];
