/** `Address=` and [Address] of systemd.network(5): addresses, their labels and their far ends. */
import { type InterfaceAddress } from '../../state/network-state.ts';
import { field } from '../../state/spelling.ts';
import { type Place } from '../dialect.ts';
import { addRoute, type Draft } from '../draft.ts';
import { readInterfaceAddress } from '../plain-values.ts';
import { networkOf, printPrefix } from '../../net/prefix.ts';
import { readBoolean } from './values.ts';
import { strictly } from './whole-sections.ts';
import { valueOf } from './read-netdev.ts';
import { allOf, lastOf, sectionNamed, sectionsNamed, type Section, type Setting } from './sections.ts';

interface Said {
  readonly setting: Setting;
  readonly label?: string | undefined;
  readonly peer?: Setting | undefined;
}

/** What a DHCP server is to have as its own address is given to the interface. */
const serverAddress = (sections: readonly Section[]): Setting | undefined =>
  readBoolean(lastOf(sectionNamed(sections, 'Network'), 'DHCPServer')?.text ?? '') === true
    ? lastOf(sectionNamed(sections, 'DHCPServer'), 'ServerAddress')
    : undefined;

const saidIn = (sections: readonly Section[]): readonly Said[] => [
  ...allOf(sectionNamed(sections, 'Network'), 'Address').map((setting) => ({ setting })),
  ...sectionsNamed(sections, 'Address').flatMap((section) => {
    const setting = lastOf(section, 'Address');
    return setting === undefined
      ? []
      : [{ setting, label: lastOf(section, 'Label')?.text, peer: lastOf(section, 'Peer') }];
  }),
  ...[serverAddress(sections)].flatMap((setting) => (setting === undefined ? [] : [{ setting }])),
];

const bitsOf = { 4: 32, 6: 128 } as const;

/**
 * An address whose far end is in one subnet with it is like any other there; else the kernel makes a route to the far
 * end beside it.
 */
const withPeer = (
  address: InterfaceAddress,
  peer: Setting,
  dev: string,
  draft: Draft,
): InterfaceAddress | undefined => {
  const { family } = address;
  const far = valueOf(peer, 'an address', readInterfaceAddress, draft.tell);
  if (far === undefined) return undefined;
  if (far.family !== family) return address;
  const to = printPrefix(networkOf(far.address, far.prefixLength));
  if (printPrefix(networkOf(address.address, far.prefixLength)) === to)
    return { ...address, prefixLength: far.prefixLength };
  const metric = family === 4 ? 0 : 256;
  addRoute(draft, { family, to, type: 'unicast', dev, metric, table: 254 }, peer.at);
  draft.tell('assumed', 'peer', `\`${peer.text}\` is the far end of a link: it was taken for a route to it`, peer.at);
  return { ...address, prefixLength: bitsOf[family] };
};

const tellLength = (text: string, at: Place, draft: Draft): void => {
  if (!text.includes('/'))
    draft.tell(
      'assumed',
      'no-length',
      `\`${text}\` was taken for one address alone, as networkd does since 253; before, it had the length of its class`,
      at,
      'write its length behind it',
    );
};

export const readAddresses = (sections: readonly Section[], dev: string, whole: Draft): readonly InterfaceAddress[] => {
  const found = new Map<string, InterfaceAddress>();
  for (const { setting, label, peer } of saidIn(sections)) {
    const { draft, isRefused } = strictly(whole);
    const said = valueOf(setting, 'an address with a prefix length', readInterfaceAddress, draft.tell);
    if (said === undefined) continue;
    if (/^(0\.0\.0\.0|::)$/.test(said.address)) {
      draft.tell('not-said', 'address-from-pool', 'networkd chooses this address from a pool of its own', setting.at);
      continue;
    }
    const address = peer === undefined ? said : withPeer(said, peer, dev, draft);
    if (address === undefined || isRefused()) continue;
    if (peer === undefined) tellLength(setting.text, setting.at, draft);
    found.set(`${address.address}/${address.prefixLength}`, {
      ...address,
      ...field('label', label === dev ? undefined : label),
    });
    draft.origins[`${draft.stack}/interfaces/${dev}/addresses/${address.address}`] = setting.at;
  }
  return [...found.values()];
};
