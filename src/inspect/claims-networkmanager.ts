/** NetworkManager, and netplan where it wrote its profiles: /run/NetworkManager/devices has a file for each device. */
import { readIni } from '../dialects/ini/ini-text.ts';
import { textsIn, type Claim, type ClaimsOf } from './claim.ts';
import { writerOf } from './claims-networkd.ts';
import { type HostFacts } from './host-facts.ts';

export const networkManager = 'NetworkManager';

const profileFolders = ['/run/NetworkManager/system-connections', '/etc/NetworkManager/system-connections'];

const valueOf = (text: string, section: string, key: string): string | undefined =>
  readIni('', text, 'glib')
    .sections.find(({ name }) => name.text === section)
    ?.entries.findLast((entry) => entry.key.text === key)?.value.text;

/** The file of a profile; only root may read those. */
const profileOf = (host: HostFacts, uuid: string): string | undefined =>
  profileFolders
    .flatMap((folder) => textsIn(host, folder).map(([file, text]) => [`${folder}/${file}`, text] as const))
    .find(([, text]) => valueOf(text, 'connection', 'uuid') === uuid)?.[0];

export const networkManagerClaims: ClaimsOf = (host) =>
  textsIn(host, '/run/NetworkManager/devices').flatMap(([index, text]): Claim[] => {
    const link = host.links.find((it) => String(it.index) === index);
    const uuid = valueOf(text, 'device', 'connection-uuid');
    if (link === undefined || uuid === undefined || valueOf(text, 'device', 'managed') === 'false') return [];
    const profile = profileOf(host, uuid);
    const evidence = profile ?? `profile ${uuid}, by /run/NetworkManager/devices/${index}`;
    const claim = { interface: link.name, program: writerOf(profile ?? '', networkManager), evidence } as const;
    const isMade = valueOf(text, 'device', 'nm-owned') === 'true';
    return [...(isMade ? [{ ...claim, does: 'made' as const }] : []), { ...claim, does: 'runs' }];
  });
