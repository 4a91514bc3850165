/** Prefix lengths that do not fit a link: too short, and what is far looks near; too long, and the gateway looks far. */
import { printIp } from '../../net/address.ts';
import { type InterfaceModel } from '../model/model.ts';
import { type Proposal } from './proposal.ts';
import { type Situation } from './situation.ts';
import { isInSubnet, legsOf } from './terrain.ts';

const subnetText = (it: InterfaceModel, address: string, from: number, to: number): string =>
  `give ${address} on ${it.name} of ${it.stack} the prefix length ${to} that its link has, not ${from}`;

/** Prefix lengths that others on the link have for the same network. */
export const proposeSubnets = ({ terrain, family }: Situation, name: string): readonly Proposal[] => {
  const written = (it: InterfaceModel, address: string): boolean =>
    it.it.addresses.some((own) => own.address === address);
  return legsOf(terrain, name, family).flatMap((own) => {
    const { it, address } = own;
    const text = printIp({ family, value: address.value });
    if (address.scope !== 'global' || !written(it, text)) return [];
    const others = (terrain.legs.get(terrain.segmentOf(name, it.name)) ?? []).filter(
      (leg) => leg.stack !== name && leg.address.family === family && leg.address.scope === 'global',
    );
    const lengths = others
      .filter((leg) => isInSubnet(leg.address, address.value) && leg.address.prefixLength !== address.prefixLength)
      .map((leg) => leg.address.prefixLength);
    return [...new Set(lengths)].map((prefixLength): Proposal => ({
      kind: 'subnet',
      edits: [
        {
          kind: 'set-prefix-length',
          stack: name,
          interface: it.name,
          address: text,
          prefixLength,
        },
      ],
      change: subnetText(it, text, address.prefixLength, prefixLength),
      effort: 3,
      sideEffects: [],
    }));
  });
};
