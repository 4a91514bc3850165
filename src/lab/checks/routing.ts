/** What a lab says of costs is of use only where routes are found, and routes are found by two at least. */
import { type Context } from '../context.ts';
import { type DraftMachine } from '../draft.ts';
import { runsOspf } from '../../spec/routing.ts';
import { type Lab } from '../lab.ts';
import { speakersOn, speaksOspf } from '../ospf-domains.ts';
import { segmentOf } from '../segments.ts';

const checkCosts = ({ findings }: Context, { name, spec, nics }: DraftMachine): void => {
  if (runsOspf(spec.routing)) return;
  for (const nic of nics)
    if (nic.cost !== undefined)
      findings.error(
        'cost-without-routing',
        `\`${name}\` has a \`cost\` on \`${nic.name}\`, and nothing that counts it`,
        nic.at,
        { help: `add \`routing: ospf\` to \`${name}\`, or take \`cost\` away` },
      );
};

export const checkRouting = (context: Context, lab: Lab): void => {
  const machines = [...context.draft.machines.values()];
  for (const machine of machines) checkCosts(context, machine);
  for (const router of machines.filter(({ spec }) => runsOspf(spec.routing))) {
    // One of two interfaces of its own on a wire speaks to nobody else.
    const spoken = (lab.machines[router.name]?.nics ?? [])
      .filter((nic) => speaksOspf(lab, nic))
      .map(({ network }) => segmentOf(lab, network));
    const own = (segment: string): number => spoken.filter((each) => each === segment).length;
    if (!spoken.some((segment) => speakersOn(lab, segment) > own(segment)))
      context.findings.warning(
        'routing-alone',
        `\`${router.name}\` finds routes by OSPF, and no other machine on its networks does`,
        context.spec.source.spanOf([...router.path, 'routing']),
        {
          help: 'add `routing: ospf` to a router beside it, or write its routes under `routes`',
          accept: router.accept,
        },
      );
  }
};
