/** Follows sets of packets, one hop at a time, until each is delivered or stops. */
import { crossSets } from './cross.ts';
import { type Current, type Delivered } from './current.ts';
import { passageOf } from './passage.ts';
import { arriveSets } from './receive-sets.ts';
import { transmitSets } from './transmit.ts';

const put = (current: Current): void => {
  for (const { set, view, tracking, node, hop } of current.takeLeaving())
    for (const onward of transmitSets(current, node, hop, passageOf(set, view, tracking))) crossSets(current, onward);
};

/**
 * Runs until nothing is under way; what was delivered. `sendLater` sends more after the first hop, which counts as one of
 * its hops as well: what routers have to say themselves then leaves together with what they forward.
 */
export const flood = (current: Current, sendLater?: () => void): readonly Delivered[] => {
  put(current);
  let arriving = current.takeArriving();
  for (let isLater = sendLater !== undefined; isLater || arriving.length > 0; isLater = false) {
    for (const it of arriving) arriveSets(current, it);
    if (isLater) sendLater?.();
    put(current);
    current.hopLimit -= 1;
    arriving = current.takeArriving();
  }
  if (sendLater !== undefined && current.hopLimit < 3) current.memory.isLastHopDoubtful = true;
  return current.takeDelivered();
};
