/** What a lab says of costs is of use only where routes are found, and routes are found by two at least. */
import { type Context } from '../context.ts';
import { type DraftMachine } from '../draft.ts';
import { type Lab } from '../lab.ts';
import { segmentOf } from '../segments.ts';

const checkCosts = ({ findings }: Context, { name, spec, nics }: DraftMachine): void => {
  if (spec.routing !== undefined) return;
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
  const routers = machines.filter(({ spec }) => spec.routing !== undefined);
  for (const router of routers) {
    const wires = new Set(router.nics.map(({ network }) => segmentOf(lab, network)));
    const hasOthers = routers.some(
      (other) => other !== router && other.nics.some(({ network }) => wires.has(segmentOf(lab, network))),
    );
    if (!hasOthers)
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
