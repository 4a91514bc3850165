/** [BridgeVLAN] of systemd.network(5): which VLANs a port of a bridge, or the bridge itself, is in. */
import { type Interface, type PortVlan } from '../../state/network-state.ts';
import { type Draft, type Mutable } from '../draft.ts';
import { readInteger } from '../plain-values.ts';
import { vlansIn } from '../shell-commands/vlan-ranges.ts';
import { valueOf } from './read-netdev.ts';
import { allOf, lastOf, sectionsNamed, type Section } from './sections.ts';

/** The VLAN that the kernel puts every port into (`DefaultPVID=`); 0: none. */
export const bornVlan = 1;

const vlanOrNone = (text: string): number | undefined => (text === 'none' ? 0 : readInteger(text, 1, 4094));

export const readDefaultVlan = (section: Section, draft: Draft): number =>
  valueOf(lastOf(section, 'DefaultPVID'), 'a VLAN or `none`', vlanOrNone, draft.tell) ?? bornVlan;

const idsOf = (sections: readonly Section[], key: string, draft: Draft): readonly number[] =>
  sections.flatMap((section) =>
    allOf(section, key).flatMap(
      (setting) => valueOf(setting, 'a VLAN or a range of them', (text) => vlansIn([text]), draft.tell) ?? [],
    ),
  );

/** networkd adds to what the kernel gave: the VLAN of birth stays, and loses its mark to another `PVID=`. */
const vlansOf = (sections: readonly Section[], born: number, draft: Draft): readonly PortVlan[] => {
  const vlans = sectionsNamed(sections, 'BridgeVLAN');
  const untagged = new Set(idsOf(vlans, 'EgressUntagged', draft));
  const own = vlans
    .map((section) => valueOf(lastOf(section, 'PVID'), 'a VLAN', (text) => readInteger(text, 1, 4094), draft.tell))
    .findLast((id) => id !== undefined);
  const pvid = own ?? born;
  if (born !== 0) untagged.add(born);
  const ids = new Set([...(pvid === 0 ? [] : [pvid]), ...idsOf(vlans, 'VLAN', draft), ...untagged]);
  return [...ids].map((id) => ({
    id,
    ...(id === pvid ? { pvid: true as const } : {}),
    ...(untagged.has(id) ? { untagged: true as const } : {}),
  }));
};

/** `defaults`: by bridge. Nothing is said where a port is in the VLAN of birth alone. */
export const readBridgeVlans = (
  sections: readonly Section[],
  it: Mutable<Interface>,
  dev: string,
  defaults: ReadonlyMap<string, number>,
  draft: Draft,
): void => {
  const home = it.kind === 'bridge' ? dev : it.master;
  const bridge = home === undefined ? undefined : draft.interfaces.get(home)?.bridge;
  if (home === undefined || bridge?.vlanFiltering !== true) return;
  const born = defaults.get(home) ?? bornVlan;
  if (born === bornVlan && sectionsNamed(sections, 'BridgeVLAN').length === 0) return;
  const vlans = vlansOf(sections, born, draft);
  if (it.bridge !== undefined) it.bridge = { ...it.bridge, vlans };
  else it.port = { ...it.port, vlans };
};
