/** A stack without anything in it, for what is not there yet. */
import { type Stack } from './network-state.ts';

export const emptyStack: Stack = {
  interfaces: {},
  routes: [],
  rules: [],
  neighbourProxies: [],
  sysctls: {},
  filter: [],
  services: [],
};
