/** Whom a router's `neighbours` name: machines and networks, each checked to lead to a router that it can speak BGP with. */
import { type Path } from '../spec/spec.ts';
import { type SpecBgp } from '../spec/routing.ts';
import { bgpLinks, type BgpLink } from './bgp-links.ts';
import { type Context } from './context.ts';
import { type Lab, type LabMachine } from './lab.ts';
import { segmentOf } from './segments.ts';
import { helpForUnknown } from './unknown-name.ts';

export interface Speaker {
  readonly machine: LabMachine;
  readonly bgp: SpecBgp;
  /** Of its `bgp`. */
  readonly path: Path;
}

/** What one word of `neighbours` stands for. */
interface Named {
  readonly word: string;
  readonly index: number;
  readonly kind: 'machines' | 'network';
  /** Machines of other ASes, or those on the network. */
  readonly names: ReadonlySet<string>;
}

/** A router's `neighbours`, read; undefined: it has none and speaks to everybody beside it. */
export type Wanted = readonly Named[] | undefined;

const refuse = (context: Context, { path }: Speaker, index: number, message: string, help: string): void =>
  context.findings.error('not-a-neighbour', message, context.spec.source.spanOf([...path, 'neighbours', index]), {
    help,
  });

/** What the word at `index` of a speaker's `neighbours` names, of its kind; undefined where it cannot, which is told. */
type ReadWord = (
  context: Context,
  lab: Lab,
  speaker: Speaker,
  all: ReadonlyMap<string, Speaker>,
  word: string,
  index: number,
) => Named | undefined;

const namedMachines: ReadWord = (context, lab, speaker, all, word, index) => {
  const { machine } = speaker;
  const members = context.draft.groups.get(word)?.members ?? [word];
  const others = members.filter((name) => name !== machine.name);
  const names = others.filter((name) => all.has(name));
  const [first] = others.filter((name) => !all.has(name));
  const says = `\`${machine.name}\` names \`${word}\` as its neighbour`;
  if (others.length === 0) refuse(context, speaker, index, `${says}, which is itself`, 'name another router');
  else if (first !== undefined)
    refuse(
      context,
      speaker,
      index,
      `${says}, and \`${first}\` does not speak BGP`,
      `give \`${first}\` an AS: \`routing: { bgp: { as: … } }\``,
    );
  else {
    // Those of its own AS it hears whether they are named or not.
    const apart = names.find((name) => {
      const other = all.get(name);
      return (
        other !== undefined && other.bgp.as !== speaker.bgp.as && bgpLinks(lab, machine, other.machine).length === 0
      );
    });
    if (apart === undefined) return { word, index, kind: 'machines', names: new Set(names) };
    refuse(
      context,
      speaker,
      index,
      `${says}, and has no subnet in common with \`${apart}\``,
      'routers speak BGP with those on their own links: put both on one network, with addresses in one subnet',
    );
  }
  return undefined;
};

const namedNetwork: ReadWord = (context, lab, speaker, all, word, index) => {
  const { machine, bgp } = speaker;
  const segment = segmentOf(lab, word);
  const isOn = (one: LabMachine): boolean => one.nics.some(({ network }) => segmentOf(lab, network) === segment);
  if (!isOn(machine)) {
    refuse(
      context,
      speaker,
      index,
      `\`${machine.name}\` names the routers on \`${word}\` as its neighbours, and is not on it`,
      'name a network that it has an interface on, or a machine',
    );
    return undefined;
  }
  const there = [...all.values()].filter((one) => one.bgp.as !== bgp.as && isOn(one.machine));
  if (there.length > 0) return { word, index, kind: 'network', names: new Set(there.map((one) => one.machine.name)) };
  refuse(
    context,
    speaker,
    index,
    `\`${machine.name}\` names the routers on \`${word}\` as its neighbours, and no router of another AS is on it`,
    'give a router there an AS of its own, or take the network out',
  );
  return undefined;
};

export const wantedBy = (context: Context, lab: Lab, speaker: Speaker, all: ReadonlyMap<string, Speaker>): Wanted =>
  speaker.bgp.neighbours?.flatMap((word, index) => {
    if (context.draft.machines.has(word) || context.draft.groups.has(word))
      return namedMachines(context, lab, speaker, all, word, index) ?? [];
    if (Object.hasOwn(lab.networks, word)) return namedNetwork(context, lab, speaker, all, word, index) ?? [];
    const known = [
      ...[...all.keys()].filter((name) => name !== speaker.machine.name),
      ...new Set(speaker.machine.nics.map(({ network }) => network)),
    ];
    context.findings.error(
      'unknown-name',
      `\`${speaker.machine.name}\` names \`${word}\` as its neighbour, which is neither a machine nor a network`,
      context.spec.source.spanOf([...speaker.path, 'neighbours', index]),
      { help: helpForUnknown(word, known, 'routers and networks') },
    );
    return [];
  });

/** Whether a router's words say that it speaks to another one over a link of theirs; `side`: its end of the link. */
export const isWanted = (
  lab: Lab,
  wanted: Wanted,
  other: string,
  link: BgpLink,
  side: 'from' | 'to',
): Named | boolean =>
  wanted === undefined ||
  (wanted.find(
    ({ kind, word, names }) =>
      names.has(other) && (kind === 'machines' || segmentOf(lab, word) === segmentOf(lab, link[side].network)),
  ) ??
    false);
