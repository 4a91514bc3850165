/** This machine's network as a NetworkState of one stack, and what of it could not be seen. */
import { hostname } from 'node:os';
import { type Unseen } from '../inspect/host-facts.ts';
import { type Facts } from '../reach/facts.ts';
import { type NetworkState } from '../state/network-state.ts';
import { observeOwn } from './observe-own.ts';
import { openSight } from './sight.ts';

export interface LiveNetwork {
  readonly name: string;
  readonly state: NetworkState;
  /** What DHCP and router advertisements gave, which is no configuration. */
  readonly learned: Facts;
  readonly unseen: readonly Unseen[];
}

export const readLive = async (): Promise<LiveNetwork> => {
  const sight = openSight();
  const name = hostname();
  const { state, learned } = await observeOwn(name, sight);
  return { name, state, learned, unseen: sight.unseen() };
};
