/** One address on two machines of one wire. */
import { printIp } from '../../net/address.ts';
import { type RawFinding } from '../finding.ts';
import { type LintRule } from '../rule.ts';
import { addressSubject } from '../subject.ts';
import { stacksIn } from '../stacks.ts';

export const duplicateAddress: LintRule = {
  code: 'duplicate-address',
  severity: 'error',
  title: 'one address on two machines of one wire',
  explanation:
    'Both answer ARP, and whoever asked keeps the last answer: connections jump from one machine to the other. IPv6 looks before it uses an address (duplicate address detection, RFC 4862), ' +
    'and the machine that comes second goes without. A clone that kept its address, and a static address inside of what DHCP gives out, are the usual reasons.',
  find: (input) => {
    const own = new Set(stacksIn(input).map(({ name }) => name));
    return [...input.terrain.legs.values()].flatMap((legs) =>
      legs.flatMap((leg, index): readonly RawFinding[] => {
        const { family, value, scope } = leg.address;
        // Link-local addresses are made of MAC addresses, which have a rule of their own.
        if (scope !== 'global' || !own.has(leg.stack)) return [];
        const other = legs
          .slice(0, index)
          .find(({ stack, address }) => stack !== leg.stack && address.family === family && address.value === value);
        if (other === undefined) return [];
        const text = printIp({ family, value });
        return [
          {
            stack: leg.stack,
            message: `\`${leg.stack}\` and \`${other.stack}\` both have ${text} on one wire`,
            at: addressSubject(leg.stack, leg.it.name, text),
            notes: [{ message: 'the other one has it here', at: addressSubject(other.stack, other.it.name, text) }],
            repair: { words: `give one of them another address`, edits: [] },
            stops: (stop) => stop.reason === 'neighbour_ambiguous',
          },
        ];
      }),
    );
  },
};
