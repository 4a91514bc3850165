/** Follows sets of packets, one hop at a time, until each is delivered or stops. */
import { crossSets } from './cross.ts';
import { type Current, type Delivered } from './current.ts';
import { arriveSets } from './receive-sets.ts';
import { transmitSets } from './transmit.ts';

const put = (current: Current): void => {
  for (const { node, hop, ...passage } of current.takeLeaving())
    for (const onward of transmitSets(current, node, hop, passage)) crossSets(current, onward);
};

/** Runs until nothing is under way; what was delivered. */
export const flood = (current: Current): readonly Delivered[] => {
  put(current);
  for (let arriving = current.takeArriving(); arriving.length > 0; arriving = current.takeArriving()) {
    for (const it of arriving) arriveSets(current, it);
    put(current);
    current.hopLimit -= 1;
  }
  return current.takeDelivered();
};
