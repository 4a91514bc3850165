/** On which segment a network's frames are: those of a bridged network are on the one that its uplink is on. */
import { type Lab } from './lab.ts';

export const segmentOf = ({ networks }: Pick<Lab, 'networks'>, network: string): string => {
  const found = networks[network];
  return found?.mode === 'bridged' && found.uplink !== undefined ? found.uplink.network : network;
};
