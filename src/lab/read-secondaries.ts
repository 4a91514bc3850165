/**
 * The `secondaries` of `dns`: name servers that copy their zones from the others, by which addresses of both. That they
 * reach each other for it is an expectation like those that the file writes.
 */
import { type Family } from '../net/address.ts';
import { type Context } from './context.ts';
import { families } from './draft.ts';
import { type Lab, type LabExpectation } from './lab.ts';
import { type LabNames, type LabSecondary } from './lab-names.ts';
import { addressFrom } from './name-servers.ts';
import { segmentOf } from './segments.ts';

/** An address of one machine that another uses: on a wire that both are on where there is one. */
const metBy = (lab: Lab, machine: string, other: string, family: Family): string | undefined => {
  const wires = new Set((lab.machines[machine]?.nics ?? []).map(({ network }) => segmentOf(lab, network)));
  const shared = lab.machines[other]?.nics.find(({ network }) => wires.has(segmentOf(lab, network)));
  return addressFrom(lab, shared?.network ?? '', machine, family);
};

type Primary = LabSecondary['primaries'][number];

const primaryOf = (lab: Lab, machine: string, secondary: string): Primary | undefined => {
  for (const family of families) {
    const [address, from] = [metBy(lab, machine, secondary, family), metBy(lab, secondary, machine, family)];
    if (address !== undefined && from !== undefined) return { machine, family, address, from };
  }
  return undefined;
};

/** `primaries`: the servers that are given the zones. `named`: what the file says. */
export const readSecondaries = (
  context: Context,
  lab: Lab,
  primaries: readonly string[],
  named: readonly string[],
): readonly LabSecondary[] => {
  const at = context.spec.source.spanOf(['dns', 'secondaries']);
  return named.flatMap((machine) => {
    if (primaries.includes(machine)) {
      context.findings.error(
        'name-server-twice',
        `\`${machine}\` is one of \`servers\`, which are given the zones, and of \`secondaries\`, which copy them`,
        at,
        {
          notes: [{ message: 'it is named here, too', at: context.spec.source.spanOf(['dns', 'servers']) }],
          help: `take \`${machine}\` out of one of them`,
        },
      );
      return [];
    }
    const met = primaries.flatMap((primary) => primaryOf(lab, primary, machine) ?? []);
    if (met.length === 0 && primaries.length > 0)
      context.findings.error(
        'transfer-without-address',
        `\`${machine}\` is to copy zones from \`${primaries.join('`, `')}\`, and they have no family in common`,
        at,
        { help: `give \`${machine}\` and one of them an address of one family` },
      );
    return met.length === 0 ? [] : [{ machine, primaries: met, at }];
  });
};

/** Copies come by TCP, after a question by UDP whether there is something new; that there is, is told by UDP. */
export const expectedTransfers = (names: LabNames | undefined): readonly LabExpectation[] =>
  (names?.secondaries ?? []).flatMap(({ machine, primaries, at }) =>
    primaries.flatMap(({ machine: primary, family, address, from }): readonly LabExpectation[] => [
      {
        from: [{ kind: 'machine', name: machine }],
        to: [{ kind: 'address', family, address }],
        family,
        services: [
          { protocol: 'tcp', port: 53 },
          { protocol: 'udp', port: 53 },
        ],
        answer: 'yes',
        at,
      },
      {
        from: [{ kind: 'machine', name: primary }],
        to: [{ kind: 'address', family, address: from }],
        family,
        services: [{ protocol: 'udp', port: 53 }],
        answer: 'yes',
        at,
      },
    ]),
  );
