/** The words of a `vif` string for an interface of a guest, by what its end on the host is. */
import { stackIn } from '../reading.ts';
import { type NetworkState, type Route } from '../../state/network-state.ts';
import { type VifWords } from './edit-domain.ts';
import { routerOf } from './vif-scripts.ts';

/** netback's own name for it, which nobody says. */
const isGivenOut = (tap: string): boolean => /^vif\d+\.\d+$/.test(tap);

/** As `ip=` has it: an address without its length. */
const addressWord = ({ to }: Route): string => to.replace(/\/(32|128)$/, '');

export const vifWordsFor = (state: NetworkState, host: string, guest: string, nic: string, tap: string): VifWords => {
  const { interfaces, routes, sysctls } = stackIn(state, host);
  const mac = stackIn(state, guest).interfaces[nic]?.mac;
  const end = interfaces[tap];
  const words = { ...(mac === undefined ? {} : { mac }) };
  const name = isGivenOut(tap) ? {} : { vifname: tap };
  if (end?.master !== undefined) {
    const isSized = end.mtuBytes !== 1500 || (interfaces[end.master]?.mtuBytes ?? 1500) !== 1500;
    const mtu = isSized ? { mtu: String(end.mtuBytes) } : {};
    return { ...words, script: 'vif-bridge', bridge: end.master, ...name, ...mtu };
  }
  // vif-route lays routes of IPv4 alone.
  const own = routes.filter(({ dev, via, family }) => dev === tap && via === undefined && family === 4);
  const isNat = own.some((route) => {
    const address = addressWord(route);
    return !address.includes('/') && end?.addresses[0]?.address === routerOf(address);
  });
  const isProxying = sysctls[`net/ipv4/conf/${tap}/proxy_arp`] === '1';
  const script = isNat ? 'vif-nat' : isProxying ? 'vif-route' : 'vif-route-ifup';
  const ip = own.map(addressWord).join(' ');
  return { ...words, ...(ip === '' ? {} : { ip }), script, ...name };
};
