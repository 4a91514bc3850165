/**
 * Who speaks BGP with whom: routers of one AS with each other (iBGP), those of different ASes where both wish it (eBGP), over
 * every link that they have in common; and what each tells of.
 */
import { bgpOf } from '../spec/routing.ts';
import { type Path } from '../spec/spec.ts';
import { announcedBy } from './bgp-announced.ts';
import { bgpAcross, bgpLinks, bgpSegments, type BgpLink } from './bgp-links.ts';
import { isWanted, wantedBy, type Speaker, type Wanted } from './bgp-neighbours.ts';
import { type Context } from './context.ts';
import { type LabBgpSession, type LabBgpSpeakers } from './lab-bgp.ts';
import { type Lab } from './lab.ts';

/** AS_TRANS (RFC 6793), and the last numbers of 16 and of 32 bits (RFC 7300). */
const reserved: readonly number[] = [23456, 65535, 4294967295];
/** For private use (RFC 6996) and for documentation (RFC 5398). */
const unassigned = [
  [64496, 64511],
  [64512, 65534],
  [65536, 65551],
  [4200000000, 4294967294],
] as const;

/** What is wrong with one clone is wrong with all: it is said once. */
const isFurtherClone = ({ draft }: Context, { machine }: Speaker): boolean => {
  const clonesOf = draft.machines.get(machine.name)?.clonesOf;
  return clonesOf !== undefined && machine.name !== `${clonesOf}-1`;
};

const checkNumber = ({ findings, spec }: Context, { machine, bgp, path }: Speaker): void => {
  const at = spec.source.spanOf([...path, 'as']);
  const what = `\`${machine.name}\` is in AS ${bgp.as}`;
  if (reserved.includes(bgp.as))
    findings.error('reserved-as', `${what}, which is reserved and nobody’s`, at, {
      help: 'numbers for private use are 64512 to 65534 and 4200000000 to 4294967294',
    });
  else if (!unassigned.some(([first, last]) => bgp.as >= first && bgp.as <= last))
    findings.note('public-as', `${what}, which may be somebody’s on the internet; the lab tells nobody there`, at);
};

const speakersOf = ({ draft }: Context, lab: Lab): ReadonlyMap<string, Speaker> =>
  new Map(
    [...draft.machines.values()].flatMap(({ name, spec, path }) => {
      const [bgp, machine] = [bgpOf(spec.routing), lab.machines[name]];
      const at: Path = [...path, 'routing', 'bgp'];
      return bgp === undefined || machine === undefined ? [] : [[name, { machine, bgp, path: at }] as const];
    }),
  );

const asAt = ({ spec }: Context, { path }: Speaker) => spec.source.spanOf([...path, 'as']);

/** Who is of one AS has to hear from each other: what others say with this AS in its path is refused as a loop. */
const checkApart = (context: Context, one: Speaker, other: Speaker): void =>
  context.findings.error(
    'as-in-two-places',
    `\`${other.machine.name}\` is in AS ${other.bgp.as} like \`${one.machine.name}\`, and has no way to it inside`,
    asAt(context, other),
    {
      notes: [
        {
          message: 'routers of one AS have to hear each other: from other ASes each refuses what the other said',
          at: asAt(context, one),
        },
      ],
      help: 'give one of them another AS, put both on one network, or have OSPF lead from one to the other (`ospf: true`)',
    },
  );

const checkOneSided = (context: Context, one: Speaker, index: number, other: Speaker): void =>
  context.findings.error(
    'neighbour-one-sided',
    `\`${one.machine.name}\` names \`${other.machine.name}\` as its neighbour, which does not name it`,
    context.spec.source.spanOf([...one.path, 'neighbours', index]),
    {
      notes: [
        {
          message: `the neighbours of \`${other.machine.name}\``,
          at: context.spec.source.spanOf([...other.path, 'neighbours']),
        },
      ],
      help: `add \`${one.machine.name}\` there`,
    },
  );

/** The links over which two routers of different ASes speak. */
const agreed = (
  context: Context,
  lab: Lab,
  [one, wishes]: readonly [Speaker, Wanted],
  [other, theirs]: readonly [Speaker, Wanted],
): readonly BgpLink[] =>
  bgpLinks(lab, one.machine, other.machine).filter((link) => {
    const near = isWanted(lab, wishes, other.machine.name, link, 'from');
    const far = isWanted(lab, theirs, one.machine.name, link, 'to');
    if (far === false && typeof near === 'object' && near.kind === 'machines')
      checkOneSided(context, one, near.index, other);
    if (near === false && typeof far === 'object' && far.kind === 'machines')
      checkOneSided(context, other, far.index, one);
    return near !== false && far !== false;
  });

/** Between two routers of one AS: on the links that both are on, else by the ways that OSPF finds. */
const internal = (context: Context, lab: Lab, one: Speaker, other: Speaker): readonly BgpLink[] => {
  const links = bgpLinks(lab, one.machine, other.machine);
  const across = links.length > 0 ? links : bgpAcross(lab, one.machine, other.machine);
  if (across.length === 0) checkApart(context, one, other);
  return across;
};

const checkAlone = (context: Context, { machine, path }: Speaker): void =>
  context.findings.warning(
    'routing-alone',
    `\`${machine.name}\` speaks BGP, and no other router does so with it`,
    context.spec.source.spanOf(path),
    { help: 'give a router beside it an AS, or write its routes under `routes`' },
  );

type Sessions = ReadonlyMap<Speaker, readonly LabBgpSession[]>;

/** For each speaker those after it that it may have to speak to: of its AS, or on a segment of its own. */
const pairsAmong = (lab: Lab, speakers: readonly Speaker[]): readonly (readonly [Speaker, Speaker])[] => {
  const meetings = speakers.map(({ machine, bgp }) => [`AS ${bgp.as}`, ...bgpSegments(lab, machine)]);
  const byMeeting = new Map<string, number[]>();
  meetings.forEach((own, index) => {
    for (const meeting of own) {
      const there = byMeeting.get(meeting);
      if (there === undefined) byMeeting.set(meeting, [index]);
      else there.push(index);
    }
  });
  return speakers.flatMap((one, index) => {
    const near = new Set((meetings[index] ?? []).flatMap((meeting) => byMeeting.get(meeting) ?? []));
    const later = [...near].filter((other) => other > index).sort((a, b) => a - b);
    return later.flatMap((other) => (speakers[other] === undefined ? [] : [[one, speakers[other]] as const]));
  });
};

const sessionsAmong = (context: Context, lab: Lab, all: ReadonlyMap<string, Speaker>): Sessions => {
  const speakers = [...all.values()];
  const wanted = new Map(speakers.map((one) => [one, wantedBy(context, lab, one, all)]));
  const sessions = new Map(speakers.map((one) => [one, [] as LabBgpSession[]]));
  for (const [one, other] of pairsAmong(lab, speakers)) {
    const links =
      one.bgp.as === other.bgp.as
        ? internal(context, lab, one, other)
        : agreed(context, lab, [one, wanted.get(one)], [other, wanted.get(other)]);
    for (const { from, to, ...common } of links) {
      const [near, far] = [from.address, to.address];
      sessions
        .get(one)
        ?.push({ ...common, with: other.machine.name, local: near, remote: far, remoteAs: other.bgp.as });
      sessions.get(other)?.push({ ...common, with: one.machine.name, local: far, remote: near, remoteAs: one.bgp.as });
    }
  }
  // Where a name was refused, who is alone is not known.
  if (speakers.every((one) => wanted.get(one)?.length === one.bgp.neighbours?.length))
    for (const one of speakers) if (sessions.get(one)?.length === 0) checkAlone(context, one);
  return sessions;
};

/** Undefined: nobody speaks BGP. */
export const planBgp = (context: Context, lab: Lab): LabBgpSpeakers | undefined => {
  const all = speakersOf(context, lab);
  if (all.size === 0) return undefined;
  for (const one of all.values()) if (!isFurtherClone(context, one)) checkNumber(context, one);
  // Where OSPF is spoken depends on where ASes meet.
  const numbered: Lab = {
    ...lab,
    bgp: Object.fromEntries(
      [...all].map(([name, { bgp }]) => {
        const plain = { asNumber: bgp.as, isTransit: bgp.transit !== false };
        return [name, { ...plain, announced: [], aggregates: [], sessions: [] }];
      }),
    ),
  };
  const sessions = sessionsAmong(context, numbered, all);
  return Object.fromEntries(
    [...all].map(([name, one]) => [
      name,
      {
        ...{ asNumber: one.bgp.as, isTransit: one.bgp.transit !== false, sessions: sessions.get(one) ?? [] },
        ...announcedBy(context, numbered, one.machine, one.bgp, one.path),
      },
    ]),
  );
};
