/** What VLANs and macvlans lie on, where no profile is for it: a device that is there, and that NetworkManager brings up. */
import { interfaceIn, type Draft } from '../draft.ts';
import { type Place } from '../dialect.ts';

/** `placeOf`: of the parent that a profile names. */
export const addLowerInterfaces = (draft: Draft, placeOf: (name: string) => Place): void => {
  for (const [name, { vlan, macvlan }] of [...draft.interfaces]) {
    const link = vlan?.link ?? macvlan?.link;
    if (link === undefined || draft.interfaces.has(link)) continue;
    const at = placeOf(name);
    interfaceIn(draft, link, at);
    draft.tell(
      'assumed',
      'no-profile',
      `no profile is for \`${link}\`, which \`${name}\` lies on: it is taken to be there and up, without addresses`,
      at,
    );
  }
};
