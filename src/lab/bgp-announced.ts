/**
 * What a router tells of by BGP: prefixes that it has (on a link, by its `routes`, by OSPF inside its AS), a default route,
 * and such as hold one of those. What it could never lead to is refused.
 */
import { parsePrefix, containsPrefix, prefix, printPrefix } from '../net/prefix.ts';
import { type Path } from '../spec/spec.ts';
import { type SpecBgp } from '../spec/routing.ts';
import { subnetsOf } from './bgp-links.ts';
import { type Context } from './context.ts';
import { type LabBgp } from './lab-bgp.ts';
import { type Lab, type LabMachine } from './lab.ts';
import { oncePerLab } from './once-per-lab.ts';
import { ospfDomain } from './ospf-domains.ts';
import { helpForUnknown } from './unknown-name.ts';

type Announced = Pick<LabBgp, 'announced' | 'aggregates'>;

const defaults: readonly string[] = ['0.0.0.0/0', '::/0'];

/** The prefixes that a word of `announce` stands for; undefined: it stands for nothing, which was told. */
const meantBy = (context: Context, lab: Lab, word: string, path: Path): readonly string[] | undefined => {
  if (word === 'default') return defaults;
  const block = parsePrefix(word);
  if (block !== undefined) return [printPrefix(block)];
  const network = Object.hasOwn(lab.networks, word) ? lab.networks[word] : undefined;
  if (network !== undefined) return [network.ipv4, network.ipv6].filter((each) => each !== undefined);
  const known = ['default', ...Object.keys(lab.networks)];
  context.findings.error(
    'unknown-network',
    `\`${word}\` is not \`default\`, a prefix or a network`,
    context.spec.source.spanOf(path),
    { help: helpForUnknown(word, known, 'networks') },
  );
  return undefined;
};

/** By the list of a domain's machines, of which a lab has one for each domain. */
const known = oncePerLab(() => new Map<readonly LabMachine[], readonly string[]>());

/** The subnets that machines of one OSPF domain are on; of one that has no OSPF, its own. */
const subnetsAround = (lab: Lab, machine: LabMachine): readonly string[] => {
  const domain = ospfDomain(lab, machine);
  if (domain.length === 0) return subnetsOf(lab, machine);
  const found = known(lab).get(domain) ?? [...new Set(domain.flatMap((each) => subnetsOf(lab, each)))];
  known(lab).set(domain, found);
  return found;
};

/** `path`: of the machine's `bgp`. */
export const announcedBy = (
  context: Context,
  lab: Lab,
  machine: LabMachine,
  { announce }: SpecBgp,
  path: Path,
): Announced => {
  const found = subnetsAround(lab, machine);
  if (announce === undefined) return { announced: found, aggregates: [] };
  const own = new Set([...found, ...defaults, ...machine.routes.map(({ to }) => to)]);
  const holdsOwn = (text: string): boolean =>
    [...own].some((each) => !defaults.includes(each) && containsPrefix(prefix(text), prefix(each)));
  const announced = new Set<string>();
  const aggregates = new Set<string>();
  announce.forEach((word, index) => {
    const at: Path = [...path, 'announce', index];
    const meant = meantBy(context, lab, word, at);
    if (meant === undefined) return;
    for (const text of meant) {
      if (own.has(text)) announced.add(text);
      else if (holdsOwn(text)) aggregates.add(text);
    }
    if (!meant.some((text) => own.has(text) || holdsOwn(text)))
      context.findings.error(
        'announce-without-route',
        `\`${machine.name}\` announces \`${word}\`, and has no way there`,
        context.spec.source.spanOf(at),
        {
          help: `announce what \`${machine.name}\` is on, what \`routes\` or OSPF lead it to, or a prefix that holds one of these`,
        },
      );
  });
  return { announced: [...announced], aggregates: [...aggregates] };
};
