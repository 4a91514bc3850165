/** The `routing` of a machine, in the words of a lab: OSPF, and BGP with its neighbours by the names of their machines. */
import { type BgpSpeaker } from '../state/bgp-speaker.ts';
import { daemonOf } from '../state/daemon-of.ts';
import { type NetworkState, type Stack } from '../state/network-state.ts';
import { type Yaml } from './yaml-text.ts';

const ownerOf = ({ stacks }: NetworkState, address: string): string | undefined =>
  Object.entries(stacks).find(([, { interfaces }]) =>
    Object.values(interfaces).some((it) => it.addresses.some((own) => own.address === address)),
  )?.[0];

const defaults: readonly string[] = ['0.0.0.0/0', '::/0'];

const bgpWords = (state: NetworkState, { asNumber, announced, aggregates, isStub, sessions }: BgpSpeaker): Yaml => {
  const others = sessions.filter(({ remoteAs }) => remoteAs !== asNumber);
  const neighbours = [...new Set(others.flatMap(({ remote }) => ownerOf(state, remote) ?? []))];
  const leads = defaults.every((text) => announced.includes(text));
  const prefixes = [...announced, ...aggregates].filter((text) => !leads || !defaults.includes(text));
  return {
    as: asNumber,
    neighbours,
    announce: [...(leads ? ['default'] : []), ...prefixes],
    ...(isStub === true ? { transit: false } : {}),
  };
};

/** Undefined: no daemon finds its routes. */
export const routingWords = (state: NetworkState, stack: Stack): Yaml | undefined => {
  const daemon = daemonOf(stack);
  if (daemon?.bgp === undefined) return daemon === undefined ? undefined : 'ospf';
  return { ...(daemon.interfaces.length > 0 ? { ospf: true } : {}), bgp: bgpWords(state, daemon.bgp) };
};
