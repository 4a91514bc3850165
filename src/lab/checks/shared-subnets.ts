/** Two NICs of one machine in one subnet: either may answer ARP for both addresses, and replies leave by the first. */
import { type Family } from '../../net/address.ts';
import { overlaps, printPrefix } from '../../net/prefix.ts';
import { acceptedAt, type Context } from '../context.ts';
import { families } from '../draft.ts';
import { segmentOf, subnetsOf, type Placed, type PlacedNic } from '../placed.ts';
import { isLinkLocal } from '../places.ts';

export const checkSharedSubnets = (context: Context, placed: Placed): void => {
  for (const machine of placed.machines.values())
    machine.nics.forEach((nic, index) => {
      const found = machine.nics.slice(0, index).flatMap((earlier) => {
        const subnet = sharedSubnet(placed, earlier, nic);
        return subnet === undefined ? [] : [{ earlier, subnet }];
      })[0];
      if (found === undefined) return;
      const { earlier, subnet } = found;
      context.findings.warning(
        'same-subnet-twice',
        `\`${machine.draft.name}\` is in ${subnet} with both \`${earlier.draft.name}\` and \`${nic.draft.name}\``,
        nic.draft.at,
        {
          accept: acceptedAt(placed.draft, nic.draft),
          notes: [
            {
              message: 'either interface may answer ARP for both addresses; replies leave by the first',
              at: earlier.draft.at,
            },
          ],
          help: 'give one of them an address in another subnet, or join them to a bond',
        },
      );
    });
};

/** Networks that overlap, and a host on the network that it makes, have errors of their own. */
const isToldAlready = (placed: Placed, a: PlacedNic, b: PlacedNic, family: Family): boolean => {
  if (a.draft.network === b.draft.network) return a.draft.attachment === 'bridge' || b.draft.attachment === 'bridge';
  if (segmentOf(placed.draft, a.draft.network) === segmentOf(placed.draft, b.draft.network)) return false;
  const [one, other] = [a, b].map((nic) => placed.prefixes.get(nic.draft.network)?.[family]);
  return one !== undefined && other !== undefined && overlaps(one, other);
};

const sharedSubnet = (placed: Placed, a: PlacedNic, b: PlacedNic): string | undefined => {
  for (const family of families) {
    if (isToldAlready(placed, a, b, family)) continue;
    for (const one of subnetsOf(a, family)) {
      const isShared = subnetsOf(b, family).some((other) => overlaps(one, other));
      if (isShared && !isLinkLocal(one)) return printPrefix(one);
    }
  }
  return undefined;
};
